"""Kraken Futures for venue_server.py, by its documentation: challenges and signatures are verified, books restart with a
snapshot."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import uuid

from venue_base import SAMPLES, Venue, unpacked

# What stands in front of a private feed.
PRIVATE = {
    "open_positions": ['{"feed":"open_positions","account":"desk","positions":[],"seq":0,"timestamp":1687383625330}'],
    "fills": ['{"feed":"fills_snapshot","account":"desk","fills":[]}'],
    "balances": ['{"feed":"balances_snapshot","account":"desk","holding":{"USD":100.5},"futures":{},"timestamp":1687383625330,"seq":0}'],
    "open_orders_verbose": ['{"feed":"open_orders_verbose_snapshot","account":"desk","orders":[]}'],
    "open_orders": ['{"feed":"open_orders_snapshot","account":"desk","orders":[]}'],
    "account_log": ['{"feed":"account_log_snapshot","logs":[]}'],
    "notifications_auth": ['{"feed":"notifications_auth","notifications":[]}'],
}
SIGNED = ("accounts", "openpositions", "openorders", "fills", "notifications")


def levels_of(snapshot):
    return {"seq": snapshot["seq"], "timestamp": snapshot["timestamp"],
            "buy": {level["price"]: level["qty"] for level in snapshot["bids"]},
            "sell": {level["price"]: level["qty"] for level in snapshot["asks"]}}


class Kraken(Venue):
    def __init__(self, options, record):
        self.capture, self.books, self.trades, self.challenges = [], {}, {}, {}
        for line in unpacked(SAMPLES / "kraken_futures/cf_20210722_ws.txt.zst").splitlines():
            text = line.split(": ", 1)[1] if line[:1].isdigit() else ""
            message = json.loads(text) if text else {}
            feed, product = message.get("feed"), message.get("product_id")
            if feed == "book_snapshot":
                self.books[product] = levels_of(message)
            elif feed == "trade_snapshot":
                self.trades[product] = message
            elif feed in ("book", "trade", "ticker_lite") and "event" not in message:
                self.capture.append((feed, product, text))
        # In small letters in the capture, in capitals today.
        answer = (SAMPLES / "kraken_futures/cf_20210722_rest.txt").read_text().split(": ", 1)[1]
        self.instruments = [{**one, "symbol": one["symbol"].upper()} for one in json.loads(answer.splitlines()[0])["instruments"]]
        super().__init__(options, record)

    def frames(self):
        yield from self.capture
        turn = 0
        while self.options.loop:
            turn += 1
            for feed, product, _ in self.capture:
                if feed == "book":
                    yield feed, product, self.change(product, turn)

    def change(self, product, turn):
        """A level of today's book in another size: behind the capture, numbers go on and books never cross."""
        book = self.books[product]
        side = "buy" if (book["seq"] + turn) % 2 else "sell"
        price = list(book[side])[book["seq"] % min(10, len(book[side]))]
        return json.dumps({"feed": "book", "product_id": product, "side": side, "seq": book["seq"] + 1, "price": price,
                           "qty": float(100 + book["seq"] % 1000), "timestamp": int(time.time() * 1000)},
                          separators=(",", ":"))

    def apply(self, feed, product, text):
        if feed == "trade":
            # Newest first, as many as the venue tells.
            known = self.trades[product]["trades"]
            known.insert(0, json.loads(text))
            del known[100:]
        if feed != "book":
            return
        delta, book = json.loads(text), self.books[product]
        side = book[delta["side"]]
        if delta["qty"] == 0:
            side.pop(delta["price"], None)
        else:
            side[delta["price"]] = delta["qty"]
        book["seq"], book["timestamp"] = delta["seq"], delta["timestamp"]

    def final_books(self):
        return {product: {"seq": book["seq"], "bids": sorted(book["buy"].items(), reverse=True),
                          "asks": sorted(book["sell"].items())} for product, book in self.books.items()}

    def snapshot(self, product):
        book = self.books[product]
        rows = lambda side, down: [{"price": price, "qty": qty} for price, qty in sorted(book[side].items(), reverse=down)]
        return json.dumps({"feed": "book_snapshot", "product_id": product, "timestamp": book["timestamp"], "seq": book["seq"],
                           "tickSize": None, "bids": rows("buy", True), "asks": rows("sell", False)}, separators=(",", ":"))

    async def greet(self, client):
        # The number is ours: connections that break early are told apart by it.
        await client.send('{"event":"info","version":1,"connection":%d}' % client.number)

    async def idle(self, client):
        await client.send('{"feed":"heartbeat","time":%d}' % (time.time() * 1000))

    async def on_message(self, client, message):
        event = message["event"]
        if event == "ping":
            await client.send('{"event":"pong"}')
        elif event == "challenge":
            known = message["api_key"] in self.options.keys
            challenge = str(uuid.uuid4())
            self.record.event("challenge", known=known, connection=client.number, challenge=challenge)
            self.challenges[client.number] = challenge
            await client.send(json.dumps({"event": "challenge", "message": challenge} if known else
                                         {"event": "error", "message": "Invalid api key"}))
        elif event in ("subscribe", "unsubscribe"):
            await (self.private if "signed_challenge" in message else self.public)(client, message)

    async def private(self, client, message):
        secret = self.options.keys.get(message["api_key"], "")
        challenge = self.challenges.get(client.number)
        digest = hashlib.sha256((challenge or "").encode()).digest()
        signed = base64.b64encode(hmac.new(base64.b64decode(secret), digest, hashlib.sha512).digest()).decode()
        if message["signed_challenge"] != signed or message["original_challenge"] != challenge:
            self.record.event("refused", feed=message["feed"])
            await client.send('{"event":"error","message":"Invalid signature"}')
            return
        self.record.event("private", feed=message["feed"], connection=client.number, key=message["api_key"], signed=signed)
        await client.send(json.dumps({**message, "event": "subscribed"}, separators=(",", ":")))
        for text in PRIVATE.get(message["feed"], []):
            await client.send(text)
        if message["feed"] == "fills" and self.options.account_rate:
            client.start(self.fills(client))

    async def fills(self, client):
        number = 0
        while not self.hushed:
            number += 1
            await client.send('{"feed":"fills","username":"desk","fills":[{"instrument":"PI_XBTUSD","time":%d,"price":34000.5,'
                              '"seq":%d,"buy":true,"qty":1.0,"remaining_order_qty":0.0,"order_id":"%s","fill_id":"%s",'
                              '"fill_type":"maker","fee_paid":0.0,"fee_currency":"BTC"}]}' %
                              (time.time() * 1000, number, uuid.uuid4(), uuid.uuid4()))
            await asyncio.sleep(1 / self.options.account_rate)

    async def public(self, client, message):
        feed, on = message["feed"], message["event"] == "subscribe"
        if on and feed == "book" and self.playing and client.player is None:
            # Whoever subscribes last is who is played to; an older connection may be dead without our knowing.
            self.playing.cancel()
        for product in message.get("product_ids", [""]):
            product = product.upper()
            if product and product not in self.books:
                await client.send('{"event":"error","message":"Invalid product id"}')
                continue
            ack = {"event": message["event"] + "d", "feed": feed}
            if product:
                ack["product_ids"] = [product]
            await client.send(json.dumps(ack, separators=(",", ":")))
            (client.wanted.add if on else client.wanted.discard)((feed, product))
            if on and feed == "book":
                await client.send_padded(self.snapshot(product))
            elif on and feed == "trade":
                await client.send(json.dumps(self.trades[product], separators=(",", ":")))
            elif on and feed == "heartbeat" and not self.hushed:
                await self.idle(client)
        if on and feed == "book" and client.player is None:
            client.player = self.play_to(lambda: [client])
            client.tasks.append(client.player)

    def rest(self, method, path, query, headers, body):
        if path.endswith("/summary.json"):
            return 200, {"page": {"id": "x"}, "status": {"indicator": "none", "description": "ok"}, "components": [],
                         "incidents": [], "scheduled_maintenances": []}
        answers = {"accounts": {"accounts": {}}, "openpositions": {"openPositions": []}, "openorders": {"openOrders": []},
                   "fills": {"fills": []}, "notifications": {"notifications": []}, "instruments": {"instruments": self.instruments},
                   "status": {"instrumentStatus": []}, "history": {"history": []}, "tickers": {"tickers": []}}
        name = path.rsplit("/", 1)[1]
        if name in SIGNED:
            key, nonce = headers.get("APIKey", ""), headers.get("Nonce", "")
            at = path.index("/api/v3/")
            digest = hashlib.sha256((query + body + nonce + path[at:]).encode()).digest()
            secret = base64.b64decode(self.options.keys.get(key, "") + "==")
            signed = base64.b64encode(hmac.new(secret, digest, hashlib.sha512).digest()).decode()
            if key not in self.options.keys or headers.get("Authent") != signed:
                self.record.event("refused", path=name)
                return 200, {"result": "error", "error": "authenticationError", "serverTime": "2026-01-01T00:00:00.000Z"}
            self.record.event("signed", path=name, key=key, signed=signed)
        return 200, {"result": "success", **answers.get(name, {}), "serverTime": "2026-01-01T00:00:00.000Z"}

#!/usr/bin/env python3
"""A venue for end-to-end tests: plays a shipped capture over python3-websockets and http.server, in the venue's shape.

Prints one JSON line when it listens: {"websocket": URL, "rest": URL}. What it sent is kept under --record as
connection-N.frames (a frame a line, N counts accepted connections), what happened as JSON lines in events.ndjson: the
server's own record, which a test holds the tape against. Ends when stdin ends.

    venue_server.py kraken --record DIR [--tls CERT KEY] [--rate FRAMES_A_SECOND] [--drop-after N,M,...] [--key K SECRET]
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid

import websockets

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()


class Record:
    """What was sent and what happened, on disk before anything else is done."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events = (self.folder / "events.ndjson").open("a", buffering=1, encoding="utf-8")
        self.lock = threading.Lock()
        self.connections = 0

    def event(self, what, **about):
        with self.lock:
            self.events.write(json.dumps({"at": time.time(), "what": what, **about}) + "\n")

    def connection(self):
        self.connections += 1
        return self.connections, (self.folder / f"connection-{self.connections}.frames").open("w", encoding="utf-8")


class Client:
    """One accepted connection."""

    def __init__(self, venue, socket):
        self.venue, self.socket = venue, socket
        self.number, self.sent = venue.record.connection()
        self.frames = 0
        self.wanted = set()
        drops = venue.options.drop_after
        self.drop_at = drops[self.number - 1] if self.number <= len(drops) else 0
        self.player = None

    async def send(self, text):
        # Written down first: what a client could have received is what this file holds at most.
        self.sent.write(text + "\n")
        self.sent.flush()
        self.frames += 1
        await self.socket.send(text)
        if self.drop_at and self.frames == self.drop_at:
            self.venue.record.event("drop", connection=self.number, frames=self.frames)
            await self.socket.close(1012, "service restart")
            raise websockets.ConnectionClosedOK(None, None)

    async def serve(self, path):
        self.venue.record.event("opened", connection=self.number, path=path.split("?")[0].split("/")[-2:])
        try:
            await self.venue.greet(self)
            async for message in self.socket:
                await self.venue.on_message(self, json.loads(message))
        except websockets.ConnectionClosed:
            pass
        finally:
            if self.player:
                self.player.cancel()
            self.venue.record.event("closed", connection=self.number, frames=self.frames)
            self.sent.close()


class Venue:
    def __init__(self, options, record):
        self.options, self.record = options, record
        self.position = 0

    async def play(self, client, frames):
        """Frames from where the venue stands, at --rate, to one client."""
        started, base = time.monotonic(), self.position
        while self.position < len(frames):
            feed, symbol, text = frames[self.position]
            self.position += 1
            self.apply(feed, symbol, text)
            if (feed, symbol) in client.wanted:
                await client.send(text)
            ahead = (self.position - base) / self.options.rate - (time.monotonic() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
            elif self.position % 64 == 0:
                await asyncio.sleep(0)
        self.record.event("played", frames=len(frames))
        while True:
            await self.idle(client)
            await asyncio.sleep(0.5)


class Kraken(Venue):
    """Kraken Futures by its documentation: challenge and signature are verified, books restart with a snapshot."""

    def __init__(self, options, record):
        super().__init__(options, record)
        self.frames, self.books, self.trades = [], {}, {}
        for line in unpacked(SAMPLES / "kraken_futures/cf_20210722_ws.txt.zst").splitlines():
            text = line.split(": ", 1)[1] if line[:1].isdigit() else ""
            message = json.loads(text) if text else {}
            feed, product = message.get("feed"), message.get("product_id")
            if feed == "book_snapshot":
                self.books[product] = self.levels_of(message)
            elif feed == "trade_snapshot":
                self.trades[product] = message
            elif feed in ("book", "trade", "ticker_lite") and "event" not in message:
                self.frames.append((feed, product, text))
        self.challenges = {}

    @staticmethod
    def levels_of(snapshot):
        return {"seq": snapshot["seq"], "timestamp": snapshot["timestamp"],
                "buy": {level["price"]: level["qty"] for level in snapshot["bids"]},
                "sell": {level["price"]: level["qty"] for level in snapshot["asks"]}}

    def apply(self, feed, product, text):
        if feed != "book":
            return
        delta, book = json.loads(text), self.books[product]
        side = book[delta["side"]]
        if delta["qty"] == 0:
            side.pop(delta["price"], None)
        else:
            side[delta["price"]] = delta["qty"]
        book["seq"], book["timestamp"] = delta["seq"], delta["timestamp"]

    def snapshot(self, product):
        book = self.books[product]
        rows = lambda side, down: [{"price": price, "qty": qty} for price, qty in sorted(book[side].items(), reverse=down)]
        return json.dumps({"feed": "book_snapshot", "product_id": product, "timestamp": book["timestamp"], "seq": book["seq"],
                           "tickSize": None, "bids": rows("buy", True), "asks": rows("sell", False)}, separators=(",", ":"))

    async def greet(self, client):
        await client.send('{"event":"info","version":1}')

    async def idle(self, client):
        await client.send('{"feed":"heartbeat","time":%d}' % (time.time() * 1000))

    async def on_message(self, client, message):
        event = message["event"]
        if event == "ping":
            await client.send('{"event":"pong"}')
        elif event == "challenge":
            known = message["api_key"] in self.options.keys
            self.record.event("challenge", known=known)
            challenge = str(uuid.uuid4())
            self.challenges[client.number] = challenge
            await client.send(json.dumps({"event": "challenge", "message": challenge} if known else
                                         {"event": "error", "message": "Invalid api key"}))
        elif event in ("subscribe", "unsubscribe"):
            await (self.private if "signed_challenge" in message else self.public)(client, message)

    async def private(self, client, message):
        secret = self.options.keys.get(message["api_key"], "")
        digest = hashlib.sha256(self.challenges.get(client.number, "").encode()).digest()
        signed = base64.b64encode(hmac.new(base64.b64decode(secret), digest, hashlib.sha512).digest()).decode()
        if message["signed_challenge"] != signed or message["original_challenge"] != self.challenges.get(client.number):
            self.record.event("refused", feed=message["feed"])
            await client.send('{"event":"error","message":"Invalid signature"}')
            return
        self.record.event("private", feed=message["feed"])
        await client.send(json.dumps({**message, "event": "subscribed"}, separators=(",", ":")))
        for text in PRIVATE.get(message["feed"], []):
            await client.send(text)

    async def public(self, client, message):
        feed, on = message["feed"], message["event"] == "subscribe"
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
                await client.send(self.snapshot(product))
            elif on and feed == "trade":
                await client.send(json.dumps(self.trades[product], separators=(",", ":")))
            elif on and feed == "heartbeat":
                await self.idle(client)
        if on and feed == "book" and not client.player:
            client.player = asyncio.ensure_future(self.play(client, self.frames))

    def rest(self, method, path, query, headers, body):
        if path.endswith("/summary.json"):
            return 200, {"page": {"id": "x"}, "status": {"indicator": "none", "description": "ok"}, "components": [],
                         "incidents": [], "scheduled_maintenances": []}
        answers = {"accounts": {"accounts": {}}, "openpositions": {"openPositions": []}, "openorders": {"openOrders": []},
                   "fills": {"fills": []}, "notifications": {"notifications": []}, "instruments": {"instruments": []},
                   "status": {"instrumentStatus": []}, "history": {"history": []}, "tickers": {"tickers": []}}
        name = path.rsplit("/", 1)[1]
        if name in ("accounts", "openpositions", "openorders", "fills", "notifications"):
            key, nonce = headers.get("APIKey", ""), headers.get("Nonce", "")
            at = path.index("/api/v3/")
            digest = hashlib.sha256((query + body + nonce + path[at:]).encode()).digest()
            secret = base64.b64decode(self.options.keys.get(key, "") + "==")
            signed = base64.b64encode(hmac.new(secret, digest, hashlib.sha512).digest()).decode()
            if key not in self.options.keys or headers.get("Authent") != signed:
                self.record.event("refused", path=name)
                return 200, {"result": "error", "error": "authenticationError", "serverTime": "2026-01-01T00:00:00.000Z"}
        return 200, {"result": "success", **answers.get(name, {}), "serverTime": "2026-01-01T00:00:00.000Z"}


PRIVATE = {
    "open_positions": ['{"feed":"open_positions","account":"desk","positions":[],"seq":0,"timestamp":1687383625330}'],
    "fills": ['{"feed":"fills_snapshot","account":"desk","fills":[]}'],
    "balances": ['{"feed":"balances_snapshot","account":"desk","holding":{"USD":100.5},"futures":{},"timestamp":1687383625330,"seq":0}'],
    "open_orders_verbose": ['{"feed":"open_orders_verbose_snapshot","account":"desk","orders":[]}'],
    "open_orders": ['{"feed":"open_orders_snapshot","account":"desk","orders":[]}'],
    "account_log": ['{"feed":"account_log_snapshot","logs":[]}'],
    "notifications_auth": ['{"feed":"notifications_auth","notifications":[]}'],
}


class Binance(Venue):
    """Binance USD-M by its documentation: combined streams, depth by REST for bridging, listen keys."""

    SYMBOL = "BTCUSDT"

    def __init__(self, options, record):
        super().__init__(options, record)
        self.frames, self.book, self.depth = [], None, []
        for line in unpacked(SAMPLES / "binance_usdm/hft_20240808_btcusdt.txt.zst").splitlines():
            text = line.split(" ", 1)[1]
            if text.startswith('{"lastUpdateId"'):
                self.book = json.loads(text)
            else:
                stream = text.split('"', 4)[3]
                self.frames.append((stream.replace("@depth@0ms", "@depth@100ms"), self.SYMBOL,
                                    text.replace("@depth@0ms", "@depth@100ms")))
        self.last = self.book["lastUpdateId"]
        self.levels = {side: dict(self.book[side]) for side in ("bids", "asks")}
        # Until the book's answer the levels are the book's own; changes before it are in it.
        self.listen_keys, self.lock = {}, threading.Lock()

    def apply(self, stream, symbol, text):
        if "@depth" not in stream:
            return
        delta = json.loads(text)["data"]
        with self.lock:
            if delta["u"] < self.last:
                return
            for side, key in (("bids", "b"), ("asks", "a")):
                for price, quantity in delta[key]:
                    if float(quantity) == 0:
                        self.levels[side].pop(price, None)
                    else:
                        self.levels[side][price] = quantity
            self.last = delta["u"]

    async def greet(self, client):
        pass

    async def idle(self, client):
        await asyncio.sleep(0)

    async def on_message(self, client, message):
        if message["method"] == "SUBSCRIBE":
            await client.send(json.dumps({"result": None, "id": message["id"]}, separators=(",", ":")))
            client.wanted.update((stream, self.SYMBOL) for stream in message["params"])
            if not client.player and any("@depth" in stream for stream in message["params"]):
                client.player = asyncio.ensure_future(self.play(client, self.frames))

    def rest(self, method, path, query, headers, body):
        name = path.split("/", 3)[3]
        if name == "depth":
            with self.lock:
                rows = {side: sorted(levels.items(), key=lambda row: float(row[0]), reverse=side == "bids")
                        for side, levels in self.levels.items()}
                return 200, {"lastUpdateId": self.last, "E": 1, "T": 1, **{side: [list(row) for row in levels[:1000]]
                                                                          for side, levels in rows.items()}}
        if name == "listenKey":
            key = headers.get("X-MBX-APIKEY", "")
            if key not in self.options.keys:
                return 401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
            self.record.event("listenKey", method=method)
            return 200, {"listenKey": self.listen_keys.setdefault(key, "canaryLISTENkey" + "Q7" * 25)} if method == "POST" else {}
        if "signature" in query:
            text, signature = query.rsplit("&signature=", 1)
            secret = self.options.keys.get(headers.get("X-MBX-APIKEY", ""), "")
            if hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() != signature:
                self.record.event("refused", path=name)
                return 400, {"code": -1022, "msg": "Signature for this request is not valid."}
            self.record.event("signed", path=name)
        answers = {"positionSide/dual": {"dualSidePosition": False}, "multiAssetsMargin": {"multiAssetsMargin": False},
                   "positionRisk": [], "openOrders": [], "time": {"serverTime": int(time.time() * 1000)},
                   "exchangeInfo": {"timezone": "UTC", "rateLimits": [], "symbols": []},
                   "account": {"totalWalletBalance": "1", "assets": [], "positions": []}}
        return 200, answers.get(name, {})


def serve_rest(venue, context):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path, _, query = self.path.partition("?")
            venue.record.event("request", method=self.command, path=path)
            status, answer = venue.rest(self.command, path, query, self.headers, body)
            data = json.dumps(answer, separators=(",", ":")).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("venue", choices=("kraken", "binance"))
    parser.add_argument("--record", required=True)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--drop-after", type=lambda text: [int(part) for part in text.split(",")], default=[])
    parser.add_argument("--key", nargs=2, action="append", default=[], metavar=("KEY", "SECRET"))
    options = parser.parse_args()
    options.keys = dict(options.key)
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    venue = {"kraken": Kraken, "binance": Binance}[options.venue](options, Record(options.record))

    async def accept(socket, path):
        await Client(venue, socket).serve(path)

    async with websockets.serve(accept, "127.0.0.1", 0, ssl=context, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        rest = serve_rest(venue, context)
        tls = "s" if context else ""
        print(json.dumps({"websocket": f"ws{tls}://127.0.0.1:{port}", "rest": f"http{tls}://127.0.0.1:{rest}"}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.close()


if __name__ == "__main__":
    asyncio.run(main())

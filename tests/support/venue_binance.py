"""Binance USD-M for venue_server.py, by its documentation: combined streams, depth by REST for bridging, listen keys,
signed requests verified."""

import asyncio
import hashlib
import hmac
import json
import threading
import time

import websockets

from venue_base import SAMPLES, Venue, unpacked

SYMBOL = "BTCUSDT"
# By the documentation of the user data stream.
FILL = ('{"e":"ORDER_TRADE_UPDATE","E":%d,"T":%d,"o":{"s":"BTCUSDT","c":"desk","S":"BUY","o":"LIMIT","f":"GTC","q":"0.001","p":"60000",'
        '"ap":"60000","sp":"0","x":"TRADE","X":"FILLED","i":%d,"l":"0.001","z":"0.001","L":"60000","N":"USDT","n":"0.01","T":%d,"t":%d,'
        '"b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"LIMIT","ps":"BOTH","cp":false,"rp":"0","pP":false,"si":0,"ss":0}}')


class Binance(Venue):
    def __init__(self, options, record):
        self.capture, book = [], None
        for line in unpacked(SAMPLES / "binance_usdm/hft_20240808_btcusdt.txt.zst").splitlines():
            text = line.split(" ", 1)[1].replace("@depth@0ms", "@depth@100ms")
            if text.startswith('{"lastUpdateId"'):
                book = json.loads(text)
            else:
                self.capture.append((text.split('"', 4)[3], SYMBOL, text))
        answer = unpacked(SAMPLES / "binance_usdm/cf_20210722_exchangeinfo_rest.txt.zst").splitlines()[0].split(": ", 1)[1]
        self.exchange_info = json.loads(answer)
        self.exchange_info["symbols"] = [one for one in self.exchange_info["symbols"] if one["symbol"] == SYMBOL]
        self.last = book["lastUpdateId"]
        self.levels = {side: dict(book[side]) for side in ("bids", "asks")}
        self.listen_keys, self.keys_made, self.filled = {}, 0, 0
        self.lock = threading.Lock()
        super().__init__(options, record)

    def frames(self):
        yield from self.capture

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

    def rows(self, side):
        return sorted(self.levels[side].items(), key=lambda row: float(row[0]), reverse=side == "bids")

    def final_books(self):
        with self.lock:
            return {SYMBOL: {"seq": self.last, "bids": self.rows("bids"), "asks": self.rows("asks")}}

    def expire(self):
        """Every listen key runs out; connections by it are told, and say nothing any more."""
        for client in list(self.clients.values()):
            key = client.path.rsplit("/", 1)[1]
            if client.path.startswith("/private/ws/") and key in self.listen_keys.values():
                client.start(client.send(json.dumps({"e": "listenKeyExpired", "E": str(int(time.time() * 1000)),
                                                     "listenKey": key}, separators=(",", ":"))))
        self.listen_keys.clear()

    async def greet(self, client):
        if not client.path.startswith("/private/ws/"):
            return
        key = client.path.rsplit("/", 1)[1]
        if key not in self.listen_keys.values():
            self.record.event("refused", path="/private/ws/")
            raise websockets.ConnectionClosedOK(None, None)
        self.record.event("private", connection=client.number, listen_key=key)
        if self.options.account_rate:
            client.start(self.account_updates(client, key))

    async def account_updates(self, client, key):
        while not self.hushed and key in self.listen_keys.values():
            now = int(time.time() * 1000)
            await client.send('{"e":"ACCOUNT_UPDATE","E":%d,"T":%d,"a":{"m":"DEPOSIT","B":[{"a":"USDT","wb":"100.5","cw":"100.5",'
                              '"bc":"0"}],"P":[]}}' % (now, now))
            if self.options.fills:
                self.filled += 1
                await client.send(FILL % (now, now, self.filled, now, self.filled))
            await asyncio.sleep(1 / self.options.account_rate)

    async def idle(self, client):
        await asyncio.sleep(0)

    async def on_message(self, client, message):
        if message["method"] != "SUBSCRIBE":
            return
        await client.send(json.dumps({"result": None, "id": message["id"]}, separators=(",", ":")))
        client.wanted.update((stream, SYMBOL) for stream in message["params"])
        if not self.playing and any("@depth" in stream for stream in message["params"]):
            self.play_to(lambda: list(self.clients.values()))

    def rest(self, method, path, query, headers, body):
        name = path.split("/", 3)[3]
        if name == "depth":
            with self.lock:
                return 200, {"lastUpdateId": self.last, "E": 1, "T": 1,
                             **{side: [list(row) for row in self.rows(side)[:1000]] for side in ("bids", "asks")}}
        if name == "listenKey":
            return self.listen_key(method, headers.get("X-MBX-APIKEY", ""))
        if "signature" in query:
            text, signature = query.rsplit("&signature=", 1)
            key = headers.get("X-MBX-APIKEY", "")
            secret = self.options.keys.get(key, "")
            if hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() != signature:
                self.record.event("refused", path=name)
                return 400, {"code": -1022, "msg": "Signature for this request is not valid."}
            self.record.event("signed", path=name, key=key, signed=signature)
        answers = {"positionSide/dual": {"dualSidePosition": False}, "multiAssetsMargin": {"multiAssetsMargin": False},
                   "positionRisk": [], "openOrders": [], "time": {"serverTime": int(time.time() * 1000)},
                   "exchangeInfo": self.exchange_info,
                   "account": {"totalWalletBalance": "1", "assets": [], "positions": []}}
        return 200, answers.get(name, {})

    def listen_key(self, method, key):
        if key not in self.options.keys:
            return 401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
        self.record.event("listenKey", method=method)
        if method != "POST":
            return 200, {}
        if key not in self.listen_keys:
            self.keys_made += 1
            self.listen_keys[key] = f"canaryLISTENkey{self.keys_made:03}" + "Q7" * 23
        return 200, {"listenKey": self.listen_keys[key]}

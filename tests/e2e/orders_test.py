"""Clients that trade at a served tape: orders, an order management period, dead man's switches, over real sockets."""

import base64
import hashlib
import hmac
import json
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from serving import KEY, SECRET, Served, converse
from support import SAMPLES, record
from venue import LiveTestCase

SEEDS = SAMPLES / "kraken_futures" / "seeds"

def frames(venue, *messages):
    """A tape of these, a second apart: a text of everybody's, or one and whose it is."""
    lines = []
    for number, message in enumerate(messages):
        text, account = message if isinstance(message, tuple) else (message, "")
        line = {"receivedAt": f"2020-09-13T12:26:{40 + number}Z", "venue": venue, "transport": "websocket",
                "direction": "received", "connection": 2 if account else 1, "raw": text}
        if account:
            line["account"] = account
        lines.append(json.dumps(line))
    return record("\n".join(lines).encode(), "--input", "json")


class OrdersTestCase(LiveTestCase):
    def setUp(self):
        super().setUp()
        self.nonce = 0

    def keys(self, label):
        path = self.folder / f"keys-{label}"
        path.write_text(f"{KEY}-{label}\n{SECRET}\n")
        path.chmod(0o600)
        return f"{label}=file:{path}"

    def serve(self, tape, *labels, options=()):
        path = self.folder / "served.tape"
        path.write_bytes(tape)
        accounts = [part for label in labels for part in ("--account", self.keys(label))]
        self.served = Served(self, path, *accounts, "--start-on", "connect", "--speed", "max", *options)
        return self.served

    def answer(self, request):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return json.loads(refused.read())


class Kraken(OrdersTestCase):
    BOOK = json.dumps({"feed": "book_snapshot", "product_id": "PI_XBTUSD", "timestamp": 1600000000000, "seq": 1,
                       "tickSize": 0.5, "bids": [{"price": 9999.5, "qty": 10}], "asks": [{"price": 10000.5, "qty": 20}]})
    ORDERS = json.dumps({"feed": "open_orders_snapshot", "account": "x", "orders": [
        {"instrument": "PI_XBTUSD", "time": 1600000000000, "last_update_time": 1600000000000, "qty": 5, "filled": 0,
         "limit_price": 9000.0, "stop_price": 0.0, "type": "limit", "order_id": "of-the-tape", "direction": 0,
         "reduce_only": False}]})

    def ask(self, method, endpoint, label="desk", **parameters):
        body = urllib.parse.urlencode(parameters) if method == "POST" else ""
        query = "?" + urllib.parse.urlencode(parameters) if method == "GET" and parameters else ""
        self.nonce += 1
        path = f"/api/v3/{endpoint}"
        digest = hashlib.sha256(f"{query[1:]}{body}{self.nonce}{path}".encode()).digest()
        request = urllib.request.Request(f"{self.served.rest}/derivatives{path}{query}", method=method,
                                         data=body.encode() if method == "POST" else None)
        request.add_header("APIKey", f"{KEY}-{label}")
        request.add_header("Nonce", str(self.nonce))
        request.add_header("Authent", base64.b64encode(hmac.new(base64.b64decode(SECRET), digest, hashlib.sha512)
                                                       .digest()).decode())
        return self.answer(request)

    def send(self, **parameters):
        order = {"orderType": "post", "symbol": "PI_XBTUSD", "side": "buy", "size": 1, "limitPrice": 9000, **parameters}
        return self.ask("POST", "sendorder", **order)["sendStatus"]

    async def subscribe(self, socket, feed, label="desk"):
        """What the feed begins with."""
        await socket.send(json.dumps({"event": "challenge", "api_key": f"{KEY}-{label}"}))
        challenge = await self.next(socket, "challenge")
        digest = hashlib.sha256(challenge["message"].encode()).digest()
        signed = base64.b64encode(hmac.new(base64.b64decode(SECRET), digest, hashlib.sha512).digest()).decode()
        await socket.send(json.dumps({"event": "subscribe", "feed": feed, "api_key": f"{KEY}-{label}",
                                      "original_challenge": challenge["message"], "signed_challenge": signed}))
        await self.next(socket, "subscribed")
        return json.loads(await socket.recv())

    @staticmethod
    async def next(socket, event):
        for _ in range(1000):
            message = json.loads(await socket.recv())
            if message.get("event") == event:
                return message
        raise AssertionError(f"no {event} came")

    def test_orders_rest_and_the_switch_cancels_them(self):
        self.serve(frames("kraken-futures", self.BOOK, (self.ORDERS, "desk")), "desk")

        async def trade(socket):
            self.served.wait_until_over()
            begun = await self.subscribe(socket, "open_orders")
            sent = self.send(cliOrdId="mine")
            placed = json.loads(await socket.recv())
            edited = self.ask("POST", "editorder", cliOrdId="mine", limitPrice=8999)["editStatus"]
            changed = json.loads(await socket.recv())
            crossing = self.send(limitPrice=10000.5)["status"]
            market = self.send(orderType="mkt")["status"]
            listed = self.ask("GET", "openorders")["openOrders"]
            armed = self.ask("POST", "cancelallordersafter", timeout=1)["status"]
            gone = [json.loads(await socket.recv()) for _ in range(2)]
            return begun, sent, placed, edited, changed, crossing, market, listed, armed, gone

        begun, sent, placed, edited, changed, crossing, market, listed, armed, gone = converse(
            f"{self.served.websocket}/ws/v1", trade, timeout=60)
        self.assertEqual([order["order_id"] for order in begun["orders"]], ["of-the-tape"])
        self.assertEqual(sent["status"], "placed")
        self.assertEqual((placed["reason"], placed["order"]["order_id"]), ("new_placed_order_by_user", sent["order_id"]))
        self.assertEqual(edited["status"], "edited")
        self.assertEqual(changed["order"]["limit_price"], 8999)
        self.assertEqual((crossing, market), ("postWouldExecute", "iocWouldNotExecute"))
        self.assertEqual([order["order_id"] for order in listed], ["of-the-tape", sent["order_id"]])
        self.assertNotEqual(armed["triggerTime"], "0")
        self.assertEqual({message["order_id"] for message in gone}, {"of-the-tape", sent["order_id"]})
        self.assertEqual({(message["is_cancel"], message["reason"]) for message in gone}, {(True, "dead_man_switch")})
        self.served.finish()

    def test_a_trailing_stop_and_the_status_of_single_orders(self):
        self.serve(frames("kraken-futures", self.BOOK, (self.ORDERS, "desk")), "desk")

        async def trade(socket):
            self.served.wait_until_over()
            await self.subscribe(socket, "open_orders")
            stop = {"orderType": "trailing_stop", "symbol": "PI_XBTUSD", "side": "sell", "size": 1}
            sent = self.ask("POST", "sendorder", **stop, trailingStopMaxDeviation=10, trailingStopDeviationUnit="PERCENT")
            placed = json.loads(await socket.recv())
            ids = sent["sendStatus"]["order_id"], "of-the-tape"
            asked = self.ask("POST", "orders/status", orderIds=json.dumps(ids))["orders"]
            self.ask("POST", "cancelorder", order_id=ids[0])
            return (sent, placed, asked, self.ask("POST", "orders/status", orderIds=ids[0])["orders"],
                    self.ask("POST", "sendorder", **stop)["error"])

        sent, placed, asked, gone, refused = converse(f"{self.served.websocket}/ws/v1", trade, timeout=60)
        self.assertEqual((sent["sendStatus"]["status"], placed["order"]["stop_price"]), ("placed", 8999.55))
        self.assertEqual(placed["order"]["trailing_stop_options"], {"max_deviation": 10, "unit": "percent"})
        self.assertEqual([(one["order"]["orderId"], one["status"]) for one in asked],
                         [(sent["sendStatus"]["order_id"], "TRIGGER_PLACED"), ("of-the-tape", "ENTERED_BOOK")])
        self.assertEqual([(one["status"], one["updateReason"]) for one in gone], [("CANCELLED", "CANCELLED_BY_USER")])
        self.assertEqual(refused, "requiredArgumentMissing")
        self.served.finish()

    def test_a_period_of_order_management(self):
        on = (SEEDS / "kraken_ws_notification_419_post_only.json").read_text()
        off = (SEEDS / "kraken_ws_notification_420_resumed.repaired.json").read_text()
        for notes, status in (((on,), "marketIsPostOnly"), ((on, off), "outsidePriceCollar")):
            with self.subTest(status=status):
                self.serve(frames("kraken-futures", self.BOOK, *[(note, "desk") for note in notes]), "desk")

                async def trade(socket):
                    self.served.wait_until_over()
                    begun = await self.subscribe(socket, "notifications_auth")
                    return (begun, self.ask("GET", "notifications")["notifications"],
                            [self.send(orderType=kind, limitPrice=price)["status"]
                             for kind, price in (("lmt", 10000.5), ("lmt", 10000), ("post", 10000), ("post", 10000.5))],
                            self.ask("POST", "cancelallorders")["cancelStatus"])

                begun, listed, statuses, cancelled = converse(f"{self.served.websocket}/ws/v1", trade, timeout=60)
                self.assertEqual(begun["notifications"], json.loads(notes[-1])["notifications"])
                self.assertEqual([note["note"] for note in listed],
                                 [json.loads(note)["notifications"][0]["note"] for note in notes])
                self.assertEqual(statuses, [status, "placed", "placed", "postWouldExecute"])
                self.assertEqual(len(cancelled["cancelledOrders"]), 2)
                self.served.finish()

    def test_assignments_to_several_accounts_add_up(self):
        seed = json.loads((SEEDS / "kraken_ws_fills_assignee.repaired.json").read_text())
        whole = 1_760_000 - 1_007_379
        sizes = {"one": seed["fills"][0]["qty"], "two": 300_000}
        sizes["three"] = whole - sum(sizes.values())
        messages = []
        for label, size in sizes.items():
            fill = {**seed["fills"][0], "qty": size, "fill_id": f"fill-{label}"}
            messages.append((json.dumps({**seed, "fills": [fill]}), label))
        self.serve(frames("kraken-futures", *messages), *sizes)

        async def look(socket):
            self.served.wait_until_over()
            return [(await self.subscribe(socket, "fills", label), self.ask("GET", "fills", label)) for label in sizes]

        told = converse(f"{self.served.websocket}/ws/v1", look, timeout=60)
        for (by_socket, by_rest), (label, size) in zip(told, sizes.items()):
            self.assertEqual([fill["fill_id"] for fill in by_socket["fills"]], [f"fill-{label}"])
            self.assertEqual((by_socket["fills"][0]["qty"], by_socket["fills"][0]["fill_type"]), (size, "assignee"))
            self.assertEqual((by_rest["fills"][0]["size"], by_rest["fills"][0]["fillType"]), (size, "assignee"))
        self.assertEqual(sum(by_rest["fills"][0]["size"] for _, by_rest in told), whole)
        self.served.finish()


class Binance(OrdersTestCase):
    QUOTE = json.dumps({"e": "bookTicker", "u": 1, "s": "BTCUSDT", "b": "9999.5", "B": "1", "a": "10000.5", "A": "1",
                        "T": 1600000000000, "E": 1600000000000})

    def ask(self, method, endpoint, **parameters):
        query = urllib.parse.urlencode({**parameters, "timestamp": int(time.time() * 1000)})
        signed = hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(f"{self.served.rest}/fapi/v1/{endpoint}?{query}&signature={signed}", method=method)
        request.add_header("X-MBX-APIKEY", f"{KEY}-desk")
        return self.answer(request)

    def send(self, **parameters):
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTX", "quantity": "1",
                 "price": "9000", **parameters}
        return self.ask("POST", "order", **order)

    def test_orders_rest_and_the_countdown_cancels_them(self):
        self.serve(frames("binance-usdm", self.QUOTE), "desk")
        # The clock of the tape starts with the first client.
        async def start(socket):
            self.served.wait_until_over()
            key = self.ask("POST", "listenKey")["listenKey"]
            import websockets
            async with websockets.connect(f"{self.served.websocket}/private/ws/{key}", ping_interval=None) as user:
                sent = self.send()
                placed = json.loads(await user.recv())
                refused = [self.send(price="10000.5")["code"], self.send(type="MARKET")["code"],
                           self.ask("DELETE", "order", symbol="BTCUSDT", orderId="1")["code"]]
                listed = self.ask("GET", "openOrders")
                expired = self.send(timeInForce="IOC")["status"], [json.loads(await user.recv()) for _ in range(2)]
                self.ask("POST", "countdownCancelAll", symbol="BTCUSDT", countdownTime=500)
                gone = json.loads(await user.recv())
                return sent, placed, refused, listed, expired, gone, self.ask("GET", "openOrders")

        sent, placed, refused, listed, expired, gone, left = converse(f"{self.served.websocket}/public/ws", start, timeout=60)
        self.assertEqual((sent["status"], sent["price"]), ("NEW", "9000"))
        self.assertEqual((placed["e"], placed["o"]["x"], placed["o"]["i"]), ("ORDER_TRADE_UPDATE", "NEW", sent["orderId"]))
        self.assertEqual(refused, [-5022, -2010, -2011])
        self.assertEqual([order["orderId"] for order in listed], [sent["orderId"]])
        self.assertEqual((expired[0], [event["o"]["X"] for event in expired[1]]), ("EXPIRED", ["NEW", "EXPIRED"]))
        self.assertEqual((gone["o"]["i"], gone["o"]["X"]), (sent["orderId"], "CANCELED"))
        self.assertEqual(left, [])
        self.served.finish()

    def test_orders_are_modified_and_come_in_batches(self):
        self.serve(frames("binance-usdm", self.QUOTE), "desk")
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "9000"}

        async def trade(socket):
            self.served.wait_until_over()
            key = self.ask("POST", "listenKey")["listenKey"]
            import websockets
            async with websockets.connect(f"{self.served.websocket}/private/ws/{key}", ping_interval=None) as user:
                batch = json.dumps([order, {**order, "price": "10001"},
                                    {"symbol": "BTCUSDT", "side": "SELL", "type": "TRAILING_STOP_MARKET", "quantity": "1",
                                     "callbackRate": "1"}])
                placed = self.ask("POST", "batchOrders", batchOrders=batch)
                first = placed[0]["orderId"]
                changed = self.ask("PUT", "order", symbol="BTCUSDT", side="BUY", orderId=first, quantity="2", price="9001")
                refused = self.ask("PUT", "order", symbol="BTCUSDT", side="BUY", orderId=first, quantity="2", price="10001")
                listed = self.ask("GET", "openOrders")
                gone = self.ask("DELETE", "batchOrders", symbol="BTCUSDT", orderIdList=json.dumps([first, 1]))
                return placed, changed, refused, listed, gone, [json.loads(await user.recv())["o"] for _ in range(4)]

        placed, changed, refused, listed, gone, told = converse(f"{self.served.websocket}/public/ws", trade, timeout=60)
        self.assertEqual([one.get("status", one.get("code")) for one in placed], ["NEW", -2010, "NEW"])
        self.assertEqual((changed["price"], changed["origQty"], refused["code"]), ("9001", "2", -2010))
        self.assertEqual([(one["type"], one["price"]) for one in listed], [("LIMIT", "9001"), ("TRAILING_STOP_MARKET", "0")])
        self.assertEqual([one.get("status", one.get("code")) for one in gone], ["CANCELED", -2011])
        self.assertEqual([(event["x"], event["X"]) for event in told],
                         [("NEW", "NEW"), ("NEW", "NEW"), ("AMENDMENT", "NEW"), ("CANCELED", "CANCELED")])
        self.served.finish()


if __name__ == "__main__":
    unittest.main()

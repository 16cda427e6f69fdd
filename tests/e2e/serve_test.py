"""tape-serve: our own recorder at a served tape records what is on it, and clients of others are answered in the venue's form."""

import base64
import hashlib
import hmac
import json
import ssl
import time
import unittest
import urllib.error
import urllib.request

from serving import KEY, SECRET, Served, binance_at, converse, key_file, kraken_at
from support import run, tool
from venue import (LiveTestCase, Recorder, Server, binance_options, certificates, events, frames, kinds, kraken_market,
                   kraken_options, wait_for)

STREAM = ("--transport", "websocket", "--direction", "received")
ANSWERS = ("--transport", "rest", "--direction", "received")


def market_of(tape, *options):
    return [event for event in events(tape, *STREAM, *options) if event["kind"] != "subscription"]


class ServeTestCase(LiveTestCase):
    def record_at(self, name, venue, at, options, until, seconds=60):
        """A tape of the recorder at a venue, ended once `until` is true of it."""
        recorder = Recorder(self, venue, *options, *at, "--account", f"desk=file:{self.keys}",
                            output=self.folder / f"{name}.tape", name=name)
        wait_for(lambda: until(recorder.tape), seconds, f"{name} to have recorded everything")
        recorder.stop()
        return recorder.tape

    def capture(self, venue, name, *options):
        """What the recorder records of all that the test's venue plays."""
        recorder = Recorder(self, name, *options, "--account", f"desk=file:{self.keys}",
                            output=self.folder / "first.tape", name="first")
        wait_for(lambda: venue.events("played"), 60, "the capture to be played")
        venue.hush()
        wait_for(lambda: len(events(recorder.tape, *STREAM)) > 1000, what="the capture on the tape")
        recorder.stop()
        return recorder.tape

    def again(self, name, venue, at, options, tape, *serve):
        """What the recorder records of a served tape."""
        served = Served(self, tape, "--account", f"desk=file:{self.keys}", *serve, name=f"serve-{name}")
        counts = [len(events(tape, *part)) for part in (STREAM, ANSWERS)]
        recorded = self.record_at(name, venue, at(served), options, lambda got: all(
            len(events(got, *part)) >= count for part, count in zip((STREAM, ANSWERS), counts)))
        served.wait_until_over()
        served.finish()
        return recorded

    def assertSame(self, a, b):
        """tape-diff is silent about the two recordings: frames, requests, answers, losses."""
        out, _ = run(tool("diff"), a, b, expect=None)
        self.assertEqual(out.decode(), "")
        for transport in ("websocket", "rest"):
            for direction in ("sent", "received"):
                self.assertNotEqual(events(b, "--transport", transport, "--direction", direction), [])

    def setUp(self):
        super().setUp()
        self.keys = key_file(self)


class Kraken(ServeTestCase):
    FEEDS = ["--symbol", "PI_ETHUSD,FI_XBTUSD_210924,PI_LTCUSD", "--feed",
             "heartbeat,book,trade,ticker_lite,fills,balances,open_orders_verbose,open_positions"]

    def first(self, *server):
        venue = Server(self, "kraken", "--key", KEY, SECRET, "--account-rate", "20", "--rate", "3000", *server)
        return self.capture(venue, "kraken-futures", *self.FEEDS, *kraken_options(venue))

    def test_a_served_tape_is_recorded_as_it_was(self):
        first = self.first()
        # The test's venue ends no account's history and greets in a way of its own; all else is as it was.
        second = self.again("second", "kraken-futures", kraken_at, self.FEEDS, first, "--speed", "max", "--lockstep", "5s")
        self.assertEqual(market_of(first, "--connection", "1", "--with-raw") != [], True)
        self.assertEqual(frames(first, 1).split(b"\n", 1)[1], frames(second, 1).split(b"\n", 1)[1])
        for name, pace in (("third", "max"), ("fourth", "1")):
            copy = self.again(name, "kraken-futures", kraken_at, self.FEEDS, second, "--speed", pace, "--lockstep", "5s")
            self.assertSame(second, copy)

    def test_polls_are_answered_in_their_order(self):
        polled = [*self.FEEDS, "--poll", "notifications=1s", "--poll", "tickers=1s"]
        venue = Server(self, "kraken", "--key", KEY, SECRET, "--account-rate", "20", "--rate", "1000")
        first = self.capture(venue, "kraken-futures", *polled, *kraken_options(venue))
        asked = [event for event in events(first, "--transport", "rest", "--direction", "sent") if event["rest"]["target"].endswith("/tickers")]
        self.assertGreater(len(asked), 3)
        second = self.again("second", "kraken-futures", kraken_at, polled, first, "--speed", "max", "--lockstep", "5s")
        third = self.again("third", "kraken-futures", kraken_at, polled, second, "--speed", "max", "--lockstep", "5s")
        out, _ = run(tool("diff"), second, third, "--format", "json", expect=None)
        *told, report = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([report[name] for name in ("changed", "reordered")], [0, 0])
        # A recorder goes on asking until it is ended, when the tape has no answer any more; either may do so longer.
        answered = {kind: [int(event["rest"]["requestOrdinal"]) for event in events(tape, *ANSWERS)]
                    for kind, tape in (("missing", second), ("extra", third))}
        for difference in told:
            place, kind = difference["event"].split()[:2]
            self.assertIn(kind, ("request", "requestFailed"))
            self.assertNotIn(int(place.split(":")[1]), answered[difference["difference"]])
        self.assertGreater(len(answered["extra"]), 3)
        self.assertGreater(report["same"], 5000)

    def test_drops_happen_again(self):
        first = self.first("--drop-after", "2000,100000")
        self.assertEqual(len(kinds(first, "connectionLost")), 1)
        second = self.again("second", "kraken-futures", kraken_at, self.FEEDS, first, "--speed", "max", "--lockstep", "5s")
        lost = kinds(second, "connectionLost")
        self.assertEqual([event["body"]["closeCode"] for event in lost], [1012])
        self.assertEqual(kinds(second, "gap"), [])
        for connection in (1, 2, 3):
            got, sent = frames(second, connection), frames(first, connection)
            self.assertEqual(len(got.splitlines()), len(sent.splitlines()))
        for name, pace in (("third", "max"), ("fourth", "1")):
            self.assertSame(second, self.again(name, "kraken-futures", kraken_at, self.FEEDS, second, "--speed", pace, "--lockstep", "5s"))

    def test_errors_are_the_venues(self):
        tape = self.first()
        served = Served(self, tape, "--account", f"desk=file:{self.keys}", "--start-on", "now", "--speed", "max")

        async def talk(socket):
            said = [await socket.recv()]
            for text in ("{", '{"event":"subscribe","feed":"nothing"}',
                         '{"event":"subscribe","feed":"book","product_ids":["PI_NOTHING"]}', '{"event":"ping"}',
                         '{"event":"challenge","api_key":"unknown"}', json.dumps({"event": "challenge", "api_key": KEY})):
                await socket.send(text)
                said.append(await socket.recv())
            challenge = json.loads(said[-1])["message"]
            for signed in ("wrong", self.signed(challenge)):
                await socket.send(json.dumps({"event": "subscribe", "feed": "fills", "api_key": KEY,
                                              "original_challenge": challenge, "signed_challenge": signed}))
                said.append(await socket.recv())
            return said

        said = converse(f"{served.websocket}/ws/v1", talk)
        self.assertEqual(said[:6], ['{"event":"info","version":1}', '{"event":"error","message":"Json Error"}',
                                    '{"event":"error","message":"Invalid feed"}',
                                    '{"event":"error","message":"Invalid product id"}', '{"event":"pong"}',
                                    '{"event":"error","message":"Invalid API key"}'])
        self.assertEqual(said[7], '{"event":"error","message":"Invalid signature"}')
        self.assertEqual(json.loads(said[8])["event"], "subscribed")

    @staticmethod
    def signed(challenge):
        digest = hashlib.sha256(challenge.encode()).digest()
        return base64.b64encode(hmac.new(base64.b64decode(SECRET), digest, hashlib.sha512).digest()).decode()

    def ask(self, url, path, nonce=None, secret=SECRET):
        request = urllib.request.Request(f"{url}/derivatives{path}")
        if nonce:
            digest = hashlib.sha256(f"{nonce}{path}".encode()).digest()
            request.add_header("APIKey", KEY)
            request.add_header("Nonce", nonce)
            request.add_header("Authent", base64.b64encode(hmac.new(base64.b64decode(secret), digest, hashlib.sha512)
                                                           .digest()).decode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def test_a_client_in_the_middle_begins_with_snapshots(self):
        tape = self.first()
        served = Served(self, tape, "--account", f"desk=file:{self.keys}", "--start-on", "now", "--speed", "max")
        served.wait_until_over()

        async def talk(socket):
            await socket.recv()
            await socket.send('{"event":"subscribe","feed":"book","product_ids":["pi_ethusd"]}')
            await socket.send('{"event":"subscribe","feed":"trade","product_ids":["PI_ETHUSD"]}')
            said = [json.loads(await socket.recv()) for _ in range(4)]
            await socket.send(json.dumps({"event": "challenge", "api_key": KEY}))
            challenge = json.loads(await socket.recv())["message"]
            for feed in ("fills", "open_orders_verbose", "open_positions", "balances"):
                await socket.send(json.dumps({"event": "subscribe", "feed": feed, "api_key": KEY,
                                              "original_challenge": challenge, "signed_challenge": self.signed(challenge)}))
                said += [json.loads(await socket.recv()) for _ in range(2)]
            return said

        said = converse(f"{served.websocket}/ws/v1", talk)
        self.assertEqual([message["feed"] for message in said[1::2]],
                         ["book_snapshot", "trade_snapshot", "fills_snapshot", "open_orders_verbose_snapshot",
                          "open_positions", "balances_snapshot"])
        out, _ = run(tool("state"), tape, "--format", "json", "--depth", "0")
        state = json.loads(out)
        book = next(book for book in state["books"] if book["symbol"] == "PI_ETHUSD")
        for side in ("bids", "asks"):
            wanted = [(float(level["price"]), float(level["quantity"])) for level in book[side]]
            self.assertEqual([(level["price"], level["qty"]) for level in said[1][side]], wanted)
        self.assertEqual(said[1]["seq"], book["sequence"])
        fills = kinds(tape, "fill")
        self.assertEqual(len(said[5]["fills"]), min(100, sum(len(event["body"]["items"]) for event in fills)))
        served.finish()

    def test_rest_before_the_first_subscription(self):
        tape = self.first()
        served = Served(self, tape, "--account", f"desk=file:{self.keys}")
        early = [self.ask(served.rest, "/api/v3/instruments"), self.ask(served.rest, "/api/v3/openorders", "1"),
                 self.ask(served.rest, "/api/v3/orderbook?symbol=PI_ETHUSD")]
        self.assertNotIn("clock runs", served.errors())
        self.assertIn("PI_ETHUSD", [instrument["symbol"] for instrument in early[0]["instruments"]])
        self.assertEqual(early[1]["openOrders"], [])
        self.assertEqual(early[2]["error"], "Unavailable")

        async def talk(socket):
            await socket.recv()
            await socket.send('{"event":"subscribe","feed":"book","product_ids":["PI_ETHUSD"]}')
            return [json.loads(await socket.recv()) for _ in range(2)][1]

        self.assertEqual(converse(f"{served.websocket}/ws/v1", talk)["feed"], "book_snapshot")
        served.process.terminate()
        served.finish()

    def test_a_start_in_the_middle_knows_what_came_before(self):
        tape = self.first()
        served = Served(self, tape, "--from", "-100ms", "--start-on", "connect", "--speed", "max")

        async def talk(socket):
            await socket.recv()
            await socket.send('{"event":"subscribe","feed":"book","product_ids":["FI_XBTUSD_210924"]}')
            return [json.loads(await socket.recv()) for _ in range(2)][1]

        said = converse(f"{served.websocket}/ws/v1", talk)
        self.assertEqual(said["feed"], "book_snapshot")
        first = min(event["sequence"] for event in kinds(tape, "bookDelta", symbol="FI_XBTUSD_210924"))
        self.assertGreater(said["seq"], first)
        served.finish()

    def test_rest_is_signed_and_comes_from_the_tape(self):
        tape = self.first()
        served = Served(self, tape, "--account", f"desk=file:{self.keys}", "--start-on", "now", "--speed", "max")

        async def stay(socket):
            await socket.send('{"event":"subscribe","feed":"heartbeat"}')
            for _ in range(2):
                await socket.recv()
            served.wait_until_over()
            return [self.ask(served.rest, "/api/v3/instruments"), self.ask(served.rest, "/api/v3/openorders"),
                    self.ask(served.rest, "/api/v3/openorders", "1"), self.ask(served.rest, "/api/v3/openorders", "1"),
                    self.ask(served.rest, "/api/v3/openorders", "2", "d3Jvbmc="),
                    self.ask(served.rest, "/api/v3/orderbook?symbol=PI_ETHUSD")]

        answers = converse(f"{served.websocket}/ws/v1", stay)
        self.assertEqual((answers[0]["result"], answers[0]["serverTime"]), ("success", "2026-01-01T00:00:00.000Z"))
        self.assertIn("PI_ETHUSD", [instrument["symbol"] for instrument in answers[0]["instruments"]])
        self.assertEqual(answers[1]["error"], "authenticationError")
        self.assertEqual(answers[2]["openOrders"], [])
        self.assertEqual(answers[3]["error"], "nonceDuplicate")
        self.assertEqual(answers[4]["error"], "authenticationError")
        out, _ = run(tool("state"), tape, "--view", "books", "--format", "json", "--depth", "0")
        book = next(book for book in json.loads(out)["books"] if book["symbol"] == "PI_ETHUSD")
        for side in ("bids", "asks"):
            wanted = [[float(level["price"]), float(level["quantity"])] for level in book[side]]
            self.assertEqual(answers[5]["orderBook"][side], wanted)
        served.finish()


class Binance(ServeTestCase):
    FEEDS = ["--symbol", "BTCUSDT", "--feed", "depth@100ms,bookTicker,aggTrade,trade,userData"]

    def first(self):
        venue = Server(self, "binance", "--key", KEY, SECRET, "--account-rate", "20", "--rate", "6000")
        return self.capture(venue, "binance-usdm", *self.FEEDS, *binance_options(venue))

    def test_a_served_tape_is_recorded_as_it_was(self):
        first = self.first()
        copy = first
        for name, pace in (("second", "max"), ("third", "1")):
            copy = self.again(name, "binance-usdm", binance_at, self.FEEDS, copy, "--speed", pace, "--lockstep", "5s")
            self.assertSame(first, copy)
        self.assertEqual(kinds(copy, "gap"), [])
        self.assertEqual(len(kinds(copy, "bookSnapshot")), len(kinds(first, "bookSnapshot")))

    def test_streams_raw_and_combined(self):
        served = Served(self, self.first(), "--speed", "max")

        async def combined(socket):
            said = []
            for text in ('{"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@depth"],"id":7}',
                         '{"method":"LIST_SUBSCRIPTIONS","id":8}', '{"method":"NOTHING","id":9}'):
                await socket.send(text)
            while sum("\"id\"" in text for text in said) < 3 or not any("depthUpdate" in text for text in said):
                said.append(await socket.recv())
            return said

        said = converse(f"{served.websocket}/stream", combined)
        answers = [json.loads(text) for text in said if '"id"' in text]
        self.assertEqual(answers[0], {"result": None, "id": 7})
        self.assertEqual(answers[1], {"result": ["btcusdt@bookTicker", "btcusdt@depth"], "id": 8})
        self.assertEqual((answers[2]["code"], answers[2]["id"]), (2, 9))
        data = [json.loads(text) for text in said if '"stream"' in text]
        # The tape has the stream of another speed: it comes by the name that was asked for.
        self.assertEqual({message["stream"] for message in data}, {"btcusdt@bookTicker", "btcusdt@depth"})
        served.finish()

        served = Served(self, self.folder / "first.tape", "--speed", "max", name="raw")

        async def raw(socket):
            return json.loads(await socket.recv())

        self.assertEqual(converse(f"{served.websocket}/ws/btcusdt@bookTicker", raw)["e"], "bookTicker")
        served.finish()

    def test_signed_requests_and_listen_keys(self):
        made = certificates(self.folder / "tls")
        served = Served(self, self.first(), "--account", f"desk=file:{self.keys}", "--tls", made / "good.pem",
                        made / "good.key", "--speed", "max", "--start-on", "now")
        context = ssl.create_default_context(cafile=made / "ca.pem")

        def ask(method, path, query="", key=KEY, secret=None):
            if secret:
                query += f"&signature={hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"
            url = f"{served.rest}{path}{'?' if query else ''}{query}".replace("127.0.0.1", "localhost")
            request = urllib.request.Request(url, method=method, headers={"X-MBX-APIKEY": key} if key else {})
            try:
                with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    return json.loads(error.read())

        async def stay(socket):
            served.wait_until_over()
            now = int(time.time() * 1000)
            key = ask("POST", "/fapi/v1/listenKey")["listenKey"]
            return [ask("GET", "/fapi/v1/openOrders", f"timestamp={now}", secret=SECRET),
                    ask("GET", "/fapi/v1/openOrders", f"timestamp={now}", secret="wrong")["code"],
                    ask("GET", "/fapi/v1/openOrders", f"timestamp={now - 60000}", secret=SECRET)["code"],
                    ask("GET", "/fapi/v1/openOrders", "recvWindow=1", secret=SECRET)["code"],
                    ask("POST", "/fapi/v1/listenKey", key="unknown")["code"],
                    ask("PUT", "/fapi/v1/listenKey")["listenKey"] == key, ask("DELETE", "/fapi/v1/listenKey"),
                    ask("PUT", "/fapi/v1/listenKey")["code"], ask("GET", "/fapi/v1/depth", "symbol=BTCUSDT&limit=5")]

        answers = converse(f"{served.websocket}/public/stream".replace("127.0.0.1", "localhost"), stay, ssl=context)
        self.assertEqual(answers[:8], [[], -1022, -1021, -1102, -2015, True, {}, -1125])
        self.assertEqual([len(answers[8][side]) for side in ("bids", "asks")], [5, 5])
        served.finish()


if __name__ == "__main__":
    unittest.main()

"""Every scenario of samples/scenarios, on tapes of the samples: what tape-serve says that it broke is what tape-record recorded;
and whoever plays one twice with the same seed gets the same frames."""

import asyncio
import base64
import concurrent.futures
import hashlib
import hmac
import itertools
import json
import sys
import time
import unittest
import urllib.error
import urllib.request

from serving import KEY, SECRET, Served, binance_at, key_file, kraken_at
from support import BIN, SAMPLES, run, tool
from venue import LiveTestCase, Recorder, events, json_lines, kinds

SCENARIOS = SAMPLES / "scenarios"
sys.path.insert(0, str(SCENARIOS))
import tapes as tape_maker  # noqa: E402

OFF = ("accounts", "openpositions", "openorders", "fills", "notifications", "instruments", "instruments_status", "status_page")
KRAKEN_SYMBOLS = ("PI_ETHUSD", "FI_XBTUSD_210924", "PI_LTCUSD")


class Setup:
    """How the tapes of one name are served, and recorded."""

    def __init__(self, venue, at, subscriptions, options, speed, serve=(), account=False):
        self.venue, self.at, self.subscriptions, self.options = venue, at, subscriptions, list(options)
        self.speed, self.serve, self.account = speed, list(serve), account


def polls(**more):
    every = {**{name: "off" for name in OFF}, **more}
    return [part for name, value in every.items() for part in ("--poll", f"{name}={value}")]


SETUPS = {
    "kraken": Setup("kraken-futures", kraken_at, 9, ["--symbol", ",".join(KRAKEN_SYMBOLS), "--feed", "book,trade,ticker_lite",
                                                     *polls()], 10),
    "kraken-desk": Setup("kraken-futures", kraken_at, 8, [
        "--symbol", "PF_XBTUSD", "--feed", "heartbeat,ticker,fills,open_orders,balances,open_positions,notifications_auth",
        *polls(openpositions="1s", openorders="1s")], 6, account=True),
    "binance": Setup("binance-usdm", binance_at, 6, ["--symbol", "NEOUSDT,CTKUSDT", "--feed", "depth@100ms,bookTicker,aggTrade",
                                                     "--poll", "exchangeInfo=off"], 10, ["--to", "+45s"]),
    "binance-desk": Setup("binance-usdm", binance_at, 1, ["--feed", "userData", "--poll", "exchangeInfo=off"], 6, account=True),
}


def setup_of(scenario):
    return max((name for name in SETUPS if scenario.startswith(name + "-")), key=len)


# Where a recorder needs time of its own: for the history that a stall is judged by, for a pause between two snapshots.
SLOWER = {"kraken-silence": 3, "binance-silence": 3, "binance-sequence-gap": 3, "binance-banned-while-resyncing": 3}
MORE = {"kraken-silence": ["--stall", "300ms"], "binance-silence": ["--stall", "300ms"]}
SEED = ("--seed", "7")


def run_tool(name, *arguments):
    return run(tool(name), *arguments)


class Run:
    """One scenario, served to a recorder."""

    def __init__(self, test, tapes, path):
        self.name, self.source = path.stem, tapes[setup_of(path.stem)]
        setup = self.setup = SETUPS[setup_of(self.name)]
        folder = test.folder / self.name
        folder.mkdir()
        truth = folder / "truth"
        self.speed = SLOWER.get(self.name, setup.speed)
        served = Served(test, self.source, "--scenario", path, "--truth", truth, *SEED, "--speed", self.speed, "--start-on",
                        f"subscribe:{setup.subscriptions}", "--account", f"desk=file:{test.keys}", *setup.serve,
                        name=f"serve-{self.name}")
        account = ["--account", f"desk=file:{test.keys}"] if setup.account else []
        recorder = Recorder(test, setup.venue, *setup.options, *setup.at(served), *account, "--reconnect", "1s",
                            *MORE.get(self.name, []), output=folder / "got.tape", name=f"record-{self.name}")
        self.tape = recorder.tape
        served.wait_until_over(90)
        self.settle()
        recorder.stop()
        served.finish()
        self.truth = json_lines(truth.read_bytes())

    def settle(self):
        """What came last is on its way to the tape."""
        counts = []
        for _ in range(60):
            counts.append(len(events(self.tape, "--direction", "received")))
            if len(counts) > 2 and counts[-1] == counts[-3]:
                return
            time.sleep(0.3)

    def of(self, fault, what=None):
        return [line for line in self.truth if line["fault"] == fault and what in (None, line["what"])]

    def kinds(self, *names):
        return kinds(self.tape, *names)


class Script:
    """A client that does the same every time, whatever it gets: it subscribes at once, and comes back when it is sent away."""

    def __init__(self, served, setup):
        self.served, self.setup, self.frames = served, setup, []

    def key(self):
        request = urllib.request.Request(f"{self.served.rest}/fapi/v1/listenKey", method="POST", headers={"X-MBX-APIKEY": KEY})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["listenKey"]

    def url(self):
        if self.setup.venue == "kraken-futures":
            return f"{self.served.websocket}/ws/v1"
        return f"{self.served.websocket}/ws/{self.key()}" if self.setup.account else f"{self.served.websocket}/stream"

    async def subscribe(self, socket):
        if self.setup.venue == "kraken-futures" and not self.setup.account:
            await socket.send(json.dumps({"event": "subscribe", "feed": "book", "product_ids": KRAKEN_SYMBOLS}))
        elif self.setup.venue == "kraken-futures":
            await socket.send('{"event":"subscribe","feed":"ticker","product_ids":["PF_XBTUSD"]}')
            await socket.send(json.dumps({"event": "challenge", "api_key": KEY}))
            while True:
                self.frames[-1].append(await socket.recv())
                if '"challenge"' in self.frames[-1][-1]:
                    break
            challenge = json.loads(self.frames[-1][-1])["message"]
            digest = hashlib.sha256(challenge.encode()).digest()
            signed = base64.b64encode(hmac.new(base64.b64decode(SECRET), digest, hashlib.sha512).digest()).decode()
            for feed in ("notifications_auth", "fills", "open_orders"):
                await socket.send(json.dumps({"event": "subscribe", "feed": feed, "api_key": KEY, "original_challenge": challenge,
                                              "signed_challenge": signed}))
        elif not self.setup.account:
            streams = [f"{symbol}@{stream}" for symbol in ("neousdt", "ctkusdt") for stream in ("depth", "bookTicker", "aggTrade")]
            await socket.send(json.dumps({"method": "SUBSCRIBE", "params": streams, "id": 1}))

    @property
    def subscriptions(self):
        if self.setup.venue == "kraken-futures":
            return 4 if self.setup.account else 3
        return 1 if self.setup.account else 6

    async def visit(self, socket):
        """True once everything came that there is."""
        import websockets
        self.frames.append([])
        probe = '{"event":"ping"}' if self.setup.venue == "kraken-futures" else '{"method":"LIST_SUBSCRIPTIONS","id":99}'
        try:
            await self.subscribe(socket)
            asked = False
            while True:
                try:
                    text = await asyncio.wait_for(socket.recv(), 0.1)
                except asyncio.TimeoutError:
                    if not asked and "the tape is over" in self.served.errors():
                        await socket.send(probe)
                        asked = True
                    continue
                self.frames[-1].append(text)
                if asked and ("pong" in text or '"id":99' in text):
                    return True
                if "listenKeyExpired" in text:
                    return False
        except websockets.ConnectionClosed:
            return False

    async def play(self):
        import websockets
        for _ in range(400):
            try:
                async with websockets.connect(self.url(), ping_interval=None, max_size=None) as socket:
                    if await self.visit(socket):
                        return
            except (websockets.InvalidStatusCode, urllib.error.HTTPError, ValueError, OSError):
                await asyncio.sleep(0.05)
        raise AssertionError("the scripted client was sent away too often")


def script(test, tapes, path, name):
    """What a scripted client gets, and the truth."""
    setup = SETUPS[setup_of(path.stem)]
    truth = test.folder / f"{path.stem}-{name}"
    served = Served(test, tapes[setup_of(path.stem)], "--scenario", path, "--truth", truth, *SEED, "--speed", "max", "--account",
                    f"desk=file:{test.keys}", "--start-on", f"subscribe:{4 if setup.account and setup.venue[0] == 'k' else 1}",
                    *setup.serve, name=f"script-{path.stem}-{name}")
    client = Script(served, setup)
    asyncio.run(asyncio.wait_for(client.play(), 60))
    served.finish()
    # How often it knocked in vain is no part of it.
    return client.frames, [line for line in json_lines(truth.read_bytes()) if line["what"] != "request"]


def parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, items))


class Scenarios(LiveTestCase):
    def setUp(self):
        super().setUp()
        self.keys = key_file(self)
        self.tapes = tape_maker.make(self.folder, BIN)
        self.paths = sorted(SCENARIOS.glob("*.toml"))

    def test_what_was_broken_is_what_was_recorded(self):
        self.assertGreaterEqual(len(self.paths), 20)
        self.assertEqual({path.stem for path in self.paths}, set(CHECKS))
        for played in parallel(lambda path: Run(self, self.tapes, path), self.paths):
            with self.subTest(scenario=played.name):
                self.assertEqual([line for line in played.truth if line["what"] == "never"], [])
                for check in CHECKS[played.name]:
                    check(self, played)

    def test_the_same_seed_gives_the_same_frames(self):
        runs = [(path, name) for path in self.paths for name in ("once", "again")]
        results = parallel(lambda run: script(self, self.tapes, *run), runs)
        for (path, _), first, second in zip(runs[::2], results[::2], results[1::2]):
            with self.subTest(scenario=path.stem):
                self.assertEqual([len(frames) for frames in first[0]], [len(frames) for frames in second[0]])
                self.assertEqual(first, second)
                self.assertGreater(len(first[1]), 0)
                self.assertGreater(sum(len(frames) for frames in first[0]), 20)

    def test_another_seed_gives_others(self):
        path = SCENARIOS / "kraken-random-gaps.toml"
        told = []
        for seed in ("1", "2"):
            truth = self.folder / f"seed-{seed}"
            served = Served(self, self.tapes["kraken"], "--scenario", path, "--truth", truth, "--seed", seed, "--speed", "max",
                            name=f"seed-{seed}")
            asyncio.run(asyncio.wait_for(Script(served, SETUPS["kraken"]).play(), 60))
            served.finish()
            told.append([line["sequence"] for line in json_lines(truth.read_bytes())])
        self.assertNotEqual(told[0], told[1])

    def test_a_bad_scenario_is_told_with_its_place(self):
        for text, wanted in (
                ('[[fault]]\ndo = "drip"\nat = "+1s"\n', ':2:1: there is no fault "drip"; expected one of drop, '),
                ('[[fault]]\ndo = "drop"\nat = "soon"\n', ":3:1: soon is no time"),
                ('[[fault]]\ndo = "drop"\n', ":1:1: expected one of at = TIME, "),
                ('[[fault]]\ndo = "silence"\nat = "+1s"\n', ":1:1: silence lasts: expected for = "),
                ('[[fault]]\ndo = "drop"\nat = "+1s"\nlatency = "1s"\n', ':4:1: "latency" is no setting of drop; expected one of'),
                ('[[fault]]\ndo = "drop"\nwhen = { kind = "nothing" }\n', ":3:10: when.kind: expected a kind of event"),
                ('[fault]\ndo = "drop"\n', ":1:2: 'fault': expected nothing but [[fault]] tables"),
                ("[[fault\n", ":1:"), ("", "expected [[fault]] tables; there are none")):
            path = self.write("bad.toml", text.encode())
            _, said = run(tool("serve"), self.tapes["kraken"], "--listen", "127.0.0.1:0", "--scenario", path, expect=2)
            self.assertIn(f"{path}{wanted}" if wanted.startswith(":") else wanted, said)


# What a recorder must show of each scenario. A check takes the test case and the run.

def connections_lost(code=0):
    def check(test, run):
        told = [line for line in run.truth if line["fault"] in ("drop", "maintenance") and line["what"] in ("once", "begin")]
        lost = run.kinds("connectionLost")
        test.assertGreater(len(told), 0)
        test.assertEqual(len(lost), sum(line["clients"] for line in told))
        test.assertEqual({event["body"]["closeCode"] for event in lost}, {code})
        opened = run.kinds("connectionOpened")
        test.assertEqual(len(opened), len(lost) + len({event["body"]["url"].split("/")[3] + str(event.get("account"))
                                                       for event in opened}))
    return check


def whole_again(test, run):
    """With the last change the books are those of the tape that was served; behind it all feeds are silent."""
    def books(tape):
        last = kinds(tape, "bookDelta")[-1]
        out, _ = run_tool("state", tape, "--view", "books", "--format", "json", "--depth", "0", "--at",
                          f"@#{last['session']}:{last['ordinal']}")
        return {book["symbol"]: book for book in json.loads(out)["books"]}

    got, wanted = books(run.tape), books(run.source)
    for symbol in KRAKEN_SYMBOLS:
        test.assertEqual(got[symbol]["trust"], "verified", symbol)
        for part in ("sequence", "bids", "asks"):
            levels = [wanted[symbol][part], got[symbol][part]]
            if part != "sequence":
                levels = [[(float(level["price"]), float(level["quantity"])) for level in side] for side in levels]
            test.assertEqual(*levels, f"{symbol} {part}")


def gaps_in_numbers(test, run):
    """Of Kraken, whose numbers have no holes: each run of frames that did not come is a gap."""
    told = sorted(line["sequence"] for line in run.of("skip-seq", "frame") + run.of("cut-frame", "frame"))
    runs = []
    for number in told:
        if runs and number == runs[-1][0] + runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([number, 1])
    gaps = run.kinds("gap")
    test.assertGreater(len(told), 0)
    test.assertEqual({event["body"]["kind"] for event in gaps}, {"missing"})
    test.assertEqual([[event["body"]["expected"], event["body"]["missing"]] for event in gaps], runs)
    came = {event.get("sequence") for event in run.kinds("bookDelta") if event["symbol"] == gaps[0]["symbol"]}
    test.assertEqual(came & set(told), set())


def gap_in_chain(test, run):
    """Of Binance, where a change names the one before it."""
    told = [line["sequence"] for line in run.of("skip-seq", "frame")]
    gaps = run.kinds("gap")
    test.assertEqual([(event["body"]["kind"], event["body"]["got"]) for event in gaps], [("missing", told[0])])
    test.assertEqual(len(told), 1)


def resynchronised(test, run):
    concerned = {event["symbol"] for event in run.kinds("gap")}
    test.assertEqual({event["symbol"] for event in run.kinds("resynchronised")} & concerned, concerned)


def stalled(test, run):
    test.assertGreater(run.of("silence", "end")[0]["frames"], 100)
    said = [event["body"]["what"] for event in run.kinds("stalled")]
    test.assertIn("silent", said)
    test.assertIn("moved", said)
    test.assertEqual(run.kinds("connectionLost"), [])
    test.assertGreater(len(run.kinds("gap")), 0)


def refused(test, run):
    told = run.of("refuse", "request")
    attempts = [event["body"]["outcome"] for event in run.kinds("reconnectAttempt")]
    test.assertEqual(sum("503" in outcome for outcome in attempts), len(told))
    test.assertGreater(len(told), 0)


def half_messages(test, run):
    told = run.of("cut-frame", "frame")
    halves = [event for event in run.kinds("opaque") if event["body"]["kind"] == "truncated"]
    test.assertEqual(len(halves), len(told))
    test.assertGreater(len(told), 0)


def repeated(*names):
    """What was sent twice stands on the tape twice, and nothing else does."""
    def check(test, run):
        told = sorted(line.get("sequence", 0) for line in run.of("duplicate", "frame") if line["kind"] in names)
        raw = [event["raw"] for event in events(run.tape, "--kind", ",".join(names), "--transport", "websocket", "--direction",
                                                "received", "--with-raw")]
        twice = [text for text, same in itertools.groupby(sorted(raw)) if len(list(same)) > 1]
        test.assertEqual(len(twice), len(told))
        test.assertGreater(len(told), 0)
    return check


def repeats_told(test, run):
    """A change of a book that comes again is told as such."""
    told = [(line["symbol"], line["sequence"]) for line in run.of("duplicate", "frame") if line["kind"] == "bookDelta"]
    said = [(event["symbol"], event["body"]["got"]) for event in run.kinds("gap") if event["body"]["kind"] == "repeated"]
    test.assertEqual(sorted(said), sorted(told))


def later_and_later(test, run):
    """By the tape's pace: how late frames are at most, against how late they are before the delay."""
    told = run.of("delay", "begin")[0]
    came = [(event["receivedAtS"] * run.speed - event["exchangeAtS"], event["exchangeAtS"])
            for event in events(run.tape, "--kind", "bookDelta") if "exchangeAt" in event and event["symbol"] == "PI_ETHUSD"]
    least = min(lag for lag, _ in came)
    test.assertEqual(told["latency"], "4s")
    test.assertGreater(max(lag for lag, _ in came) - least, 2)
    test.assertGreater(run.of("delay", "end")[0]["frames"], 1000)
    test.assertEqual(run.kinds("gap", "connectionLost"), [])


def notices(test, run):
    told = [line["note"] for line in run.truth if "note" in line]
    # The first message of a new subscription repeats them, behind those of the tape, which have other numbers or none.
    said = {item["id"]: item["note"] for event in run.kinds("notification") for item in event["body"]["items"]
            if event["transport"] == "websocket" and int(item.get("id", 0)) > 900_000_000}
    test.assertEqual(list(said.values()), told)
    test.assertGreater(len(told), 0)


def post_only(test, run):
    begin, end = (run.of("post-only", what)[0]["at"] for what in ("begin", "end"))
    wanted = [begin <= event["receivedAt"] < end for event in kinds(run.source, "ticker")]
    got = [event["body"]["postOnly"] for event in run.kinds("ticker") if event["transport"] == "websocket"]
    test.assertEqual(got.count(True), sum(wanted))
    test.assertGreater(sum(wanted), 3)
    # On once, off once; a subscription begins with what was said last.
    test.assertEqual([flag for flag, _ in itertools.groupby(got)], [False, True, False])


def requests_failed(status):
    def check(test, run):
        told = [line["path"] for line in run.truth if line["what"] == "request" and line["status"] == status
                and line["fault"] != "refuse"]
        failed = [event["body"]["target"].split("?")[0] for event in run.kinds("requestFailed") if event["body"]["status"] == status]
        test.assertEqual(sorted(failed), sorted(told))
        test.assertGreater(len(told), 0)
    return check


def asked_too_often(test, run):
    told = run.of("ban", "request")
    said = [event for event in run.kinds("error") if event["body"].get("code") == "apiLimitExceeded"
            or "apiLimitExceeded" in event["body"].get("message", "")]
    test.assertEqual(len(said), len(told))
    test.assertGreater(len(told), 0)


def sequences_of_fills(run):
    return [item["sequence"] for event in run.kinds("fill") if event["transport"] == "websocket" and not event["body"]["snapshot"]
            for item in event["body"]["items"]]


def fills_told(run, fault):
    """By their place on the tape: a message of several fills has no number of its own."""
    places = {(line["session"], line["ordinal"]) for line in run.of(fault, "frame")}
    return [item["sequence"] for event in kinds(run.source, "fill") if (event["session"], event["ordinal"]) in places
            for item in event["body"]["items"]]


def fill_missed(test, run):
    told = fills_told(run, "skip-seq")
    test.assertEqual(told, [109])
    test.assertEqual(sequences_of_fills(run), [number for number in FILLS if number not in told])


def fill_twice(test, run):
    told = fills_told(run, "duplicate")
    test.assertEqual(told, [109])
    test.assertEqual(sequences_of_fills(run), sorted(FILLS + told))


def assigned(test, run):
    """The assignment comes by the snapshot behind the outage, and by no message of its own."""
    fills = [event for event in run.kinds("fill") if event["transport"] == "websocket"]
    came = [(event["connection"], event["body"]["snapshot"]) for event in fills for item in event["body"]["items"]
            if item.get("fillType") == "assignee"]
    lost = {event["connection"] for event in run.kinds("connectionLost")}
    test.assertEqual([snapshot for _, snapshot in came], [True])
    test.assertNotIn(came[0][0], lost)
    test.assertNotIn(115, sequences_of_fills(run))


def reports(run):
    return [(event["body"]["order"]["orderId"], event["body"]["action"]) for event in run.kinds("orderUpdate")]


def report_missed(test, run):
    told = run.of("skip-seq", "frame")
    wanted = [(event["body"]["order"]["orderId"], event["body"]["action"]) for event in kinds(run.source, "orderUpdate")]
    test.assertEqual(len(told), 1)
    del wanted[2]
    test.assertEqual(reports(run), wanted)


def key_expired(test, run):
    test.assertEqual(run.of("expire-keys", "once")[0]["clients"], 1)
    test.assertEqual(len(run.kinds("streamExpired")), 1)
    test.assertEqual(len(run.kinds("connectionOpened")), 2)
    keys = [event for event in run.kinds("subscription") if event.get("channel") == "listenKey"]
    test.assertEqual(len(keys), 2)
    # The tape stood still until the new key was there.
    test.assertEqual(len(reports(run)), len(kinds(run.source, "orderUpdate")))


FILLS = [103, 106, 109, 112, 115, 118, 121, 124, 127]
CHECKS = {
    "kraken-drop": [connections_lost(), whole_again],
    "kraken-flapping": [connections_lost(1012), whole_again],
    "kraken-random-drops": [connections_lost(), whole_again],
    "kraken-refuse": [connections_lost(), refused, whole_again],
    "kraken-silence": [stalled, resynchronised, whole_again],
    "kraken-sequence-gap": [gaps_in_numbers, resynchronised, whole_again],
    "kraken-missing-span": [gaps_in_numbers, resynchronised, whole_again],
    "kraken-random-gaps": [gaps_in_numbers],
    "kraken-duplicates": [repeated("bookDelta"), repeats_told, whole_again],
    "kraken-cut-frame": [half_messages, gaps_in_numbers, resynchronised, whole_again],
    "kraken-degradation": [later_and_later, whole_again],
    "kraken-desk-maintenance": [notices, connections_lost(1001), refused, post_only],
    "kraken-desk-assignment-in-outage": [connections_lost(), assigned],
    "kraken-desk-missed-fill": [fill_missed],
    "kraken-desk-duplicate-fill": [fill_twice, repeated("fill")],
    "kraken-desk-post-only": [notices, post_only],
    "kraken-desk-notices": [notices],
    "kraken-desk-bad-gateway": [requests_failed(502)],
    "kraken-desk-empty-bodies": [requests_failed(200)],
    "kraken-desk-rate-limit": [asked_too_often],
    "binance-drop": [connections_lost()],
    "binance-silence": [stalled],
    "binance-sequence-gap": [gap_in_chain, resynchronised],
    "binance-duplicates": [repeated("bookDelta", "bestQuote", "trade"), repeats_told],
    "binance-cut-frame": [half_messages],
    "binance-banned-while-resyncing": [gap_in_chain, requests_failed(418), resynchronised],
    "binance-desk-listen-key-expires": [key_expired],
    "binance-desk-missed-fill": [report_missed],
    "binance-desk-duplicate-report": [repeated("orderUpdate")],
    "binance-desk-bad-gateway": [connections_lost(), requests_failed(502)],
    "binance-desk-empty-bodies": [connections_lost(), requests_failed(200)],
    "binance-desk-banned": [connections_lost(), requests_failed(418)],
}


if __name__ == "__main__":
    unittest.main()

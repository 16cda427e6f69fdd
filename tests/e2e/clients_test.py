"""Clients that others wrote, unmodified, at a served tape: each logs in, survives a drop, and has every trade and fill and the book."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from serving import KEY, SECRET, Served, key_file
from support import SOURCE, TestCase, run, tool
from venue import LiveTestCase, Process, Recorder, Server, binance_options, certificates, events, kinds, kraken_options, wait_for

CLIENTS = SOURCE / "tests" / "e2e" / "clients"
VENUES = ("fstream.binance.com", "fapi.binance.com", "futures.kraken.com")
WRONG = "d3Jvbmc="  # as a secret
STREAM = ("--transport", "websocket", "--direction", "received")


@functools.cache
def missing():
    """Why the clients cannot be had; empty when they are there."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    installed = CLIENTS / "node_modules" / ".package-lock.json"
    wanted = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    del wanted[""]
    if installed.exists() and json.loads(installed.read_text())["packages"] == wanted:
        return ""
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--fetch-retries=0"], cwd=CLIENTS,
                          capture_output=True, timeout=300, check=False)
    return "" if done.returncode == 0 else "'npm ci' fails, which needs npm's registry"


@functools.cache
def no_namespaces():
    """Why a network of one's own cannot be had; empty when it can."""
    done = subprocess.run(["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"], capture_output=True, check=False) \
        if shutil.which("unshare") and shutil.which("ip") else None
    return "" if done and done.returncode == 0 else "a network namespace of its own takes root, unshare and ip"


class Client(Process):
    """A driver of clients/, whose end tells what it saw."""

    def __init__(self, test, driver, served, symbols, env=None, inside=(), secret=SECRET):
        told = {"websocket": served.websocket, "rest": served.rest, "key": KEY, "secret": secret, "symbols": symbols}
        clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        super().__init__(test, driver, [*inside, "node", CLIENTS / f"{driver}.mjs", json.dumps(told)], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, bufsize=0, env={**clean, **(env or {})})

    def finish(self):
        self.process.stdin.close()
        out = self.process.stdout.read()
        if self.process.wait(timeout=60) != 0 or not out:
            raise AssertionError(f"the client failed:\n{self.errors()}")
        return json.loads(out.splitlines()[-1])  # a client may have said something itself


class ClientsTestCase(LiveTestCase):
    LEAST = 0  # levels a side that there is to compare
    REPEATS = 0  # trades or fills that a new subscription begins with

    def setUp(self):
        super().setUp()
        if missing():
            print(f"clients of others are left out: {missing()}", file=sys.stderr)
            self.skipTest(missing())
        self.keys = key_file(self)

    def serve(self, tape, *options, start="connect", name="serve", **where):
        return Served(self, tape, "--account", f"desk=file:{self.keys}", "--start-on", start, *options, name=name, **where)

    def serve_by_name(self, tape, *options, **more):
        """In a network of its own, where the venue's names lead to the served tape, over TLS at the venue's port; and how to get in there."""
        hosts = self.write("hosts", "".join(f"127.0.0.1 {host}\n" for host in ("localhost", *VENUES)).encode())
        made = certificates(self.folder / "venue-tls")
        script = f'ip link set lo up && mount --bind {hosts} /etc/hosts && exec "$@"'
        served = self.serve(tape, "--tls", made / "venue.pem", made / "venue.key", *options, **more, listen="127.0.0.1:443",
                            inside=["unshare", "--net", "--mount", "sh", "-c", script, "sh"])
        return served, ["nsenter", "--target", str(served.pid), "--net", "--mount"], {"NODE_EXTRA_CA_CERTS": str(made / "ca.pem")}

    def see(self, driver, served, tape, symbols, **where):
        """What the client saw of the whole tape, its books held against the state there."""
        client = Client(self, driver, served, symbols, **where)
        served.wait_until_over(120)
        # What the last event said is on its way: a client that has it all says nothing of it.
        self.assertIsNone(client.process.poll(), client.errors())
        lost = len(re.findall(r"client \d+ left", served.errors()))
        seen = client.finish()
        self.assertEqual(seen["signed"], "accepted")
        self.assertGreater(lost, 0)
        # One that tells nobody of its losses has as many as the venue saw.
        self.assertGreater(lost if seen["losses"] is None else seen["losses"], 0)
        out, _ = run(tool("state"), tape, "--view", "books", "--format", "json", "--depth", "0")
        states = {book["symbol"]: book for book in json.loads(out)["books"]}
        for symbol in symbols:
            self.assertBook(seen["books"][symbol], states[symbol], seen["reach"].get(symbol), symbol)
        return seen

    def assertBook(self, got, state, reach, symbol):
        """Level for level, down to the worst price of the client's snapshot. Of the levels behind that a client knows those that have
        changed since: they are the tape's, which knows more."""
        for side, sign in (("bids", 1), ("asks", -1)):
            known = [level for level in got[side] if reach is None or sign * level[0] >= sign * reach[side]]
            levels = [[float(level["price"]), float(level["quantity"])] for level in state[side]]
            wanted = [level for level in levels if reach is None or sign * level[0] >= sign * reach[side]]
            self.assertGreater(len(wanted), self.LEAST)
            self.assertEqual(known, wanted, f"{symbol} {side}")
            self.assertEqual(got[side][:len(known)], known, f"{symbol} {side}")
            self.assertEqual([level for level in got[side][len(known):] if level not in levels], [], f"{symbol} {side}")

    def assertSaw(self, seen, tape, symbols, whole=False):
        """Every trade and fill of the tape, in its order; see assertAll."""
        lost = [event["ordinal"] for event in kinds(tape, "connectionLost")]
        for symbol in symbols:
            self.assertAll(seen["trades"][symbol], self.trades(tape, symbol), lost, whole, f"trades of {symbol}")
        self.assertAll(seen["fills"], self.fills(tape), lost, whole, "fills")

    def assertAll(self, seen, told, lost, whole, what):
        """`seen` is `told` (pairs of ordinal and id) to its end, without a hole or a repetition. Only behind a connection that the tape lost
        (`lost`: ordinals) may some be missing, those that came before the client had subscribed again, or be repeated, as many as a new
        subscription begins with; and in front, those before it first subscribed, unless it is to have seen the `whole`."""
        place = {one: at for at, (_, one) in enumerate(told)}
        self.assertEqual(len(place), len(told), what)
        self.assertEqual([one for one in seen if one not in place], [], what)
        self.assertGreater(len(seen), 0, what)
        places = [place[one] for one in seen]
        breaks = [at for at in range(1, len(places)) if places[at] != places[at - 1] + 1]
        runs = [places[begin:end] for begin, end in zip([0, *breaks], [*breaks, len(places)])]
        ends = {sum(ordinal < loss for ordinal, _ in told) for loss in lost}
        self.assertLessEqual(len(runs), len(ends) + 1, what)
        for run_, following in zip(runs, runs[1:]):
            self.assertIn(run_[-1] + 1, ends, what)
            self.assertGreaterEqual(following[0], run_[-1] + 1 - self.REPEATS, what)
        self.assertEqual(runs[-1][-1], len(told) - 1, what)
        self.assertLess(runs[0][0], min(ends), f"{what}: nothing from before the drop")
        if whole:
            self.assertEqual(runs[0][0], 0, what)

    def refused(self, driver, tape, *words):
        """What a client sees that signs with another secret; all the words."""
        served = self.serve(tape)
        client = Client(self, driver, served, [], secret=WRONG)
        wait_for(lambda: all(word in client.errors() for word in words), what=f"{words} of the client")
        served.wait_until_over()
        return client.finish()


class Kraken(ClientsTestCase):
    SYMBOLS = ["PI_ETHUSD", "FI_XBTUSD_210924", "PI_LTCUSD"]
    REPEATS = 100

    def tape(self, brief=False):
        venue = Server(self, "kraken", "--key", KEY, SECRET, "--account-rate", "20", "--rate", "3000", "--drop-after", "4000,100000")
        recorder = Recorder(self, "kraken-futures", "--symbol", ",".join(self.SYMBOLS), "--feed",
                            "heartbeat,book,trade,ticker_lite,fills,balances,open_orders_verbose,open_positions", *kraken_options(venue),
                            "--account", f"desk=file:{self.keys}", output=self.folder / "first.tape", name="first")
        if brief:
            wait_for(lambda: len(kinds(recorder.tape, "fill")) > 1, what="fills on the tape")
            recorder.stop()
            return recorder.tape
        wait_for(lambda: venue.events("played"), 60, "the capture to be played")
        venue.hush()
        wait_for(lambda: len(events(recorder.tape, *STREAM)) > 1000, what="the capture on the tape")
        recorder.stop()
        self.assertEqual(len(kinds(recorder.tape, "connectionLost")), 1)
        return recorder.tape

    @staticmethod
    def fills(tape):
        return [(event["ordinal"], item["fillId"]) for event in kinds(tape, "fill") for item in event["body"]["items"]]

    @staticmethod
    def trades(tape, symbol):
        """The venue's snapshots, newest first, begin them, and repeat some."""
        told = {}
        for event in kinds(tape, "trade,tradeSnapshot", symbol=symbol):
            for trade in reversed(event["body"].get("items", [event["body"]])):
                told.setdefault(trade["tradeId"], event["ordinal"])
        return [(ordinal, one) for one, ordinal in told.items()]

    def test_ccxt(self):
        tape = self.tape()
        served = self.serve(tape, "--speed", "0.2")
        self.assertSaw(self.see("ccxt_krakenfutures", served, tape, self.SYMBOLS), tape, self.SYMBOLS)

    def test_a_wrong_secret_is_refused(self):
        # By its socket, too; of which ccxt tells nothing, and gets nothing of the account.
        seen = self.refused("ccxt_krakenfutures", self.tape(brief=True), "AuthenticationError", "authenticationError")
        self.assertEqual(seen["fills"], [])


class Binance(ClientsTestCase):
    SYMBOLS = ["BTCUSDT"]
    LEAST = 200  # a snapshot has 1,000; behind the drop the market falls half the way to its worst bid, and more than 300 are left
    WHOLE = "subscribe:3"  # book, trades and account

    def tape(self, brief=False):
        venue = Server(self, "binance", "--key", KEY, SECRET, "--account-rate", "20", "--fills", "--rate", "6000")
        recorder = Recorder(self, "binance-usdm", "--symbol", "BTCUSDT", "--feed", "depth@100ms,bookTicker,aggTrade,trade,userData",
                            *binance_options(venue), "--account", f"desk=file:{self.keys}", output=self.folder / "first.tape", name="first")
        if brief:
            wait_for(lambda: kinds(recorder.tape, "orderUpdate"), what="fills on the tape")
            recorder.stop()
            return recorder.tape
        wait_for(lambda: sum(len(venue.sent(number)) for number in venue.connections()) > 8_000_000, 60, "a third of the capture")
        venue.command("drop")
        wait_for(lambda: venue.events("played"), 90, "the capture to be played")
        venue.hush()
        wait_for(lambda: len(events(recorder.tape, *STREAM)) > 1000, what="the capture on the tape")
        recorder.stop()
        return recorder.tape

    @staticmethod
    def fills(tape):
        said = [(event["ordinal"], json.loads(event["raw"])) for event in events(tape, *STREAM, "--account", "desk", "--with-raw")]
        return [(ordinal, str(message["o"]["t"])) for ordinal, message in said if message.get("e") == "ORDER_TRADE_UPDATE"]

    @staticmethod
    def trades(tape, symbol):
        return [(event["ordinal"], str(event["body"]["number"])) for event in kinds(tape, "trade", symbol=symbol, channel="trade")]

    def check(self, driver, tls=False, start=WHOLE):
        tape = self.tape()
        made = certificates(self.folder / "tls")
        served = self.serve(tape, *(["--tls", made / "good.pem", made / "good.key"] if tls else []), start=start)
        seen = self.see(driver, served, tape, self.SYMBOLS, env={"NODE_EXTRA_CA_CERTS": str(made / "ca.pem")})
        self.assertSaw(seen, tape, self.SYMBOLS, whole=start == self.WHOLE)
        served.finish()

    def test_ccxt(self):
        self.check("ccxt_binanceusdm", start="connect")  # which asks the tape for its markets first

    def test_a_wrong_secret_is_refused(self):
        # A listen key takes no signature, so account events tell nothing of the secret.
        self.refused("ccxt_binanceusdm", self.tape(brief=True), "AuthenticationError", "-1022")

    def test_binance_api_node(self):
        self.check("binance_api_node")

    def test_the_venues_own(self):
        self.check("binance_official", tls=True)

    def test_binance(self):
        if no_namespaces():
            print(f"the client 'binance' is left out: {no_namespaces()}", file=sys.stderr)
            self.skipTest(no_namespaces())
        tape = self.tape()
        served, inside, env = self.serve_by_name(tape, name="serve", start=self.WHOLE)
        self.assertSaw(self.see("binance_community", served, tape, self.SYMBOLS, inside=inside, env=env), tape, self.SYMBOLS, whole=True)
        served.finish()


class Absence(TestCase):
    """Without npm, or a registry, everything here is left out, and says so."""

    def leave_out(self, why, **env):
        command = [sys.executable, "-B", "-m", "unittest", "clients_test.Kraken", "clients_test.Binance"]
        _, errors = run(*command, cwd=SOURCE / "tests" / "e2e", env={**os.environ, **env})
        self.assertIn(f"clients of others are left out: {why}", errors)
        self.assertRegex(errors, r"OK \(skipped=7\)")

    def test_no_npm(self):
        self.leave_out("node and npm are not installed", PATH=str(self.folder))

    def test_no_registry(self):
        if not shutil.which("node") or not shutil.which("npm"):
            self.skipTest("node and npm are not installed")
        copied = self.folder / CLIENTS.relative_to(SOURCE)
        copied.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, copied)
        self.leave_out("'npm ci' fails", TAPE_SOURCE_DIR=str(self.folder), npm_config_registry="http://127.0.0.1:9",
                       npm_config_cache=str(self.folder / "cache"))


if __name__ == "__main__":
    unittest.main()

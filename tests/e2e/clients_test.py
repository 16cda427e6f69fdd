"""Clients that others wrote, unmodified, at a served tape: each logs in, keeps a book, gets trades and own fills, survives a drop."""

import functools
import json
import os
import shutil
import subprocess
import sys
import unittest

from serving import KEY, SECRET, Served, key_file
from support import SOURCE, run, tool
from venue import LiveTestCase, Process, Recorder, Server, binance_options, certificates, events, kinds, kraken_options, wait_for

CLIENTS = SOURCE / "tests" / "e2e" / "clients"
VENUES = ("fstream.binance.com", "fapi.binance.com", "futures.kraken.com")
STREAM = ("--transport", "websocket", "--direction", "received")


@functools.cache
def missing():
    """Why the clients cannot be had; empty when they are there."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    lock, installed = CLIENTS / "package-lock.json", CLIENTS / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return ""
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=CLIENTS, capture_output=True,
                          timeout=300, check=False)
    return "" if done.returncode == 0 else "'npm ci' fails, which needs npm's registry"


@functools.cache
def no_namespaces():
    """Why a network of one's own cannot be had; empty when it can."""
    done = subprocess.run(["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"], capture_output=True, check=False) \
        if shutil.which("unshare") and shutil.which("ip") else None
    return "" if done and done.returncode == 0 else "a network namespace of its own takes root, unshare and ip"


class Client(Process):
    """A driver of clients/, whose end tells what it saw."""

    def __init__(self, test, driver, served, symbols, env=None, inside=()):
        told = {"websocket": served.websocket, "rest": served.rest, "key": KEY, "secret": SECRET, "symbols": symbols}
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
    DEPTH = None  # levels a side that clients know; all

    def setUp(self):
        super().setUp()
        if missing():
            print(f"clients of others are left out: {missing()}", file=sys.stderr)
            self.skipTest(missing())
        self.keys = key_file(self)

    def serve(self, tape, *options, name="serve", **where):
        return Served(self, tape, "--account", f"desk=file:{self.keys}", "--start-on", "connect", *options, name=name, **where)

    def serve_by_name(self, tape, *options, name):
        """In a network of its own, where the venue's names lead to the served tape, over TLS at the venue's port; and how to get in there."""
        hosts = self.write("hosts", "".join(f"127.0.0.1 {host}\n" for host in ("localhost", *VENUES)).encode())
        made = certificates(self.folder / "venue-tls")
        script = f'ip link set lo up && mount --bind {hosts} /etc/hosts && exec "$@"'
        served = self.serve(tape, "--tls", made / "venue.pem", made / "venue.key", *options, name=name, listen="127.0.0.1:443",
                            inside=["unshare", "--net", "--mount", "sh", "-c", script, "sh"])
        return served, ["nsenter", "--target", str(served.pid), "--net", "--mount"], {"NODE_EXTRA_CA_CERTS": str(made / "ca.pem")}

    def see(self, driver, served, tape, symbols, **where):
        """What the client saw of the whole tape, its books held against the state there."""
        client = Client(self, driver, served, symbols, **where)
        served.wait_until_over(120)
        # What the last event said is on its way: a client that has it all says nothing of it.
        self.assertIsNone(client.process.poll(), client.errors())
        seen = client.finish()
        out, _ = run(tool("state"), tape, "--view", "books", "--format", "json", "--depth", "0")
        states = {book["symbol"]: book for book in json.loads(out)["books"]}
        for symbol in symbols:
            for side in ("bids", "asks"):
                wanted = [[float(level["price"]), float(level["quantity"])] for level in states[symbol][side]]
                got = seen["books"][symbol][side]
                self.assertEqual(got[:self.DEPTH], wanted[:self.DEPTH], f"{symbol} {side}")
        return seen

    def assertSaw(self, seen, tape, symbols):
        """Trades and fills to the last one of the tape, over the one drop that is on it."""
        trades = [str(event["body"].get("tradeId") or event["body"]["number"]) for event in kinds(tape, "trade") if event["symbol"] in symbols]
        fills = self.fills(tape)
        self.assertIn(trades[-1], seen["trades"])
        self.assertIn(fills[-1], seen["fills"])
        self.assertTrue(seen["losses"] is None or seen["losses"] > 0)


class Kraken(ClientsTestCase):
    SYMBOLS = ["PI_ETHUSD", "FI_XBTUSD_210924", "PI_LTCUSD"]

    def tape(self):
        venue = Server(self, "kraken", "--key", KEY, SECRET, "--account-rate", "20", "--rate", "3000", "--drop-after", "4000,100000")
        recorder = Recorder(self, "kraken-futures", "--symbol", ",".join(self.SYMBOLS), "--feed",
                            "heartbeat,book,trade,ticker_lite,fills,balances,open_orders_verbose,open_positions", *kraken_options(venue),
                            "--account", f"desk=file:{self.keys}", output=self.folder / "first.tape", name="first")
        wait_for(lambda: venue.events("played"), 60, "the capture to be played")
        venue.hush()
        wait_for(lambda: len(events(recorder.tape, *STREAM)) > 1000, what="the capture on the tape")
        recorder.stop()
        self.assertEqual(len(kinds(recorder.tape, "connectionLost")), 1)
        return recorder.tape

    @staticmethod
    def fills(tape):
        return [item["fillId"] for event in kinds(tape, "fill") for item in event["body"]["items"]]

    def test_ccxt(self):
        tape = self.tape()
        served = self.serve(tape, "--speed", "0.2")
        self.assertSaw(self.see("ccxt_krakenfutures", served, tape, self.SYMBOLS), tape, self.SYMBOLS)


class Binance(ClientsTestCase):
    SYMBOLS = ["BTCUSDT"]
    DEPTH = 400  # a snapshot has 1,000, some of which have gone since; deeper ones only the tape knows of

    def tape(self):
        venue = Server(self, "binance", "--key", KEY, SECRET, "--account-rate", "20", "--fills", "--rate", "6000")
        recorder = Recorder(self, "binance-usdm", "--symbol", "BTCUSDT", "--feed", "depth@100ms,bookTicker,aggTrade,trade,userData",
                            *binance_options(venue), "--account", f"desk=file:{self.keys}", output=self.folder / "first.tape", name="first")
        wait_for(lambda: sum(len(venue.sent(number)) for number in venue.connections()) > 8_000_000, 60, "a third of the capture")
        venue.command("drop")
        wait_for(lambda: venue.events("played"), 90, "the capture to be played")
        venue.hush()
        wait_for(lambda: len(events(recorder.tape, *STREAM)) > 1000, what="the capture on the tape")
        recorder.stop()
        return recorder.tape

    @staticmethod
    def fills(tape):
        said = [json.loads(event["raw"]) for event in events(tape, *STREAM, "--account", "desk", "--with-raw")]
        return [str(message["o"]["t"]) for message in said if message.get("e") == "ORDER_TRADE_UPDATE"]

    def check(self, driver, tls=False):
        tape = self.tape()
        made = certificates(self.folder / "tls")
        served = self.serve(tape, *(["--tls", made / "good.pem", made / "good.key"] if tls else []))
        seen = self.see(driver, served, tape, self.SYMBOLS, env={"NODE_EXTRA_CA_CERTS": str(made / "ca.pem")})
        self.assertSaw(seen, tape, self.SYMBOLS)
        served.finish()

    def test_ccxt(self):
        self.check("ccxt_binanceusdm")

    def test_binance_api_node(self):
        self.check("binance_api_node")

    def test_the_venues_own(self):
        self.check("binance_official", tls=True)

    def test_binance(self):
        if no_namespaces():
            print(f"the client 'binance' is left out: {no_namespaces()}", file=sys.stderr)
            self.skipTest(no_namespaces())
        tape = self.tape()
        served, inside, env = self.serve_by_name(tape, name="serve")
        self.assertSaw(self.see("binance_community", served, tape, self.SYMBOLS, inside=inside, env=env), tape, self.SYMBOLS)
        served.finish()


if __name__ == "__main__":
    unittest.main()

"""A venue on loopback and a recorder at it: what the end-to-end tests of live recording share."""

import json
import os
import pathlib
import signal
import subprocess
import sys

from support import PATIENCE, SOURCE, TestCase, run, tool, wait_for

SUPPORT = SOURCE / "tests" / "support"
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
SYMBOLS = ("PI_ETHUSD", "FI_XBTUSD_210924", "PI_LTCUSD")


def json_lines(data):
    return [json.loads(line) for line in data.splitlines()]


def events(tape, *options):
    """Of a tape, which may be recorded still."""
    return json_lines(run(tool("cat"), tape, *options, expect=None)[0])


def kinds(tape, *names, **more):
    options = [part for name, value in more.items() for part in (f"--{name}", str(value))]
    return events(tape, "--kind", ",".join(names), *options)


def frames(tape, connection):
    return run(tool("cat"), tape, "--connection", connection, "--format", "raw", expect=None)[0]


def numbers_of(tape):
    """Of Kraken: the venue's number of each connection of the tape that anything came by."""
    numbers = {}
    for event in events(tape, "--kind", "subscription", "--direction", "received", "--transport", "websocket", "--with-raw"):
        greeting = json.loads(event["raw"]) if '"event":"info"' in event["raw"] else {}
        if "connection" in greeting:
            numbers[event["connection"]] = greeting["connection"]
    return numbers


def binance_numbers_of(server, tape):
    """The venue's number of each connection of the tape: both count openings of a path, one after the other."""
    path_of = {event["connection"]: event["path"][0] for event in server.events("opened")}
    left = {name: [number for number in server.connections() if path_of[number] == name] for name in path_of.values()}
    numbers = {}
    for event in sorted(kinds(tape, "connectionOpened"), key=lambda event: event["connection"]):
        name = event["body"]["url"].split("/")[3]
        numbers[event["connection"]] = left[name].pop(0)
    if any(left.values()):
        raise AssertionError(f"the tape knows nothing of the venue's connections {left}")
    return numbers


def certificates(folder):
    """See certificates.sh for what is made."""
    folder.mkdir()
    run("bash", SUPPORT / "certificates.sh", folder)
    return folder


class Process:
    """A program that a test started, with its stderr in a file."""

    def __init__(self, test, name, command, **kwargs):
        self.stderr_path = test.folder / f"{name}.stderr"
        with self.stderr_path.open("wb") as errors:
            self.process = subprocess.Popen([str(part) for part in command], stderr=errors, **kwargs)
        test.addCleanup(self.end)

    @property
    def pid(self):
        return self.process.pid

    def errors(self):
        return self.stderr_path.read_text(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


class Server(Process):
    """tests/support/venue_server.py, whose docstring tells the options."""

    def __init__(self, test, venue, *options, name="server"):
        self.record = test.folder / f"{name}-record"
        super().__init__(test, name, [PYTHON, "-B", SUPPORT / "venue_server.py", venue, "--record", self.record, *options],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the venue did not start:\n{self.errors()}")
        said = json.loads(line)
        self.websocket, self.rest = said["websocket"], said["rest"]

    def command(self, text):
        """Obeyed when this returns."""
        done = len(self.events("command"))
        self.process.stdin.write(text.encode() + b"\n")
        wait_for(lambda: len(self.events("command")) > done, what=f"the venue to obey {text}")

    def events(self, what=None):
        path = self.record / "events.ndjson"
        lines = path.read_bytes().splitlines() if path.exists() else []
        whole = [json.loads(line) for line in lines if line.endswith(b"}")]
        return [event for event in whole if what is None or event["what"] == what]

    def connections(self):
        return sorted(int(path.stem.split("-")[1]) for path in self.record.glob("connection-*.frames"))

    def sent(self, connection):
        return (self.record / f"connection-{connection}.frames").read_bytes()

    def hush(self):
        """Nothing more will be sent; waits until what was sent is as it stays."""
        self.command("hush")
        sizes = []

        def settled():
            sizes.append([len(self.sent(number)) for number in self.connections()])
            return len(sizes) > 20 and sizes[-1] == sizes[-20]

        wait_for(settled, what="the venue to be quiet")

    def books(self):
        return json.loads((self.record / "books.json").read_text())


def kraken_options(server, websocket=None):
    return ["--endpoint", f"websocket={websocket or server.websocket}", "--endpoint", f"rest={server.rest}/derivatives/api/v3",
            "--endpoint", f"status_page={server.rest}/api/v2/summary.json"]


def binance_options(server):
    return [part for name in ("public", "market", "private")
            for part in ("--endpoint", f"{name}={server.websocket}/{name}")] + ["--endpoint", f"rest={server.rest}"]


def kraken_market(symbols=SYMBOLS):
    return ["--symbol", ",".join(symbols), "--feed", "heartbeat,book,trade,ticker_lite"]


class Recorder(Process):
    def __init__(self, test, *options, output=None, name="recorder", env=None, **kwargs):
        self.tape = test.folder / "live.tape" if output is None else output
        clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        super().__init__(test, name, [tool("record"), *options, "-o", self.tape], stdin=subprocess.DEVNULL,
                         env={**clean, **(env or {})}, **{"stdout": subprocess.PIPE, **kwargs})

    def stop(self, expect=0):
        """In order; returns its stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60 * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the recorder does not end:\n{self.errors()}") from None
        if code != expect:
            raise AssertionError(f"the recorder ended with {code}, expected {expect}:\n{self.errors()}")
        return self.errors()

    def running(self):
        return self.process.poll() is None

    def status(self, field):
        """Of /proc/PID/status, kB for sizes."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(text.split(f"{field}:")[1].split()[0])


class LiveTestCase(TestCase):
    def wait_until_recorded(self, server, tape, connection, on_tape=None):
        """Everything that the (quiet) venue sent on a connection stands on the tape."""
        sent = server.sent(connection)
        wait_for(lambda: len(frames(tape, on_tape or connection)) >= len(sent), what=f"connection {connection} on the tape")

    def assertRecorded(self, server, tape, connection, on_tape=None, private=False):
        """Byte for byte what was sent; on private connections secrets are overwritten."""
        got, sent = frames(tape, on_tape or connection), server.sent(connection)
        self.assertGreater(len(sent), 0)
        if private:
            self.assertSameBut(got, sent)
        else:
            self.assertTrue(got == sent, f"connection {connection}: {len(got)} bytes on the tape, {len(sent)} were sent; "
                                         f"they differ from {differ(got, sent)} on")

    def assertBooks(self, server, tape, symbols=SYMBOLS, depth=0):
        """Verified, and level for level what the venue has; depth 0: all levels."""
        out, _ = run(tool("state"), tape, "--view", "books", "--format", "json", "--depth", depth)
        books = {book["symbol"]: book for book in json.loads(out)["books"]}
        for symbol in symbols:
            book, wanted = books[symbol], server.books()[symbol]
            self.assertEqual((book["trust"], book["sequence"]), ("verified", wanted["seq"]), symbol)
            for side in ("bids", "asks"):
                got = [(float(level["price"]), float(level["quantity"])) for level in book[side]]
                levels = [(float(price), float(quantity)) for price, quantity in wanted[side]]
                self.assertEqual(got, levels[:depth] if depth else levels, f"{symbol} {side}")


def differ(a, b):
    return next((at for at, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))

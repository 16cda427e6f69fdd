"""A disk that does not follow, as a pipe that nobody reads: sockets wait, then deep book frames are dropped and counted,
the account's never are, and everything goes on behind it."""

import threading
import unittest

from support import run, tool
from venue import LiveTestCase, Recorder, Server, kinds, kraken_options, numbers_of, wait_for

KEY, SECRET = "a2V5IG9mIGEgZGVzaw==", "c2VjcmV0IG9mIGEgZGVzaw=="
# --help does not tell it: so much may wait in memory before the sockets do (libcore/tape/flow/live/shed.h).
HIGH_WATER = 8 << 20


class Slow(LiveTestCase):
    def test_what_is_dropped_is_counted(self):
        server = Server(self, "kraken", "--plain", "--rate", "3000", "--pad", "6000", "--loop", "--account-rate", "20",
                        "--key", KEY, SECRET)
        recorder = Recorder(self, "kraken-futures", "--symbol", "PI_ETHUSD", "--feed", "book,trade,ticker_lite,fills", "--account",
                            "desk=env:DESK", *kraken_options(server), output="-", env={"DESK_KEY": KEY, "DESK_SECRET": SECRET})
        self.tape = self.folder / "piped.tape"
        market = wait_for(lambda: self.market(server), what="the market")
        size = lambda: len(server.sent(market))
        self.wait_for_the_socket_to_wait(size)
        waited_at = size()
        wait_for(lambda: size() > waited_at + 2 * HIGH_WATER, 60, "the socket to be read again, with frames dropped")
        reader = threading.Thread(target=self.read, args=(recorder.process.stdout,), daemon=True)
        reader.start()
        wait_for(lambda: kinds(self.tape, "dropped"), 60, "the count of what was dropped")
        told = kinds(self.tape, "dropped")[0]["ordinal"]
        wait_for(lambda: [event for event in kinds(self.tape, "bookSnapshot") if event["ordinal"] > told], 60, "the book again")
        server.hush()
        numbers = numbers_of(self.tape)
        wait_for(lambda: self.counted(market_of(numbers, market)) >= (server.sent(market).count(b"\n"), 0), 60, "every frame")
        recorder.stop()
        reader.join(timeout=60)

        run(tool("verify"), self.tape)
        self.assertEqual(kinds(self.tape, "connectionLost"), [])
        self.check_counts(server, market, market_of(numbers, market))
        private = next(there for there in numbers.values() if there != market)
        self.assertRecorded(server, self.tape, private, market_of(numbers, private), private=True)
        self.assertBooks(server, self.tape, ["PI_ETHUSD"])
        self.assertIn("were dropped: the disk does not keep up", recorder.errors())

    def market(self, server):
        """The connection that the book is sent on."""
        return next((number for number in server.connections() if b'"feed":"book",' in server.sent(number)), None)

    def wait_for_the_socket_to_wait(self, size):
        """The venue sends no more, and not because it has nothing to say."""
        wait_for(lambda: size() > HIGH_WATER, 60, "more than may wait")
        sizes = []

        def stands_still():
            sizes.append(size())
            return len(sizes) > 12 and sizes[-1] == sizes[-12]

        wait_for(stands_still, 60, "the socket to wait")

    def read(self, pipe):
        with self.tape.open("wb", buffering=0) as out:
            while data := pipe.read1(1 << 16):
                out.write(data)

    def counted(self, connection):
        """Frames and their bytes, on the tape or dropped."""
        raw = run(tool("cat"), self.tape, "--connection", connection, "--format", "raw", expect=None)[0]
        dropped = [event["body"] for event in kinds(self.tape, "dropped", connection=connection)]
        count = raw.count(b"\n")
        return (count + sum(body["events"] for body in dropped), len(raw) - count + sum(body["bytes"] for body in dropped))

    def check_counts(self, server, market, connection):
        sent = server.sent(market)
        self.assertEqual(self.counted(connection), (sent.count(b"\n"), len(sent) - sent.count(b"\n")))
        dropped = kinds(self.tape, "dropped")
        self.assertEqual({event["connection"] for event in dropped}, {connection})
        for event in dropped:
            body = event["body"]
            self.assertTrue(body["cause"].startswith("deep book: "), body["cause"])
            self.assertGreater(body["events"], 1000)
            self.assertLessEqual(body["firstAt"], body["lastAt"])
            self.assertIn({"venue": "kraken-futures", "channel": "book", "symbol": "PI_ETHUSD"}, body["concerns"])
        # Trades and quotes of the capture are all there.
        on_tape = run(tool("cat"), self.tape, "--connection", connection, "--channel", "trade,ticker_lite", "--format", "raw")[0]
        wanted = [line for line in sent.splitlines() if b'"trade' in line or b'"ticker_lite"' in line]
        self.assertEqual(on_tape.splitlines(), wanted)


def market_of(numbers, there):
    return next(number for number, other in numbers.items() if other == there)


if __name__ == "__main__":
    unittest.main()

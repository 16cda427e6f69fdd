"""What is shown while nothing comes: the last known values, stale since, over a drop and over a restart of the recorder."""

import json
import unittest

from support import run, tool
from venue import SYMBOLS, LiveTestCase, Recorder, Server, kinds, kraken_market, kraken_options, wait_for


def books(*tapes, at=None):
    """By symbol, at the end or right after an event."""
    where = ["--at", f"@#{at['session']}:{at['ordinal']}"] if at else []
    out, _ = run(tool("state"), *tapes, "--format", "json", *where)
    return {book["symbol"]: book for book in json.loads(out)["books"]}


class Stale(LiveTestCase):
    def assertStale(self, shown, known, since):
        """`since`: of a book; its levels are still those that were known."""
        self.assertEqual(set(shown), set(SYMBOLS))
        for symbol, book in shown.items():
            self.assertEqual((book["trust"], book["staleAt"]), ("suspect", since(symbol)), symbol)
            self.assertGreater(len(book["bids"]) + len(book["asks"]), 0)
            self.assertEqual((book["bids"], book["asks"]), (known[symbol]["bids"], known[symbol]["asks"]), symbol)

    def assertVerified(self, shown):
        self.assertEqual(set(shown), set(SYMBOLS))
        for symbol, book in shown.items():
            self.assertEqual((book["trust"], book.get("staleAt")), ("verified", None), symbol)

    def test_over_a_drop(self):
        server = Server(self, "kraken", "--rate", "1500", "--drop-after", "2000")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--checkpoint", "16K")
        wait_for(lambda: server.events("played"), 60, "the capture to be played")
        server.hush()
        self.wait_until_recorded(server, recorder.tape, 2)
        recorder.stop()
        lost = kinds(recorder.tape, "connectionLost")
        self.assertEqual(len(lost), 1)
        before = {**lost[0], "ordinal": lost[0]["ordinal"] - 1}
        known = books(recorder.tape, at=before)
        self.assertVerified(known)
        self.assertStale(books(recorder.tape, at=lost[0]), known, lambda symbol: lost[0]["receivedAt"])
        # Connected again, and nothing has come yet: still what was known.
        opened = kinds(recorder.tape, "connectionOpened")[1]
        self.assertStale(books(recorder.tape, at=opened), known, lambda symbol: lost[0]["receivedAt"])
        self.assertVerified(books(recorder.tape))
        self.assertBooks(server, recorder.tape)

    def restart(self, end):
        server = Server(self, "kraken", "--rate", "400", "--loop")
        options = ["kraken-futures", *kraken_market(), *kraken_options(server), "--flush", "1ms"]
        one, two = self.folder / "one.tape", self.folder / "two.tape"
        first = Recorder(self, *options, output=one, name="first")
        seen = lambda tape: len({event["symbol"] for event in kinds(tape, "bookDelta")})
        wait_for(lambda: one.exists() and seen(one) == len(SYMBOLS), 60, "changes of every book")
        end(first)
        second = Recorder(self, *options, output=two, name="second")
        wait_for(lambda: two.exists() and seen(two) == len(SYMBOLS), 60, "changes of every book after the restart")
        second.stop()
        known = books(one)
        self.assertVerified(known)
        opened = kinds(two, "connectionOpened")[0]
        self.assertNotEqual(opened["session"], kinds(one, "connectionOpened")[0]["session"])
        self.assertStale(books(one, two, at=opened), known, lambda symbol: known[symbol]["receivedAt"])
        self.assertVerified(books(one, two))

    def test_over_a_restart(self):
        self.restart(lambda recorder: recorder.stop())

    def test_over_a_recorder_that_was_killed(self):
        self.restart(lambda recorder: (recorder.process.kill(), recorder.process.wait()))


if __name__ == "__main__":
    unittest.main()

"""Binance USD-M from a server of others that drops connections: nothing it sent is missing, and the book is bridged anew by
REST each time."""

import unittest

from support import run, tool
from venue import (LiveTestCase, Recorder, Server, binance_numbers_of, binance_options, kinds, wait_for)


class Binance(LiveTestCase):
    def test_two_drops_lose_nothing(self):
        server = Server(self, "binance", "--rate", "1000")
        recorder = Recorder(self, "binance-usdm", "--symbol", "BTCUSDT", "--feed", "depth@100ms,bookTicker,aggTrade,trade",
                            *binance_options(server))
        tape = recorder.tape
        deltas = lambda: kinds(tape, "bookDelta")
        for drop in range(3):
            # Bridged: a snapshot by REST, and diffs behind it.
            wait_for(lambda: len(kinds(tape, "bookSnapshot")) > drop, what=f"depth by REST, {drop}")
            bridged = kinds(tape, "bookSnapshot")[-1]["ordinal"]
            wait_for(lambda: [event for event in deltas() if event["ordinal"] > bridged], what="diffs behind it")
            if drop < 2:
                server.command(f"drop {self.connection_of_depth(server)}")
                wait_for(lambda: len(kinds(tape, "connectionLost")) > drop, what="the loss")
        server.hush()
        numbers = binance_numbers_of(server, tape)
        for number, there in numbers.items():
            self.wait_until_recorded(server, tape, there, number)
        recorder.stop()

        for number, there in numbers.items():
            self.assertRecorded(server, tape, there, number)
        lost = kinds(tape, "connectionLost")
        self.assertEqual([event["body"]["closeCode"] for event in lost], [1012, 1012])
        again = kinds(tape, "resynchronised")
        self.assertEqual([event["symbol"] for event in again], ["BTCUSDT"] * 2)
        self.assertTrue(all(event["body"]["after"] > 0 for event in again))
        # Below the thousandth level the venue's answer says nothing.
        self.assertBooks(server, tape, ["BTCUSDT"], depth=50)
        self.assertEqual(kinds(tape, "opaque", direction="received"), [])
        run(tool("verify"), tape)

    def connection_of_depth(self, server):
        return next(number for number in reversed(server.connections()) if b"@depth" in server.sent(number))


if __name__ == "__main__":
    unittest.main()

"""Kraken Futures over TLS from a server of others that drops the connection twice: nothing it sent is missing, and the
tape tells the story."""

import unittest

from support import run, tool
from venue import SYMBOLS, LiveTestCase, Recorder, Server, certificates, kinds, kraken_market, kraken_options, wait_for


class Kraken(LiveTestCase):
    def test_two_drops_lose_nothing(self):
        made = certificates(self.folder / "tls")
        server = Server(self, "kraken", "--tls", made / "good.pem", made / "good.key", "--rate", "1500",
                        "--drop-after", "2000,3000")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--ca-file", made / "ca.pem")
        wait_for(lambda: server.events("played"), 60, "the capture to be played")
        server.hush()
        self.assertEqual(server.connections(), [1, 2, 3])
        self.wait_until_recorded(server, recorder.tape, 3)
        said = recorder.stop()
        run(tool("verify"), recorder.tape)

        for connection in (1, 2, 3):
            self.assertRecorded(server, recorder.tape, connection)
        self.assertBooks(server, recorder.tape)
        self.check_losses(server, recorder.tape)
        self.check_resynchronisation(recorder.tape)
        self.check_story(recorder.tape, said)

    def check_losses(self, server, tape):
        lost = kinds(tape, "connectionLost")
        self.assertEqual([event["connection"] for event in lost], [1, 2])
        for event in lost:
            self.assertIn("1012", event["body"]["cause"])
            self.assertEqual(event["body"]["closeCode"], 1012)
            self.assertGreater(event["body"]["stoodFor"], 0)
        # Ours and the venue's durations are of the same two moments.
        for event, opened, closed in zip(lost, server.events("opened"), server.events("drop")):
            self.assertAlmostEqual(event["body"]["stoodFor"] / 1e9, closed["at"] - opened["at"], delta=5)
        opened = kinds(tape, "connectionOpened")
        self.assertEqual([event["connection"] for event in opened], [1, 2, 3])
        self.assertEqual([event["body"].get("downFor", 0) > 0 for event in opened], [False, True, True])
        self.assertEqual([event["body"]["attempt"] for event in opened], [1, 2, 3])

    def check_resynchronisation(self, tape):
        for connection in (2, 3):
            again = kinds(tape, "resynchronised", connection=connection)
            self.assertEqual(sorted(event["symbol"] for event in again), sorted(SYMBOLS))
            for event in again:
                self.assertGreater(event["body"]["after"], 0)
        # Within a connection the venue left nothing out.
        self.assertEqual(kinds(tape, "gap"), [])

    def check_story(self, tape, said):
        out = run(tool("info"), tape)[0].decode()
        self.assertRegex(out, r"connections +2 lost")
        self.assertEqual(said.count("connection lost"), 2)
        self.assertEqual(said.count("connected again"), 2)


if __name__ == "__main__":
    unittest.main()

"""Who a recorder talks to: certificates that are refused end it with one clear line, and nothing but loopback may go
without."""

import os
import unittest

from support import TestCase, run, tool
from venue import (PATIENCE, LiveTestCase, Recorder, Server, certificates, frames, kraken_market, kraken_options, wait_for)


class Certificates(LiveTestCase):
    def setUp(self):
        super().setUp()
        self.made = certificates(self.folder / "tls")

    def server(self, certificate):
        return Server(self, "kraken", "--tls", self.made / f"{certificate}.pem", self.made / f"{certificate}.key", name=certificate)

    def refused(self, server, *options):
        """The one line of an attempt that has to fail."""
        _, errors = run(tool("record"), "kraken-futures", *kraken_market(), *kraken_options(server), *options,
                        "-o", self.folder / f"{server.record.name}.tape", expect=1, timeout=60 * PATIENCE)
        lines = errors.splitlines()
        self.assertEqual(len(lines), 1, errors)
        self.assertRegex(lines[0], r"^tape-record: error: kraken-futures public: ")
        return lines[0]

    def test_each_fault_is_named(self):
        for certificate, wanted in (("wrong-host", r"certificate is for other\.example, 192\.0\.2\.7, not 127\.0\.0\.1"),
                                    ("self-signed", r"self-signed"), ("expired", r"certificate expired on .*2020"),
                                    ("unknown-ca", r"unknown CA .*other-ca")):
            with self.subTest(certificate):
                server = self.server(certificate)
                self.assertRegex(self.refused(server, "--ca-file", self.made / "ca.pem"), wanted)
                # Nothing was said to whoever it is.
                self.assertEqual(server.events("opened"), [])
                self.assertEqual(server.events("request"), [])

    def test_the_system_does_not_know_our_ca(self):
        self.assertIn("unknown CA", self.refused(self.server("good")))

    def recorded(self, server, websocket=None, *options):
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server, websocket), *options,
                            output=self.folder / f"good-{server.record.name}.tape")
        wait_for(lambda: len(frames(recorder.tape, 1).splitlines()) > 20 or not recorder.running(), what="frames")
        self.assertIn(b'"feed":"book_snapshot"', frames(recorder.tape, 1))
        wait_for(lambda: server.events("request"), what="a request over TLS")
        recorder.stop()

    def test_names_and_addresses_that_are_right(self):
        server = self.server("good")
        self.recorded(server, server.websocket.replace("127.0.0.1", "localhost"), "--ca-file", self.made / "ca.pem")

    def test_insecure_takes_anything_on_loopback(self):
        self.recorded(self.server("self-signed"), None, "--insecure")


class Plain(TestCase):
    def refused(self, *options, venue="kraken-futures"):
        symbol = {"kraken-futures": "PI_ETHUSD", "binance-usdm": "ETHUSDT"}[venue]
        _, errors = run(tool("record"), venue, "--symbol", symbol, "-o", self.folder / "a.tape", *options, expect=2)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        return errors

    def refused_at_once(self, *options, **other):
        errors = self.refused(*options, **other)
        self.assertFalse((self.folder / "a.tape").exists(), "a file stands in the way of the corrected command")
        return errors

    # 192.0.2.0/24 is nobody's (RFC 5737): if it were connected to, this would hang.
    def test_plain_connections_go_nowhere_but_to_loopback(self):
        self.assertIn("ws://192.0.2.7: without TLS", self.refused_at_once("--endpoint", "websocket=ws://192.0.2.7/ws/v1"))
        self.assertIn("http://192.0.2.7: without TLS", self.refused_at_once("--endpoint", "rest=http://192.0.2.7/api"))

    def test_insecure_is_for_loopback(self):
        self.assertIn("loopback only", self.refused_at_once("--insecure", "--endpoint", "websocket=wss://192.0.2.7/ws/v1"))
        self.assertIn("loopback only", self.refused_at_once("--insecure"))

    def test_insecure_is_for_loopback_with_an_account_too(self):
        os.environ.update(DESK_KEY="akey", DESK_SECRET="c2VjcmV0")
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("DESK_KEY", "DESK_SECRET")])
        account = ("--account", "desk=env:DESK", "--insecure")
        self.assertIn("loopback only", self.refused_at_once(*account))
        # The feeds of an account go elsewhere than what is connected to first.
        local = [word for address in ("rest=https", "public=wss", "market=wss") for word in ("--endpoint", f"{address}://127.0.0.1:1")]
        self.assertIn("fstream.binance.com", self.refused_at_once(*account, *local, venue="binance-usdm"))


if __name__ == "__main__":
    unittest.main()

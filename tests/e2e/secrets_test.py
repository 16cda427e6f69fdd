"""No secret reaches a tape: canaries in every place where venues and recorders spell them."""

import unittest

from support import TestCase, cat, record, run, tool

CANARY = b"CANARYcanaryCANARYcanaryCANARYcanaryCANARYcanaryCANARYcanary1234"  # as long as a listen key

KRAKEN = [
    b'{"event":"challenge","api_key":"%s"}',
    b'{"event":"challenge","message":"%s"}',
    b'{"event":"subscribe","feed":"fills","api_key":"%s","original_challenge":"%s","signed_challenge":"%s"}',
    b'{"event":"subscribed","feed":"fills","api_key":"%s","original_challenge":"%s","signed_challenge":"%s"}',
    b'{"signed_challenge":"%s","feed":"fills","event":"subscribed"',  # broken off
]
BINANCE = [
    b'{"listenKey":"%s"}',
    b'{"stream":"%s","data":{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","S":"BUY","x":"NEW","X":"NEW","i":1}}}',
    b'{"e":"listenKeyExpired","E":"1736996475556","listenKey":"%s"}',
    b'{"stream":"%s","data":{"e":"listenKeyExpired","E":1,"listenKey":"%s"}}',
    b'{"stream": "%s", "data": {"e": "x"',  # broken off
    b'{"method":"SUBSCRIBE","params":["%s"],"id":1}',
]


class Secrets(TestCase):
    def check(self, frames, venue):
        for frame in frames:
            whole = frame % ((CANARY,) * frame.count(b"%s"))
            with self.subTest(frame):
                for way in (["--venue", venue], []):
                    tape = record(whole + b"\n", *way)
                    plain = run("zstd", "-dcq", data=tape)[0]
                    self.assertNotIn(CANARY, plain)
                    raw = cat(tape, "--format", "raw")
                    self.assertSameBut(raw, whole + b"\n")
                    self.assertIn(b'"redacted":true', cat(tape))

    def test_kraken(self):
        self.check(KRAKEN, "kraken-futures")

    def test_binance(self):
        self.check(BINANCE, "binance-usdm")

    def test_addresses_of_captures(self):
        capture = b"wss://fstream.binance.com/ws/%s <-> 1617647797.1\n" % CANARY
        capture += b'wss://fstream.binance.com/ws/%s <- 1617647797.2: {"method":"SUBSCRIBE","params":["%s"],"id":1}\n' % (CANARY, CANARY)
        capture += b'https://fapi.binance.com/fapi/v2/account?timestamp=1&signature=%s -> 1617647797.3: {"code":-1,"msg":"x"}\n' % CANARY
        tape = record(capture, "--input", "cryptofeed")
        self.assertNotIn(CANARY, run("zstd", "-dcq", data=tape)[0])

    def test_the_tools_say_nothing(self):
        done = run(tool("record"), "-v", "-", "-o", self.folder / "a.tape", data=KRAKEN[0] % CANARY + b"\n")
        self.assertNotIn(CANARY.decode(), done[1])


if __name__ == "__main__":
    unittest.main()

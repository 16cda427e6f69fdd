"""A tape is an ordinary zstd stream of ordinary Cap'n Proto messages: the tools of others read it."""

import json
import unittest

from support import SAMPLES, SCHEMA, TestCase, cat, content, record, run, tool


class StockTools(TestCase):
    def setUp(self):
        super().setUp()
        self.data = content(SAMPLES / "kraken_futures" / "gct_20261009_ws.ndjson")
        self.tape = self.write("a.tape", record(self.data))

    def test_zstd_checks_it(self):
        run("zstd", "-tq", self.tape)

    def test_capnp_prints_it(self):
        # With its frames, which market data would leave out.
        kept = self.write("kept.tape", record(self.data, "--keep-raw", "always"))
        plain = run("zstd", "-dcq", kept)[0]
        printed = run("capnp", "decode", "--short", SCHEMA, "Event", data=plain)[0].decode()
        self.assertEqual(len(printed.splitlines()), int(run(tool("cat"), self.tape, "--count")[0]))
        self.assertIn("bookSnapshot", printed)
        as_json = run("capnp", "convert", "binary:json", SCHEMA, "Event", data=plain)[0]
        decoder = json.JSONDecoder()
        text, events = as_json.decode().strip(), []
        while text:
            event, end = decoder.raw_decode(text)
            events.append(event)
            text = text[end:].lstrip()
        texts = [event["raw"]["text"] for event in events if "text" in event["raw"]]
        self.assertEqual("".join(text + "\n" for text in texts).encode(), self.data)

    def test_tapes_end_to_end_are_a_tape(self):
        other = record(content(SAMPLES / "binance_usdm" / "gct_20260921_um_public.ndjson"))
        both = self.write("both.tape", self.tape.read_bytes() + other)
        run("zstd", "-tq", both)
        self.assertEqual(run(tool("cat"), both, "--format", "raw")[0], self.data + cat(other, "--format", "raw"))
        run(tool("verify"), both)
        info = json.loads(run(tool("info"), both, "--format", "json")[0].splitlines()[0])
        self.assertEqual(info["frames"], self.data.count(b"\n") + cat(other, "--format", "raw").count(b"\n"))

    def test_bare_messages_out(self):
        self.assertEqual(run(tool("cat"), self.tape, "--format", "capnp", "--stored")[0], run("zstd", "-dcq", self.tape)[0])


if __name__ == "__main__":
    unittest.main()

"""Frames that are rebuilt: by default market data is, what must keep its bytes does, and nothing outside a tape can tell."""

import json
import unittest

from support import SCHEMA, TestCase, cat, content, record, run, sample_files, tool


def info(path):
    return json.loads(run(tool("info"), "--format", "json", path)[0].splitlines()[0])


def capture(name):
    return next(path for path in sample_files() if path.name == name and "kraken_futures" in str(path))


class Shapes(TestCase):
    def setUp(self):
        super().setUp()
        self.capture = capture("cf_20210722_ws.txt.zst")
        self.data = content(self.capture)
        self.tape = self.write("auto.tape", record(self.data, "--input", "cryptofeed", "--paranoid"))

    def test_nearly_all_of_a_public_feed_is_rebuilt(self):
        about = info(self.tape)
        self.assertGreater(about["kept"]["rendered"], 0.98 * about["frames"])
        self.assertEqual(about["kept"]["text"], sum(about["keptWhy"].values()))
        kept = self.write("always.tape", record(self.data, "--input", "cryptofeed", "--keep-raw", "always"))
        self.assertEqual(info(kept)["kept"]["rendered"], 0)
        self.assertEqual(info(kept)["rawBytes"], about["rawBytes"])
        self.assertLess(self.tape.stat().st_size, 0.75 * kept.stat().st_size)

    def test_what_leaves_a_tape_is_the_same_with_bytes_kept(self):
        kept = self.write("always.tape", record(self.data, "--input", "cryptofeed", "--keep-raw", "always"))
        for options in (["--format", "raw"], ["--format", "raw0"], ["--with-raw"],
                        ["--kind", "trade", "--context", "3", "--with-raw"]):
            with self.subTest(options):
                one, other = (run(tool("cat"), path, *options)[0] for path in (self.tape, kept))
                if options[-1] != "--with-raw":
                    self.assertEqual(one, other)
                    continue
                lines = [[json.loads(line) for line in text.splitlines()] for text in (one, other)]
                for line in lines[0] + lines[1]:
                    for key in ("session", "body") if line["kind"] == "session" else ("session",):
                        line.pop(key)
                self.assertEqual(lines[0], lines[1])

    def test_every_sample_is_sound_and_every_account_event_keeps_its_bytes(self):
        for path in sample_files():
            data = content(path)
            tape = self.write("sample.tape", record(data, "--paranoid"))
            with self.subTest(path.name):
                run(tool("verify"), tape)
                stored = run(tool("cat"), tape, "--format", "capnp", "--stored", "--kind", "fill,orderUpdate,accountUpdate")[0]
                if stored:
                    self.assertNotIn(b"rendered", run("capnp", "decode", SCHEMA, "Event", data=stored)[0])

    def test_messages_that_leave_carry_text_and_stored_ones_do_not(self):
        decode = lambda data: run("capnp", "decode", "--short", SCHEMA, "Event", data=data)[0].splitlines()
        out = decode(run(tool("cat"), self.tape, "--format", "capnp")[0])
        self.assertFalse([line for line in out if b"raw = (rendered" in line])
        self.assertGreater(len([line for line in out if b"raw = (text" in line]), 7000)
        stored = decode(run(tool("cat"), self.tape, "--format", "capnp", "--stored")[0])
        self.assertEqual(len(stored), len(out))
        self.assertGreater(len([line for line in stored if b"raw = (rendered" in line]), 7000)

    def test_cuts_merges_and_rescued_tapes_give_the_frames(self):
        wanted = run(tool("cat"), self.tape, "--format", "raw", "--kind", "ticker")[0]
        cut = self.folder / "cut.tape"
        run(tool("cat"), self.tape, "--format", "tape", "--kind", "ticker", "-o", cut)
        self.assertEqual(run(tool("cat"), cut, "--format", "raw")[0], wanted)
        run(tool("verify"), cut)
        self.assertGreater(info(cut)["kept"]["rendered"], 50)
        whole = run(tool("cat"), self.tape, "--format", "raw")[0]
        torn = self.write("torn.tape", self.tape.read_bytes()[:-5000])
        saved = self.folder / "saved.tape"
        run(tool("recover"), torn, "-o", saved, expect=None)
        run(tool("verify"), saved)
        rescued = run(tool("cat"), saved, "--format", "raw")[0]
        self.assertGreater(len(rescued), len(whole) / 2)
        self.assertTrue(whole.startswith(rescued))

    def test_a_tape_from_a_pipe_gives_the_frames(self):
        self.assertEqual(cat(self.tape.read_bytes(), "--format", "raw"), run(tool("cat"), self.tape, "--format", "raw")[0])


if __name__ == "__main__":
    unittest.main()

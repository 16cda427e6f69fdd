"""Bad input gets a clear message and the documented exit status; what was recorded stays."""

import hashlib
import json
import os
import subprocess
import unittest

from support import SAMPLES, TestCase, cat, content, record, run, tool


class NotATape(TestCase):
    def refused(self, path, *words):
        for name in ("cat", "info", "verify"):
            out, err = run(tool(name), path, expect=1)
            self.assertEqual(out, b"", name)
            self.assertTrue(err.startswith(f"tape-{name}: "), err)
            self.assertIn(str(path), err)
            for word in words:
                self.assertIn(word, err)

    def test_empty_file(self):
        self.refused(self.write("empty", b""), "empty")

    def test_directory(self):
        self.refused(self.folder, "directory")

    def test_absent(self):
        self.refused(self.folder / "absent", "No such file")

    def test_text(self):
        self.refused(self.write("text", b'{"feed":"book"}\n' * 100))

    def test_garbage(self):
        self.refused(self.write("garbage", os.urandom(100_000)))

    def test_plain_zstd(self):
        packed = run("zstd", "-cq", data=b'{"feed":"book"}\n' * 100)[0]
        self.refused(self.write("packed", packed))

    def test_newer_major(self):
        tape = bytearray(record(b"{}\n"))
        self.assertEqual(tape[8:12], b"TAPE")
        tape[12] = 99
        self.refused(self.write("newer", bytes(tape)), "version 99")


class Torn(TestCase):
    def test_a_torn_tape_reads_to_its_last_event_and_says_so(self):
        data = b"".join(b'{"feed":"heartbeat","time":%d}\n' % n for n in range(20_000))
        tape = record(data, "--chunk", "64K")
        torn = self.write("torn.tape", tape[:len(tape) // 2])
        out, err = run(tool("cat"), torn, "--format", "raw", expect=3)
        self.assertTrue(data.startswith(out))
        self.assertGreater(len(out), len(data) // 4)
        self.assertIn("torn.tape", err)
        run(tool("verify"), torn, expect=3)

    def test_a_flipped_byte_costs_its_chunk(self):
        data = b"".join(b'{"feed":"heartbeat","time":%d}\n' % n for n in range(20_000))
        tape = bytearray(record(data, "--chunk", "64K"))
        tape[len(tape) // 2] ^= 0x10
        broken = self.write("broken.tape", bytes(tape))
        out, err = run(tool("cat"), broken, "--format", "raw", expect=3)
        lines = set(data.splitlines())
        kept = out.splitlines()
        self.assertTrue(all(line in lines for line in kept))
        self.assertGreater(len(kept), 15_000)
        self.assertIn("broken.tape", err)
        run(tool("verify"), broken, expect=3)


class Frames(TestCase):
    def test_a_line_of_64_mib(self):
        huge = b"[" + b"1," * (32 << 20) + b"1]"
        tape = record(huge + b'\n{"feed":"heartbeat","time":1}\n')
        events = [json.loads(line) for line in cat(tape, "--direction", "received").splitlines()]
        self.assertEqual([event["kind"] for event in events], ["opaque", "heartbeat"])
        body = events[0]["body"]
        self.assertEqual(body["kind"], "oversize")
        self.assertEqual(body["totalBytes"], len(huge))
        self.assertIn(hashlib.sha256(huge).hexdigest(), json.dumps(body))
        raw = cat(tape, "--format", "raw").split(b"\n")
        self.assertEqual(raw[0], huge[:65536])

    def test_malformed_samples_are_opaque_and_name_the_byte(self):
        bad = sorted(SAMPLES.rglob("*.bad.txt"))
        self.assertGreaterEqual(len(bad), 4)
        for path in bad:
            with self.subTest(path.name):
                tape = record(content(path), "--input", "document")
                event = json.loads(cat(tape, "--direction", "received"))
                self.assertEqual(event["kind"], "opaque")
                self.assertIn("byte", event["body"]["reason"])
                self.assertGreaterEqual(event["body"]["at"], 0)

    def test_lines_of_a_capture_that_are_no_records(self):
        done = subprocess.run([tool("record"), "-", "-o", "-", "--input", "cryptofeed"],
                              input=b'1.5: {"event":"info","version":1}\nrubbish\n2.5: {"event":"info","version":1}\n', capture_output=True)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"line 2", done.stderr)
        self.assertEqual(cat(done.stdout, "--format", "raw").count(b"\n"), 2)
        self.assertIn(b"rubbish", cat(done.stdout, "--format", "json", "--with-raw"))


class Usage(TestCase):
    def test_wrong_usage_is_2(self):
        for command in ((tool("record"),), (tool("record"), "-", "-o", "-", "--input", "nonsense"),
                        (tool("record"), "-", "-o", "-", "--flush", "soon"), (tool("record"), "-", "-o", "-", "--venue", "nowhere"),
                        (tool("record"), "-", "-o", "%q.tape"), (tool("record"), "-", "-o", "-", "--chunk", "1"),
                        (tool("cat"), "--no-such-option"), (tool("info"),)):
            with self.subTest(command):
                out, err = run(*command, expect=2, data=b"")
                self.assertEqual(out, b"")
                self.assertIn("tape-", err)

    def test_an_existing_file_is_not_written_over(self):
        path = self.write("a.tape", b"precious")
        _, err = run(tool("record"), "-", "-o", path, data=b"{}\n", expect=1)
        self.assertIn("--force", err)
        self.assertEqual(path.read_bytes(), b"precious")
        run(tool("record"), "-", "-o", path, "--force", data=b"{}\n")
        run(tool("verify"), path)

    def test_an_unwritable_place(self):
        _, err = run(tool("record"), "-", "-o", self.folder / "no" / "such" / "folder.tape", data=b"{}\n", expect=1)
        self.assertIn("folder.tape", err)
        _, err = run(tool("record"), "-", "-o", self.folder, data=b"{}\n", expect=1)

    def test_tapes_are_private(self):
        path = self.folder / "a.tape"
        run(tool("record"), "-", "-o", path, data=b"{}\n")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()

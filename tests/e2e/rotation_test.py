"""Files that follow one another: names, the list on stdout, the chain, following, retention, a full disk."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

from support import TestCase, run, tool

FRAMES = b"".join(b'{"feed":"heartbeat","time":%d,"noise":"%s"}\n' % (n, os.urandom(40).hex().encode()) for n in range(4000))


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited too long")


class Rotation(TestCase):
    def feed_slowly(self, recorder, pieces=20):
        size = len(FRAMES) // pieces + 1
        for at in range(0, len(FRAMES), size):
            recorder.stdin.write(FRAMES[at:at + size])
            recorder.stdin.flush()
            time.sleep(0.02)

    def recorder(self, *options):
        process = subprocess.Popen([tool("record"), "-", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def test_rotation_by_size_loses_nothing(self):
        recorder = self.recorder("-o", self.folder / "%Y%m%d-%H%M%S.tape", "--rotate-size", "32K", "--chunk", "8K")
        self.feed_slowly(recorder)
        recorder.stdin.close()
        listed = [line.decode() for line in recorder.stdout.read().splitlines()]
        self.assertEqual(recorder.wait(), 0)
        self.assertGreater(len(listed), 3)
        self.assertEqual(sorted(listed), sorted(str(path) for path in self.folder.iterdir()))
        for path in listed:
            run(tool("verify"), path)
            self.assertTrue(re.fullmatch(r"\d{8}-\d{6}(-\d+)?\.tape", os.path.basename(path)))
        together = b"".join(run(tool("cat"), path, "--format", "raw")[0] for path in listed)
        self.assertEqual(together, FRAMES)
        # One session, ordinals without holes over all files, each file naming the next.
        events = [json.loads(line) for path in listed for line in run(tool("cat"), path)[0].splitlines()]
        self.assertEqual(len({event["session"] for event in events}), 1)
        self.assertEqual([event["ordinal"] for event in events], list(range(1, len(events) + 1)))
        ends = [event["body"] for event in events if event["kind"] == "end"]
        self.assertEqual([body.get("nextFile", "") for body in ends], [os.path.basename(path) for path in listed[1:]] + [""])
        # The chain goes on: end to end the files verify as one.
        both = self.write("both.tape", b"".join(open(path, "rb").read() for path in listed))
        run(tool("verify"), both)

    def test_hangup_opens_the_next_file(self):
        recorder = self.recorder("-o", self.folder / "a.tape")
        recorder.stdin.write(b'{"feed":"heartbeat","time":1}\n')
        recorder.stdin.flush()
        wait_for(lambda: (self.folder / "a.tape").exists())
        recorder.send_signal(signal.SIGHUP)
        wait_for(lambda: (self.folder / "a-2.tape").exists())
        recorder.stdin.write(b'{"feed":"heartbeat","time":2}\n')
        recorder.stdin.close()
        self.assertEqual(recorder.wait(), 0)
        self.assertEqual(run(tool("cat"), self.folder / "a-2.tape", "--format", "raw")[0], b'{"feed":"heartbeat","time":2}\n')

    def test_termination_ends_in_order(self):
        recorder = self.recorder("-o", self.folder / "a.tape")
        recorder.stdin.write(b'{"feed":"heartbeat","time":1}\n')
        recorder.stdin.flush()
        wait_for(lambda: (self.folder / "a.tape").exists() and
                 run(tool("cat"), self.folder / "a.tape", "--format", "raw", expect=None)[0] != b"")
        recorder.send_signal(signal.SIGTERM)
        self.assertEqual(recorder.wait(), 0)
        recorder.stdin.close()
        last = json.loads(run(tool("cat"), self.folder / "a.tape")[0].splitlines()[-1])
        self.assertEqual((last["kind"], last["body"]["reason"]), ("end", "signal"))

    def test_following_goes_over_rotation(self):
        recorder = self.recorder("-o", self.folder / "%H%M%S.tape", "--rotate-size", "32K", "--chunk", "8K", "--flush", "0")
        recorder.stdin.write(FRAMES[:FRAMES.index(b"\n") + 1])
        recorder.stdin.flush()
        wait_for(lambda: any(self.folder.iterdir()))
        first = next(self.folder.iterdir())
        wait_for(lambda: run(tool("cat"), first, "--format", "raw", expect=None)[0] != b"")
        follower = subprocess.Popen([tool("cat"), "--follow", "--format", "raw", "--limit", str(FRAMES.count(b"\n")), first],
                                    stdout=subprocess.PIPE)
        rest = FRAMES[FRAMES.index(b"\n") + 1:]
        size = len(rest) // 20 + 1
        for at in range(0, len(rest), size):
            recorder.stdin.write(rest[at:at + size])
            recorder.stdin.flush()
            time.sleep(0.02)
        recorder.stdin.close()
        self.assertEqual(follower.communicate(timeout=60)[0], FRAMES)
        self.assertEqual(recorder.wait(), 0)
        self.assertGreater(len(list(self.folder.iterdir())), 2)

    def test_old_files_are_removed_and_named(self):
        recorder = self.recorder("-o", self.folder / "%H%M%S.tape", "--rotate-size", "32K", "--chunk", "8K", "--keep", "64K")
        self.feed_slowly(recorder)
        recorder.stdin.close()
        listed = recorder.stdout.read().decode().splitlines()
        self.assertEqual(recorder.wait(), 0)
        errors = recorder.stderr.read().decode()
        left = {str(path) for path in self.folder.iterdir()}
        self.assertLess(len(left), len(listed))
        for path in set(listed) - left:
            self.assertIn(path, errors)
        self.assertIn(listed[-1], left)

    def test_limits(self):
        path = self.folder / "a.tape"
        run(tool("record"), "-", "-o", path, "--limit", "7", data=FRAMES)
        self.assertEqual(run(tool("cat"), path, "--format", "raw")[0].count(b"\n"), 7)
        recorder = self.recorder("-o", self.folder / "b.tape", "--duration", "200ms")
        self.assertEqual(recorder.wait(timeout=30), 0)
        recorder.stdin.close()
        _, errors = run(tool("record"), "-", "-o", self.folder / "c.tape", "--min-free", "9999T", data=FRAMES, expect=1)
        self.assertIn("--min-free", errors)


class FullDisk(TestCase):
    def test_a_full_disk_is_named_and_what_was_written_reads_back(self):
        mount = self.folder / "small"
        mount.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(mount)], capture_output=True)
        if done.returncode != 0:
            self.skipTest("no right to mount a tmpfs")
        self.addCleanup(subprocess.run, ["umount", str(mount)], check=True)
        path = mount / "a.tape"
        _, errors = run(tool("record"), "-", "-o", path, "--chunk", "16K", data=FRAMES * 2, expect=1)
        self.assertIn("No space left", errors)
        self.assertIn(str(path), errors)
        out, _ = run(tool("cat"), path, "--format", "raw", expect=None)
        self.assertTrue((FRAMES * 2).startswith(out))
        self.assertGreater(len(out), 50_000)


if __name__ == "__main__":
    unittest.main()

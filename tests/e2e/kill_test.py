"""kill -9 of a recorder at random moments: nothing that came in before the last flush is lost."""

import random
import subprocess
import time
import unittest

from support import SANITIZED, TestCase, run, tool

ROUNDS = 15 if SANITIZED else 50
FLUSH = 0.05
# What the machine may add to a flush interval: scheduling of two busy cores, not a property of the recorder.
GRACE = 1.0


class Kill(TestCase):
    def one_round(self, number, options, settle):
        """Feeds numbered frames, kills the recorder, and returns (frames sent long enough before, frames on the tape)."""
        path = self.folder / f"{number}.tape"
        recorder = subprocess.Popen([tool("record"), "-", "-o", path, *options], stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL, bufsize=0)
        chance = random.Random(number)
        sent = []
        until = time.monotonic() + chance.uniform(0.02, 0.25)
        index = 0
        while time.monotonic() < until:
            for _ in range(chance.randint(1, 40)):
                recorder.stdin.write(b'{"feed":"heartbeat","time":%d}\n' % index)
                index += 1
            sent.append((time.monotonic(), index))
            time.sleep(chance.uniform(0, 0.004))
        time.sleep(settle)
        killed = time.monotonic()
        recorder.kill()
        recorder.wait()
        recorder.stdin.close()
        safe = max((count for when, count in sent if when <= killed - FLUSH - GRACE), default=0)
        if not path.exists():
            return safe, []
        frames = run(tool("cat"), path, "--format", "raw", expect=None)[0].splitlines()
        return safe, frames

    def check(self, number, options, settle):
        safe, frames = self.one_round(number, options, settle)
        for index, frame in enumerate(frames):
            self.assertEqual(frame, b'{"feed":"heartbeat","time":%d}' % index)
        self.assertGreaterEqual(len(frames), safe, f"round {number}: {len(frames)} frames read back")

    def test_everything_flushed_reads_back(self):
        for number in range(ROUNDS):
            self.check(number, ["--flush", "50ms", "--chunk", "4K"], FLUSH + GRACE if number % 5 == 0 else 0)

    def test_drained_is_flushed(self):
        for number in range(100, 105):
            self.check(number, ["--flush", "0"], FLUSH + GRACE)

    def test_a_killed_tape_is_open_and_recovers(self):
        _, frames = self.one_round(200, ["--chunk", "4K"], FLUSH + GRACE)
        path = self.folder / "200.tape"
        run(tool("verify"), path)
        whole = self.folder / "whole.tape"
        run(tool("recover"), path, "-o", whole)
        run(tool("verify"), whole)
        run("zstd", "-tq", whole)
        self.assertEqual(run(tool("cat"), whole, "--format", "raw")[0].splitlines(), frames)


if __name__ == "__main__":
    unittest.main()

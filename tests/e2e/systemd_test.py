"""samples/systemd: the unit is one that systemd takes, and it leaves a recorder little to misuse."""

import re
import shutil
import subprocess
import unittest

from support import SAMPLES, TestCase

UNIT = SAMPLES / "systemd" / "tape-record@.service"
ANALYZE = shutil.which("systemd-analyze")


@unittest.skipUnless(ANALYZE, "systemd-analyze is not installed")
class Unit(TestCase):
    def analyze(self, *command):
        return subprocess.run([ANALYZE, *command], capture_output=True, text=True, timeout=120)

    def instance(self, *, change=("", "")):
        """The unit of one instance, with a program that is there."""
        text = UNIT.read_text().replace("/usr/local/bin/tape-record", "/bin/true").replace(*change)
        return str(self.write("tape-record@kraken.service", text.encode()))

    def test_verify(self):
        done = self.analyze("verify", "--man=no", "--recursive-errors=no", self.instance())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.analyze("verify", "--man=no", "--recursive-errors=no", self.instance(change=("WatchdogSec", "WatchdogSecs")))
        self.assertIn("WatchdogSecs", done.stderr)

    def test_security(self):
        done = self.analyze("security", "--offline=true", "--no-pager", self.instance())
        level = re.search(r"Overall exposure level.*: ([0-9.]+)", done.stdout)
        self.assertTrue(level, done.stdout + done.stderr)
        self.assertLessEqual(float(level.group(1)), 2.0)


if __name__ == "__main__":
    unittest.main()

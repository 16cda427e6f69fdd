"""What the end-to-end tests share: the built tools, the samples, temporary folders."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ["TAPE_BIN_DIR"])
SOURCE = pathlib.Path(os.environ["TAPE_SOURCE_DIR"])
SAMPLES = SOURCE / "samples"
SCHEMA = SOURCE / "schemas" / "event.capnp"
# Sanitized programs are several times slower; loops that repeat a check are shorter there.
SANITIZED = os.environ.get("TAPE_SANITIZED", "") != ""
# What a sanitized recorder on a busy machine may need more of.
PATIENCE = 4 if SANITIZED else 1


def tool(name):
    return str(BIN / f"tape-{name}")


def run(*command, data=None, expect=0, timeout=120, **kwargs):
    """Runs a command to its end; data is its stdin. Returns (stdout, stderr as text)."""
    done = subprocess.run([str(part) for part in command], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                          capture_output=True, timeout=timeout, **kwargs)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"{command}: exit {done.returncode}, expected {expect}\n{done.stderr.decode(errors='replace')}")
    return done.stdout, done.stderr.decode(errors="replace")


def record(data, *options, expect=0):
    """The tape of these bytes."""
    return run(tool("record"), "-", "-o", "-", *options, data=data, expect=expect)[0]


def cat(tape, *options, expect=0):
    return run(tool("cat"), "-", *options, data=tape, expect=expect)[0]


def content(path):
    """A file's bytes, unpacked when it is zstd."""
    if path.suffix == ".zst":
        return run("zstd", "-dcq", path)[0]
    return path.read_bytes()


def wait_for(condition, seconds=30, what="condition"):
    """The condition's first true value; looks at it often, and gives up after a while."""
    until = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited too long for: {what}")


def free_port():
    """Of loopback, for a program that is told its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def sample_files():
    """Every captured or documented message that ships with the project."""
    return sorted(path for path in SAMPLES.rglob("*")
                  if path.is_file() and path.parts[len(SAMPLES.parts)] in ("kraken_futures", "binance_usdm", "other")
                  and path.suffix in (".ndjson", ".txt", ".json", ".zst"))


class TestCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tape-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def assertSameBut(self, got, wanted, mark=b"*"):
        """Equal, but for bytes that `mark` stands for in `got`."""
        if got == wanted:
            return
        self.assertEqual(len(got), len(wanted))
        different = [at for at in range(len(got)) if got[at] != wanted[at] and got[at:at + 1] != mark]
        self.assertEqual(different[:5], [], f"bytes differ, first at {different[:1]}")

#!/usr/bin/env python3
"""Measures tape-record on a live feed over TLS on loopback: CPU, delay until the kernel has an event, memory.

A server of the npm package ws sends real frames at --rate; the recorder runs with --flush 0, first on a nearly idle
feed, then at the rate; then over 200 connections that the server closes after 5,000 frames each. Prints one Markdown
table.
"""

import argparse
import os
import pathlib
import re
import subprocess
import tempfile
import time

import bench

ROOT = pathlib.Path(__file__).resolve().parents[2]


def figures(path):
    """The write delays and counts of a metrics file."""
    text = path.read_text()
    delays = {m.group(1): float(m.group(2)) for m in re.finditer(r"^tape_write_delay_(\w+)_seconds (\S+)$", text, re.M)}
    frames = sum(float(m.group(1)) for m in re.finditer(r"^tape_frames_total\{.*\} (\S+)$", text, re.M))
    return delays, frames


def memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Feed:
    """The server, and a recorder at it."""

    def __init__(self, options, work, rate, *more, drop=0):
        self.work, self.metrics = work, work / "metrics.prom"
        self.server = subprocess.Popen(["node", ROOT / "tests/bench/feed_server.js", work / "frames", str(rate), work / "good.pem", work / "good.key",
                                        *([str(drop)] if drop else [])],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
        port = int(self.server.stdout.readline())
        command = [options.build / "bin/tape-record", "binance-usdm", "--symbol", "BTCUSDT", "--feed", "bookTicker,trade", "--flush", "0",
                   "--ca-file", work / "ca.pem", "--metrics-file", self.metrics, "-o", work / "live.tape", "--force", "--poll", "exchangeInfo=off",
                   *[part for name in ("public", "market") for part in ("--endpoint", f"{name}=wss://127.0.0.1:{port}/{name}")],
                   "--endpoint", f"rest=https://127.0.0.1:{port}", *more]
        self.recorder = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self):
        """The recorder's CPU seconds."""
        try:
            if self.recorder.poll() is None:
                self.recorder.terminate()
            _, status, usage = os.wait4(self.recorder.pid, 0)
            self.recorder.returncode = os.waitstatus_to_exitcode(status)
            if self.recorder.returncode != 0:
                raise SystemExit(f"tape-record: exit {self.recorder.returncode}")
            return usage.ru_utime + usage.ru_stime
        finally:
            self.server.stdin.close()
            self.server.wait(10)


def run(options, work, rate, seconds):
    feed = Feed(options, work, rate)
    time.sleep(seconds)
    memory_now = memory(feed.recorder.pid)
    delays, frames = figures(feed.metrics)
    return {"cpu": feed.end() / seconds, "delays": delays, "rate": frames / seconds, "memory": memory_now}


def soak(options, work):
    """Memory at a tenth and at the end of a million frames over 200 connections."""
    feed = Feed(options, work, 10_000, "--reconnect", "50ms", drop=5_000)
    early = late = frames = 0
    until = time.monotonic() + 600
    while frames < 990_000 and time.monotonic() < until:
        time.sleep(0.5)
        if feed.metrics.exists():
            frames = figures(feed.metrics)[1]
        late = memory(feed.recorder.pid)
        if frames >= 100_000 and not early:
            early = late
    feed.end()
    return frames, early, late


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path, help="build directory with bin/")
    parser.add_argument("--rate", type=int, default=10_000, help="frames a second of the two links together")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        subprocess.run(["bash", ROOT / "tests/support/certificates.sh", work], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = (b"@bookTicker", b"@trade")
        lines = [line for line in bench.frames(*bench.CAPTURES[0]) if any(word in line[:40] for word in wanted)]
        (work / "frames").write_bytes(b"\n".join(lines))
        idle = run(options, work, 20, max(6, options.seconds // 3))
        busy = run(options, work, options.rate / 2, options.seconds)
        frames, early, late = soak(options, work)
    rows = [("frames a second", f"{idle['rate']:,.0f}", f"{busy['rate']:,.0f}", f"{options.rate:,}"),
            ("CPU, of one core", f"{idle['cpu']:.2f}", f"{busy['cpu']:.2f}", "< 1"),
            *[(f"socket read to kernel write, {name}", f"{idle['delays'].get(key, 0) * 1000:.2f} ms", f"{busy['delays'].get(key, 0) * 1000:.2f} ms",
               "≤ 5 ms above idle" if key == "p99" else "") for name, key in (("p50", "p50"), ("p99", "p99"), ("longest", "longest"))],
            ("memory", f"{idle['memory'] / bench.MIB:.1f} MiB", f"{busy['memory'] / bench.MIB:.1f} MiB", ""),
            ("memory after 20 and 200 connections", "", f"{early / bench.MIB:.1f} MiB, {late / bench.MIB:.1f} MiB ({frames:,.0f} frames)", "flat")]
    print("| live over TLS, `--flush 0` | idle | busy | wanted |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures tape-record on a live feed over TLS on loopback: CPU, delay until the kernel has an event, memory.

A server of the npm package ws sends real frames at --rate; the recorder runs with --flush 0, first on a nearly idle
feed, then at the rate, in one run of this program. Prints one Markdown table.
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


def run(options, work, rate, seconds):
    server = subprocess.Popen(["node", ROOT / "tests/bench/feed_server.js", work / "frames", str(rate), work / "good.pem", work / "good.key"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})
    try:
        port = int(server.stdout.readline())
        ws, metrics = f"wss://127.0.0.1:{port}", work / "metrics.prom"
        command = [options.build / "bin/tape-record", "binance-usdm", "--symbol", "BTCUSDT", "--feed", "bookTicker,trade", "--flush", "0",
                   "--ca-file", work / "ca.pem", "--metrics-file", metrics, "-o", work / "live.tape", "--force",
                   "--poll", "exchangeInfo=off", *[part for name in ("public", "market") for part in ("--endpoint", f"{name}={ws}/{name}")],
                   "--endpoint", f"rest=https://127.0.0.1:{port}"]
        recorder = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
        time.sleep(seconds / 3)
        early = memory(recorder.pid)
        time.sleep(2 * seconds / 3)
        late = memory(recorder.pid)
        delays, frames = figures(metrics)
        recorder.terminate()
        _, status, usage = os.wait4(recorder.pid, 0)
        recorder.returncode = os.waitstatus_to_exitcode(status)
        if recorder.returncode != 0:
            raise SystemExit(f"tape-record: exit {recorder.returncode}")
        return {"cpu": (usage.ru_utime + usage.ru_stime) / seconds, "delays": delays, "rate": frames / seconds, "early": early, "late": late}
    finally:
        server.stdin.close()
        server.wait(10)


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
    rows = [("frames a second", f"{idle['rate']:,.0f}", f"{busy['rate']:,.0f}", f"{options.rate:,}"),
            ("CPU, of one core", f"{idle['cpu']:.2f}", f"{busy['cpu']:.2f}", "< 1"),
            *[(f"socket read to kernel write, {name}", f"{idle['delays'].get(key, 0) * 1000:.2f} ms", f"{busy['delays'].get(key, 0) * 1000:.2f} ms",
               "≤ 5 ms above idle" if key == "p99" else "") for name, key in (("p50", "p50"), ("p99", "p99"), ("longest", "longest"))],
            ("memory after a third", f"{idle['early'] / bench.MIB:.1f} MiB", f"{busy['early'] / bench.MIB:.1f} MiB", ""),
            ("memory at the end", f"{idle['late'] / bench.MIB:.1f} MiB", f"{busy['late'] / bench.MIB:.1f} MiB", "flat")]
    print("| live over TLS, `--flush 0` | idle | busy | wanted |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures tape-serve with many clients: lateness at the beginning, in the middle and at the end, CPU, memory.

A tape of real frames, numbered in their field E, is served on one core; on another one a program reads it by as many
clients as asked for and says by how much each frame came later than the one that came most in time. One more client reads
nothing: it is cut off, and the others go on. Plain and over TLS, frames evenly spaced and in the bursts of the market.
Prints one Markdown table.
"""

import argparse
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import threading
import time

import bench

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = sorted(os.sched_getaffinity(0))
STREAMS = "btcusdt@bookTicker/btcusdt@trade/btcusdt@depth@0ms"
EVENT_TIME = re.compile(rb'"E":\d+')


def numbered(frames, count):
    """`count` frames over and over, each with its number for the venue's time."""
    return [EVENT_TIME.sub(b'"E":%d' % (number + 1), frames[number % len(frames)]) for number in range(count)]


def due_times(options, count):
    """In ns from the first frame: evenly, or as the market had them, at the same rate on average."""
    if not options.bursts:
        return [number * 1_000_000_000 // options.rate for number in range(count)]
    stamps = [int(line.split(b" ", 1)[0]) for line in captured()]
    span = stamps[-1] - stamps[0] + 1_000_000
    times = [stamps[number % len(stamps)] - stamps[0] + number // len(stamps) * span for number in range(count)]
    return [time * (count * 1_000_000_000 // options.rate) // times[-1] for time in times]


def captured():
    data = (ROOT / "samples" / bench.CAPTURES[0][0]).read_bytes()
    lines = subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout.splitlines()
    return [line for line in lines if b'"stream"' in line]


def make_tape(options, work, count):
    """The tape, and beside it when each frame is due."""
    due = due_times(options, count)
    frames = numbered([line.split(b" ", 1)[1] for line in captured()], count)
    start = 1_723_161_255_000_000_000
    lines = b"\n".join(b"%d %s" % (start + at, frame) for at, frame in zip(due, frames)) + b"\n"
    (work / "due").write_bytes(struct.pack(f"<{count}q", *due))
    subprocess.run([options.build / "bin/tape-record", "-", "--input", "hftbacktest", "-o", work / "load.tape", "--force"], input=lines, check=True,
                   stdout=subprocess.DEVNULL)


def status_of(pid):
    """CPU seconds and resident bytes."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return cpu, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


class Server:
    def __init__(self, options, work, tls):
        command = ["taskset", "-c", str(CORES[0]), options.build / "bin/tape-serve", work / "load.tape", "--listen", "127.0.0.1:0", "--start-on",
                   f"subscribe:{(STREAMS.count('/') + 1) * (options.clients + options.lazy)}", "-v",
                   *(["--tls", work / "good.pem", work / "good.key"] if tls else [])]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.websocket = json.loads(self.process.stdout.readline())["websocket"]
        self.cut_off, self.said = [], []
        self.started = time.monotonic()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said.append(line)
            if "clock runs" in line:
                self.started = time.monotonic()
            if "cut off" in line and "too slow" in line:
                self.cut_off.append(time.monotonic() - self.started)

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        self.reader.join()


def run(options, work, tls):
    server = Server(options, work, tls)
    # A client's first load is the tape's first second; the samples of memory are taken after it and before the last one.
    load = subprocess.Popen(["taskset", "-c", str(CORES[-1]), options.build / "bench/bench_web_load", f"{server.websocket}/stream?streams={STREAMS}",
                             str(options.clients), str(options.lazy), work / "due", str(options.seconds * 3 + 30), work / "ca.pem" if tls else ""],
                            stdout=subprocess.PIPE, text=True)
    samples = []
    while load.poll() is None:
        samples.append((time.monotonic(), *status_of(server.process.pid)))
        time.sleep(0.25)
    result = json.loads(load.stdout.read())
    server.end()
    if len(samples) < 9:
        raise SystemExit("bench: the run was too short: " + "".join(server.said))
    early, late = samples[len(samples) // 8], samples[-2]
    result["cpu"] = (late[1] - early[1]) / (late[0] - early[0])
    result["memory"] = [sample[2] / bench.MIB for sample in (early, samples[len(samples) // 2], late)]
    result["cut_off"] = server.cut_off
    return result


def table(options, results):
    wanted = options.rate * options.clients
    rows = [("frames a second in all", lambda r: f"{r['frames'] / r['seconds']:,.0f}", f"{wanted:,}"),
            ("megabytes a second", lambda r: f"{r['bytes'] / r['seconds'] / 1e6:.1f}", ""),
            ("frames missed", lambda r: f"{r['holes']}", "0"),
            *[(f"lateness in the {name} third, p50 / p99 / most",
               lambda r, i=i: " / ".join(f"{r['late'][i][key]:.2f}" for key in ("p50", "p99", "most")) + " ms", "not growing")
              for i, name in enumerate(("first", "second", "last"))],
            ("CPU, of one core", lambda r: f"{r['cpu']:.2f}", "< 1"),
            ("memory early, in the middle, late", lambda r: ", ".join(f"{m:.0f}" for m in r["memory"]) + " MiB", "flat"),
            ("a client that reads nothing is cut off after", lambda r: ", ".join(f"{s:.1f} s" for s in r["cut_off"]) or "-", "")]
    print(f"| {options.clients} clients at {options.rate:,} frames a second each, one core | " + " | ".join(results) + " | wanted |")
    print("|---|" + "---|" * (len(results) + 1))
    for name, value, goal in rows:
        print(f"| {name} | " + " | ".join(value(result) for result in results.values()) + f" | {goal} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build/release", type=pathlib.Path, help="build directory with bin/ and bench/")
    parser.add_argument("--rate", type=int, default=2000, help="frames a second of each client")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--lazy", type=int, default=1, help="clients more that read nothing")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--only", choices=("plain", "bursts", "tls"), action="append", help="one way of it; repeats")
    parser.add_argument("--check", action="store_true", help="fail where a client missed a frame")
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        subprocess.run(["bash", ROOT / "tests/support/certificates.sh", work], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name, bursts, tls in (("plain", False, False), ("bursts", True, False), ("tls", False, True)):
            if options.only and name not in options.only:
                continue
            options.bursts = bursts
            make_tape(options, work, options.rate * options.seconds)
            results[name] = run(options, work, tls)
    table(options, results)
    wanted = options.rate * options.seconds * options.clients
    wrong = {name: result for name, result in results.items() if result["holes"] > 0 or result["frames"] != wanted}
    if options.check and wrong:
        raise SystemExit(f"bench: {wanted} frames were to come, none missing: {wrong}")


if __name__ == "__main__":
    main()

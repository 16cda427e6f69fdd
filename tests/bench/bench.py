#!/usr/bin/env python3
"""Measures the tools beside zstd, gzip, jq and bare libzmq on real captures and prints one Markdown table.

The corpus is the frames of every capture of both venues in samples/, repeated until it is large enough. Each pair runs
in turn (A B A B ...), and a ratio is the median of the ratios of neighbours, so that what else the machine does
weighs on both. Everything is written under --work and read back warm.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURES = [  # path, form
    ("binance_usdm/hft_20240808_btcusdt.txt.zst", "hftbacktest"),
    ("binance_usdm/cf_20210405_mixed.txt.zst", "cryptofeed"),
    ("binance_usdm/cf_20210722_depth_rest.txt", "cryptofeed"),
    ("binance_usdm/cf_20210722_ws.txt.zst", "cryptofeed"),
    ("kraken_futures/cf_20210722_rest.txt", "cryptofeed"),
    ("kraken_futures/cf_20210722_ws.txt.zst", "cryptofeed"),
]
CRYPTOFEED = re.compile(rb"^(?:\S+ -> )?\d+\.\d+: (.*)$")
MIB = 1 << 20


def size_of(text):
    return int(float(text.rstrip("KMG")) * {"K": 1 << 10, "M": MIB, "G": 1 << 30}.get(text[-1], 1))


def frames(name, form):
    """The received frames of a capture, without its own stamps."""
    data = (ROOT / "samples" / name).read_bytes()
    if name.endswith(".zst"):
        data = subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True).stdout
    for line in data.splitlines():
        if form == "hftbacktest":
            yield line.split(b" ", 1)[1]
        else:
            match = CRYPTOFEED.match(line)
            if match:
                yield match.group(1)


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        build = pathlib.Path(options.build).resolve()
        self.bin, self.extra = build / "bin", build / "bench"
        self.rows = []
        self.port = 0

    def tool(self, name):
        return str(self.bin / f"tape-{name}")

    def measure(self, *command, stdout=subprocess.DEVNULL, status=0):
        """Runs a command under bench_measure: seconds, CPU seconds, peak memory."""
        result = self.work / "measured.json"
        done = subprocess.run([str(self.extra / "bench_measure"), str(result), *map(str, command)], stdout=stdout,
                              stderr=subprocess.PIPE, text=True, check=False)
        numbers = json.loads(result.read_text())
        if numbers["status"] != status:
            sys.exit(f"bench: {' '.join(map(str, command))}: exit {numbers['status']}: {done.stderr}")
        return numbers

    def pairs(self, one, other):
        """Runs both in turn; medians of each, and of the ratios of neighbours."""
        one(), other()  # warm the caches
        runs = [(one(), other()) for _ in range(self.options.runs)]
        median = {side: {key: statistics.median(run[index][key] for run in runs) for key in runs[0][index]}
                  for index, side in enumerate(("one", "other"))}
        ratio = {key: statistics.median(run[0][key] / max(run[1][key], 1e-9) for run in runs)
                 for key in runs[0][0] if key in runs[0][1]}
        return median["one"], median["other"], ratio

    def row(self, what, ours, beside, ratio, bound=""):
        self.rows.append((what, ours, beside, ratio, bound))
        print(f"  {what}: {ours}" + (f" / {beside} = {ratio}" if beside else ""), file=sys.stderr)

    # ---- inputs

    def make_corpus(self):
        target = size_of(self.options.corpus)
        self.corpus = self.work / "corpus.ndjson"
        once = b"".join(frame + b"\n" for name, form in CAPTURES for frame in frames(name, form))
        repeats = max(1, -(-target // len(once)))
        if target < len(once):
            once = once[: once.rfind(b"\n", 0, target) + 1]
        self.corpus_frames = once.count(b"\n") * repeats
        if not self.corpus.exists() or self.corpus.stat().st_size != len(once) * repeats:
            with self.corpus.open("wb") as out:
                for _ in range(repeats):
                    out.write(once)
        self.corpus_bytes = len(once) * repeats
        self.packed = self.work / "corpus.ndjson.zst"
        subprocess.run(["zstd", "-q", "-3", "-f", self.corpus, "-o", self.packed], check=True)

    def make_large_tape(self):
        """One clean tape of --tape bytes: the corpus is piped into the recorder until the file is that large."""
        self.large = self.work / "large.tape"
        target = size_of(self.options.tape)
        span_file = self.work / "large.span"
        newest = max(path.stat().st_mtime for path in self.bin.iterdir())
        if self.large.exists() and span_file.exists() and self.large.stat().st_size >= target \
                and self.large.stat().st_mtime > newest:
            self.span = float(span_file.read_text())
            return
        self.large.unlink(missing_ok=True)
        start = time.monotonic()
        recorder = subprocess.Popen([self.tool("record"), "-", "-o", self.large], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        corpus = self.corpus.read_bytes()
        while not self.large.exists() or self.large.stat().st_size < target:
            recorder.stdin.write(corpus)
        recorder.stdin.close()
        if recorder.wait() != 0:
            sys.exit("bench: tape-record failed")
        self.span = time.monotonic() - start
        span_file.write_text(str(self.span))

    # ---- what is measured

    def record(self):
        tape, other = self.work / "corpus.tape", self.work / "out.other"
        ours = lambda: self.measure(self.tool("record"), self.corpus, "-o", tape, "--force")
        zstd = lambda: self.measure("zstd", "-q", "-3", "-f", self.corpus, "-o", other)
        # gzip writes beside its input by itself; -c and a file are the same work.
        def gzip():
            with other.open("wb") as out:
                return self.measure("gzip", "-6", "-c", self.corpus, stdout=out)
        for name, run, bound in (("zstd -3", zstd, "≤ 2"), ("gzip -6", gzip, "≤ 0.2")):
            a, b, ratio = self.pairs(ours, run)
            size = other.stat().st_size
            self.row(f"record: wall, beside `{name}`", f"{a['wall']:.2f} s", f"{b['wall']:.2f} s", f"{ratio['wall']:.2f}", bound)
            self.row(f"record: CPU, beside `{name}`", f"{a['cpu']:.2f} s", f"{b['cpu']:.2f} s", f"{ratio['cpu']:.2f}")
            self.row(f"record: size, beside `{name}`", f"{tape.stat().st_size / MIB:.1f} MiB", f"{size / MIB:.1f} MiB",
                     f"{tape.stat().st_size / size:.2f}")
        self.record_stamped("both venues", self.corpus)
        for venue, captures in (("Binance", CAPTURES[:1]), ("Kraken", CAPTURES[-1:])):
            self.record_stamped(f"one {venue} capture", self.corpus_of(captures, venue.lower()), alone=True)
        self.row("record: peak memory", f"{a['peak'] / MIB:.1f} MiB", "", "", "≤ 32 MiB")
        self.tape = tape

    def corpus_of(self, captures, name):
        """These captures alone, once: repeated, a small one would lie inside zstd's window several times."""
        made = self.work / f"{name}.ndjson"
        made.write_bytes(b"".join(frame + b"\n" for path, form in captures for frame in frames(path, form)))
        return made

    def record_stamped(self, what, corpus, alone=False):
        """The frames with the times they were received at, which a tape holds too: what is fair to compare with."""
        lines, tape, other = self.work / "stamped.txt", self.work / "stamped.tape", self.work / "out.other"
        chance, now = random.Random(1), 1_732_570_000_000_000_000
        with corpus.open("rb") as frames_in, lines.open("wb") as out:
            for frame in frames_in:
                now += int(chance.expovariate(1e-6))
                out.write(b"%d %s" % (now, frame))
        zstd = lambda: self.measure("zstd", "-q", "-3", "--single-thread", "-f", lines, "-o", other)
        for without in () if alone else ([], ["--checkpoint", "off"]):
            ours = lambda: self.measure(self.tool("record"), "--input", "hftbacktest", lines, "-o", tape, "--force", *without)
            a, b, ratio = self.pairs(ours, zstd)
            name = f"record, frames with receive times of {what}{' '.join([',', *without]) if without else ''}: {{}}, beside `zstd -3 --single-thread`"
            for key, wanted in (("wall", "≤ 0.8"), ("cpu", "≤ 1.2")):
                self.row(name.format(key), f"{a[key]:.2f} s", f"{b[key]:.2f} s", f"{ratio[key]:.2f}", wanted)
        self.measure(self.tool("record"), "--input", "hftbacktest", lines, "-o", tape, "--force")
        zstd()
        name = f"record, frames with receive times of {what}: {{}}, beside `zstd -3 --single-thread`"
        sizes = tape.stat().st_size, other.stat().st_size
        self.row(name.format("size"), f"{sizes[0] / MIB:.1f} MiB", f"{sizes[1] / MIB:.1f} MiB", f"{sizes[0] / sizes[1]:.3f}",
                 "" if alone else "≤ 0.85")

    def cat(self):
        with (self.work / "out.raw").open("wb") as out:
            self.measure(self.tool("cat"), self.tape, "--format", "raw", stdout=out)
        if subprocess.run(["cmp", self.work / "out.raw", self.corpus], check=False).returncode != 0:
            sys.exit("bench: tape-cat --format raw does not give the corpus back")
        (self.work / "out.raw").unlink()
        a, b, ratio = self.pairs(lambda: self.measure(self.tool("cat"), self.tape, "--format", "raw"),
                                 lambda: self.measure("zstd", "-q", "-dc", self.packed))
        self.row("cat --format raw: wall, beside `zstd -dc`", f"{a['wall']:.2f} s", f"{b['wall']:.2f} s", f"{ratio['wall']:.2f}", "≤ 1.5")
        self.row("cat --format raw: CPU, beside `zstd -dc`", f"{a['cpu']:.2f} s", f"{b['cpu']:.2f} s", f"{ratio['cpu']:.2f}")
        self.row("cat --format raw: peak memory", f"{a['peak'] / MIB:.1f} MiB", "", "", "≤ 32 MiB")
        a, b, ratio = self.pairs(lambda: self.measure(self.tool("cat"), self.tape, "--format", "capnp", "--stored"),
                                 lambda: self.measure("zstd", "-q", "-dc", self.tape))
        self.row("cat --format capnp --stored: wall, beside `zstd -dc` of the tape", f"{a['wall']:.2f} s", f"{b['wall']:.2f} s",
                 f"{ratio['wall']:.2f}", "≤ 1")
        self.beside_jq()

    def beside_jq(self):
        """Speeds are the inverse of times; jq takes long, so it runs less often."""
        runs = self.options.runs
        self.options.runs = min(runs, 3)
        jq = lambda *program: self.measure("jq", "-c", *program, self.corpus)
        a, b, ratio = self.pairs(lambda: self.measure(self.tool("cat"), self.tape), lambda: jq("."))
        self.row("cat (JSON): speed, beside `jq -c .`", f"{self.corpus_frames / a['wall']:,.0f}/s",
                 f"{self.corpus_frames / b['wall']:,.0f}/s", f"{1 / ratio['wall']:.1f}", "≥ 3; ≥ 1,000,000/s")
        selections = (("--channel", "trade_snapshot", 'select(.feed == "trade_snapshot")'),
                      ("--symbol", "PI_XRPUSD", 'select(.product_id == "PI_XRPUSD")'))
        for option, value, program in selections:
            a, b, ratio = self.pairs(lambda: self.measure(self.tool("cat"), self.tape, option, value), lambda: jq(program))
            self.row(f"cat {option} {value}: wall, beside `jq`", f"{a['wall']:.2f} s", f"{b['wall']:.2f} s", f"{ratio['wall']:.3f}",
                     "≤ 0.1")
        self.options.runs = runs

    def look(self):
        large = f"{self.large.stat().st_size / MIB:,.0f} MiB tape"
        scan = lambda: self.measure(self.tool("cat"), self.large, "--format", "raw")
        full = statistics.median(scan()["wall"] for _ in range(min(self.options.runs, 3)))
        cases = [("info", [self.tool("info"), self.large]),
                 ("first event at a time", [self.tool("cat"), self.large, "--from", f"+{int(self.span * 500)}ms", "--limit", "1"])]
        for name, command in cases:
            runs = [self.measure(*command) for _ in range(max(self.options.runs, 5))]
            wall = statistics.median(run["wall"] for run in runs)
            self.row(f"{name}, {large}, beside a full scan", f"{wall * 1000:.1f} ms", f"{full * 1000:,.0f} ms",
                     f"{wall / full:.5f}", "≤ 20 ms")

    def state(self):
        """Checkpoints while recording, and what tape-state makes of tapes with and without them."""
        bare = self.work / "bare.tape"
        record = lambda tape, *more: self.measure(self.tool("record"), self.corpus, "-o", tape, "--force", *more)
        a, b, ratio = self.pairs(lambda: record(self.tape), lambda: record(bare, "--checkpoint", "off"))
        self.row("record with checkpoints: wall, beside `--checkpoint off`", f"{a['wall']:.2f} s", f"{b['wall']:.2f} s",
                 f"{ratio['wall']:.2f}")
        sizes = self.tape.stat().st_size, bare.stat().st_size
        self.row("record with checkpoints: CPU, beside `--checkpoint off`", f"{a['cpu']:.2f} s", f"{b['cpu']:.2f} s",
                 f"{ratio['cpu']:.2f}")
        self.row("record with checkpoints: size, beside `--checkpoint off`", f"{sizes[0] / MIB:.1f} MiB", f"{sizes[1] / MIB:.1f} MiB",
                 f"{sizes[0] / sizes[1]:.3f}", "≤ 1.03")
        stored = lambda tape: self.measure(self.tool("cat"), tape, "--format", "capnp", "--stored")
        for what, tape in (("a tape without checkpoints", bare), ("a tape with them", self.tape)):
            a, b, ratio = self.pairs(lambda: self.measure(self.tool("state"), tape), lambda: stored(tape))
            self.row(f"state at the end of {what}: wall, beside `tape-cat --format capnp --stored`", f"{a['wall']:.2f} s",
                     f"{b['wall']:.2f} s", f"{ratio['wall']:.2f}", "≤ 3")
        self.levels(bare)
        self.memory(bare)
        bare.unlink()
        looks = [min((self.measure(self.tool("state"), self.large, "--at", f"+{int(self.span * part * 10)}ms")
                      for _ in range(min(self.options.runs, 3))), key=lambda look: look["wall"]) for part in range(2, 100, 4)]
        walls = sorted(look["wall"] * 1000 for look in looks)
        self.row(f"state --at T, {self.large.stat().st_size / MIB:,.0f} MiB tape: median of {len(looks)} times",
                 f"{statistics.median(walls):.0f} ms", "", "", "≤ 100 ms")
        self.row("state --at T: the longest", f"{walls[-1]:.0f} ms", "", "", "≤ 100 ms")
        self.row("state --at T: CPU of the longest", f"{max(look['cpu'] for look in looks) * 1000:.0f} ms", "", "")
        self.row("state --at T: peak memory", f"{max(look['peak'] for look in looks) / MIB:.1f} MiB", "", "")

    def levels(self, tape):
        """Book events at hand in memory, applied by one thread."""
        runs = [json.loads(subprocess.run([self.extra / "bench_levels", tape], capture_output=True, check=True).stdout)
                for _ in range(self.options.runs)]
        rate = statistics.median(run["levels"] / run["seconds"] for run in runs)
        self.row(f"state: level updates a second, of {runs[0]['levels']:,} in {runs[0]['events']:,} events", f"{rate / 1e6:.1f} million", "",
                 "", "≥ 5 million")

    def memory(self, once):
        """Of a tape, and of one that is four times as long."""
        four = self.work / "four.tape"
        recorder = subprocess.Popen([self.tool("record"), "-", "-o", four, "--force", "--checkpoint", "off"], stdin=subprocess.PIPE,
                                    stdout=subprocess.DEVNULL)
        corpus = self.corpus.read_bytes()
        for _ in range(4):
            recorder.stdin.write(corpus)
        recorder.stdin.close()
        if recorder.wait() != 0:
            sys.exit("bench: tape-record failed")
        a, b, ratio = self.pairs(lambda: self.measure(self.tool("state"), four), lambda: self.measure(self.tool("state"), once))
        self.row("state: peak memory on a tape four times as long", f"{a['peak'] / MIB:.1f} MiB", f"{b['peak'] / MIB:.1f} MiB",
                 f"{ratio['peak']:.2f}", "flat")
        four.unlink()

    def endpoint(self):
        """A free port each time: sockets of the run before may linger."""
        import socket
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return f"tcp://127.0.0.1:{probe.getsockname()[1]}"

    def receive(self, sender, mode="receive", *more):
        endpoint = self.endpoint()
        receiver = subprocess.Popen([str(self.extra / "bench_zmq"), mode, str(self.options.hwm), endpoint, *map(str, more)],
                                    stdout=subprocess.PIPE, text=True)
        used = self.measure(*sender(endpoint))
        answer, _ = receiver.communicate(timeout=600)
        return {**json.loads(answer), "peak": used["peak"]}

    def replay(self):
        short = self.work / "replay.ndjson"
        limit = min(self.corpus_frames, self.options.messages)
        with short.open("wb") as out:
            subprocess.run(["head", "-n", str(limit), self.corpus], stdout=out, check=True)
        tape, kept = self.work / "replay.tape", self.work / "replay.messages"
        subprocess.run([self.tool("record"), short, "-o", tape, "--force"], stdout=subprocess.DEVNULL, check=True)
        bare = lambda endpoint: [str(self.extra / "bench_zmq"), "send", str(self.options.hwm), endpoint, str(kept)]
        whole = self.work / "replay.raw.tape"
        subprocess.run([self.tool("record"), short, "-o", whole, "--force", "--keep-raw", "always"], stdout=subprocess.DEVNULL, check=True)

        def rated(sender):
            got = self.receive(sender)
            return {"rate": got["messages"] / got["seconds"], "peak": got["peak"], "messages": got["messages"]}
        for what, tape, options, wanted in (("", tape, [], "≥ 0.85"), (" --batch 64", tape, ["--batch", "64"], "≥ 0.85"),
                                            (", a tape that keeps all bytes", whole, [], "≥ 0.85"),
                                            (" --batch 64, a tape that keeps all bytes", whole, ["--batch", "64"], "≥ 0.85")):
            mine = lambda endpoint: [self.tool("replay"), tape, "--bind", endpoint, "--speed", "max", "--wait", "1", *options]
            self.receive(mine, "keep", kept)
            a, b, ratio = self.pairs(lambda: rated(mine), lambda: rated(bare))
            if a["messages"] != b["messages"] or (not options and a["messages"] < limit):
                sys.exit(f"bench: tape-replay sent {a['messages']}, libzmq {b['messages']} of {limit} messages")
            self.row(f"replay --speed max{what}: messages, beside bare libzmq", f"{a['rate']:,.0f}/s", f"{b['rate']:,.0f}/s",
                     f"{ratio['rate']:.2f}", wanted)
            if not options:
                self.row(f"replay --speed max{what}: peak memory", f"{a['peak'] / MIB:.1f} MiB", "", "", "≤ 32 MiB")
        self.lossless(self.work / "replay.tape")
        self.paced()

    def lossless(self, tape):
        """Three subscribers, of which one stalls at random; two hold order, counts and digest against the end marker."""
        loops = max(1, self.options.events // self.options.messages)
        endpoint, receipt = self.endpoint(), self.work / "receipt.json"
        checking = str(self.bin.parent / "samples" / "consumers" / "consumer")
        consumers = [subprocess.Popen([checking, "--endpoint", endpoint], stdout=subprocess.DEVNULL) for _ in range(2)]
        consumers.append(subprocess.Popen([str(self.extra / "bench_zmq"), "stall", "1000", endpoint], stdout=subprocess.PIPE, text=True))
        subprocess.run([self.tool("replay"), tape, "--loop", str(loops), "--prime", "off", "--bind", endpoint, "--speed", "max", "--wait", "3",
                        "--receipt", receipt], stderr=subprocess.DEVNULL, check=True)
        sent = json.loads(receipt.read_text())
        got = json.loads(consumers[2].communicate(timeout=600)[0])["messages"] - 2  # the markers
        failed = sum(consumer.wait(timeout=600) != 0 for consumer in consumers)
        self.row("replay to three subscribers, one stalls at random: events lost", f"{sent['events'] - got} of {sent['events']:,}", "",
                 "2 digests agree" if failed == 0 else f"{failed} failed", "0")

    def paced(self):
        """A thousand events a second, beside a loop that does nothing else."""
        seconds = 5 if self.options.runs > 1 else 1
        lines, tape = self.work / "paced.txt", self.work / "paced.tape"
        with self.corpus.open("rb") as frames_in, lines.open("wb") as out:
            for i, frame in zip(range(seconds * 1000), frames_in):
                out.write(b"%d %s" % (1_732_570_000_000_000_000 + i * 1_000_000, frame))
        subprocess.run([self.tool("record"), "--input", "hftbacktest", lines, "-o", tape, "--force"], stdout=subprocess.DEVNULL, check=True)
        receipt = self.work / "receipt.json"

        def ours(*options):
            self.receive(lambda endpoint: [self.tool("replay"), tape, "--bind", endpoint, "--wait", "1", "--receipt", receipt, *options])
            late = json.loads(receipt.read_text())["latenessNs"]
            return {"p50": late["p50"], "p99": late["p99"]}

        def loop(how):
            done = subprocess.run([str(self.extra / "bench_zmq"), "pace", str(seconds * 1000), "1000000", how], stdout=subprocess.PIPE,
                                  text=True, check=True)
            return json.loads(done.stdout)
        for what, options, how, bounds in (("", [], "sleep", ("≤ 25 µs", "≤ 60 µs")), (" --spin", ["--spin"], "spin", ("", "≤ 10 µs"))):
            a, b, ratio = self.pairs(lambda: ours(*options), lambda: loop(how))
            for key, wanted in zip(("p50", "p99"), bounds):
                self.row(f"replay of 1,000 events/s{what}: lateness {key}, beside a bare loop", f"{a[key] / 1000:.1f} µs", f"{b[key] / 1000:.1f} µs",
                         f"{ratio[key]:.2f}", wanted)

    def seek(self):
        """From the question on the control socket to its answer, the state before included."""
        import zmq
        endpoint, control = self.endpoint(), self.endpoint()
        receiver = subprocess.Popen([str(self.extra / "bench_zmq"), "receive", "1000", endpoint], stdout=subprocess.DEVNULL)
        player = subprocess.Popen([self.tool("replay"), self.large, "--speed", "0.001", "--bind", endpoint, "--control", control, "--wait", "1"],
                                  stderr=subprocess.DEVNULL)
        socket = zmq.Context.instance().socket(zmq.REQ)
        socket.RCVTIMEO = 60_000
        socket.connect(control)

        def ask(**command):
            start = time.monotonic()
            socket.send_string(json.dumps(command))
            answer = json.loads(socket.recv())
            if not answer["ok"]:
                sys.exit(f"bench: {command}: {answer}")
            return time.monotonic() - start
        ask(command="pause")
        info = subprocess.run([self.tool("info"), self.large, "--format", "json"], stdout=subprocess.PIPE, check=True)
        seconds = json.loads(info.stdout)["seconds"]
        took = [ask(command="seek", at=f"+{int(seconds * part * 10)}ms") for part in range(3, 99, 8)]
        ask(command="stop")
        player.wait(timeout=60)
        receiver.wait(timeout=60)
        self.row(f"seek, {self.large.stat().st_size / MIB:,.0f} MiB tape: median of {len(took)} times", f"{statistics.median(took) * 1000:.0f} ms",
                 "", "", "≤ 150 ms")
        self.row("seek: the longest", f"{max(took) * 1000:.0f} ms", "", "", "≤ 150 ms")

    def run(self):
        self.make_corpus()
        print(f"corpus: {self.corpus_frames:,} frames, {self.corpus_bytes / MIB:,.0f} MiB; {self.options.runs} runs each", file=sys.stderr)
        self.record()
        self.cat()
        self.replay()
        self.make_large_tape()
        self.look()
        self.state()
        self.seek()
        table = (f"{os.cpu_count()} CPUs, corpus of {self.corpus_frames:,} frames ({self.corpus_bytes / MIB:,.0f} MiB), "
                 f"medians of {self.options.runs} runs.\n\n| what | tape | beside | ratio | wanted |\n|---|---|---|---|---|\n"
                 + "".join("| " + " | ".join(line) + " |\n" for line in self.rows))
        print(table, end="")
        if self.options.readme:
            readme = ROOT / "README.md"
            before, rest = readme.read_text().split("<!-- bench -->\n")
            readme.write_text(before + "<!-- bench -->\n" + table + "<!-- /bench -->\n" + rest.split("<!-- /bench -->\n")[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=ROOT / "build/release", help="build directory with bin/ and bench/")
    parser.add_argument("--work", default=ROOT / "build/bench", help="where corpus and tapes are written")
    parser.add_argument("--corpus", default="210M", help="least size of the corpus")
    parser.add_argument("--tape", default="1G", help="least size of the tape that is looked into")
    parser.add_argument("--runs", type=int, default=5, help="measured runs of each")
    parser.add_argument("--messages", type=int, default=400_000, help="messages of a replay at most")
    parser.add_argument("--events", type=int, default=10_000_000, help="events to three subscribers")
    parser.add_argument("--hwm", type=int, default=1000, help="high-water marks of the bare sender and of the receiver")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()

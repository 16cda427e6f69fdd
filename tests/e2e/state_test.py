"""The state at any time: from the start and from checkpoints, of cuts and rotated files; injected faults; checks."""

import json
import random
import re
import subprocess
import time

from support import SAMPLES, SANITIZED, TestCase, content, run, tool

CAPTURES = (  # path, form, lines at most
    ("kraken_futures/cf_20210722_ws.txt.zst", "cryptofeed", 7000),
    ("binance_usdm/cf_20210405_mixed.txt.zst", "cryptofeed", 7000),
    ("binance_usdm/cf_20210722_ws.txt.zst", "cryptofeed", 7000),
    ("binance_usdm/hft_20240808_btcusdt.txt.zst", "hftbacktest", 20000),
)
SEEDS = ("1_deposit_before", "1_deposit_after", "2_order_after", "3_margin_type_after")
OFTEN = ("--chunk", "32K", "--checkpoint", "4K")
INSTANTS = 2 if SANITIZED else 8


def state(*arguments, data=None, expect=0):
    """The whole state as JSON, every level of every book."""
    return json.loads(run(tool("state"), *arguments, "--format", "json", data=data, expect=expect)[0])


class StateTest(TestCase):
    def record_capture(self, name, form, lines, *options):
        data = b"".join(content(SAMPLES / name).splitlines(keepends=True)[:lines])
        tape = self.folder / (name.replace("/", "-") + ".tape")
        run(tool("record"), "-", "--input", form, "-o", tape, *options, data=data)
        return tape

    def times(self, tape, count=INSTANTS):
        """Of events spread over the tape, by receive time."""
        out, _ = run(tool("cat"), tape)
        stamps = [json.loads(line)["receivedAt"] for line in out.splitlines()]
        return [stamps[len(stamps) * i // count] for i in range(1, count)]

    def test_from_a_checkpoint_as_from_the_start(self):
        for name, form, lines in CAPTURES:
            tape = self.record_capture(name, form, lines, *OFTEN)
            begins, _ = run(tool("cat"), tape, "--kind", "checkpoint", "--count")
            self.assertGreater(int(begins), 5, name)  # several runs
            whole = tape.read_bytes()
            for at in self.times(tape):
                # A pipe cannot be sought in: it is read from its start.
                self.assertEqual(state(tape, "--at", at), state("-", "--at", at, data=whole), (name, at))
            self.assertEqual(state(tape), state("-", data=whole), name)

    def digest_before(self, tape, at):
        """SHA-256 of the canonical form of the whole state: a cut begins with a checkpoint that says it."""
        cut = self.folder / "digest.tape"
        run(tool("cat"), tape, "--from", at, "--limit", "1", "--format", "tape", "-o", cut, "--force")
        events = [json.loads(line) for line in run(tool("cat"), cut, "--kind", "checkpoint")[0].splitlines()]
        return events[-1]["body"]["state"]["end"]["sha256"]

    def test_the_digest_from_a_checkpoint_is_that_from_the_start(self):
        for name, form, lines in CAPTURES:
            tape = self.record_capture(name, form, lines, *OFTEN)
            bare = self.folder / "bare.tape"
            own = [json.loads(line)["ordinal"] for line in run(tool("cat"), tape, "--kind", "checkpoint")[0].splitlines()]
            kept = [f"{a + 1}-{b - 1}" for a, b in zip([0, *own], [*own, 10**9]) if b - a > 1]
            run(tool("cat"), tape, "--ordinal", ",".join(kept), "--format", "tape", "-o", bare, "--force")
            self.assertEqual(run(tool("cat"), bare, "--kind", "checkpoint", "--count")[0], b"0\n")
            digests = [(self.digest_before(tape, at), self.digest_before(bare, at)) for at in self.times(tape, 3 * INSTANTS)]
            for one, other in digests:
                self.assertEqual(one, other, name)
            self.assertGreater(len({one for one, _ in digests}), len(digests) // 2, name)

    def test_checkpoints_are_no_frames_and_can_be_left_out(self):
        name, form, lines = CAPTURES[0]
        with_some = self.record_capture(name, form, lines, *OFTEN)
        frames, _ = run(tool("cat"), with_some, "--format", "raw")
        run(tool("verify"), with_some)
        without = self.record_capture(name, form, lines, "--checkpoint", "off", "--force")
        self.assertEqual(run(tool("cat"), without, "--kind", "checkpoint", "--count")[0], b"0\n")
        self.assertEqual(run(tool("cat"), without, "--format", "raw")[0], frames)

    def test_a_damaged_checkpoint_is_passed_over(self):
        name, form, lines = CAPTURES[0]
        tape = self.record_capture(name, form, lines, *OFTEN)
        at = self.times(tape)[-1]
        wanted = state(tape, "--at", at)
        # Every checkpoint loses its last part: what is left is no whole run.
        events = [json.loads(line) for line in run(tool("cat"), tape)[0].splitlines()]
        ends = [e["ordinal"] for e in events if e["kind"] == "checkpoint" and "end" in e["body"]["state"]]
        self.assertTrue(ends)
        kept, begin = [], 1
        for end in ends:
            kept.append(f"{begin}-{end - 1}")
            begin = end + 1
        kept.append(f"{begin}-{events[-1]['ordinal']}")
        cut = self.folder / "cut.tape"
        run(tool("cat"), tape, "--format", "tape", "-o", cut, "--ordinal", ",".join(kept))
        self.assertEqual(state(cut, "--at", at)["books"], wanted["books"])

    def test_a_cut_and_a_rotated_file_stand_alone(self):
        name, form, lines = CAPTURES[0]
        tape = self.record_capture(name, form, lines, "--checkpoint", "off")
        whole = state(tape)
        middle = self.times(tape)[INSTANTS // 2 - 1]
        cut, bare = self.folder / "cut.tape", self.folder / "bare.tape"
        run(tool("cat"), tape, "--from", middle, "--format", "tape", "-o", cut)
        run(tool("cat"), tape, "--from", middle, "--format", "tape", "--checkpoint", "off", "-o", bare)
        self.assertEqual(state(cut)["books"], whole["books"])
        self.assertEqual(state("-", data=cut.read_bytes())["books"], whole["books"])
        self.assertNotEqual(state(bare)["books"], whole["books"])
        run(tool("verify"), cut)
        files = self.folder / "files"
        files.mkdir()
        data = b"".join(content(SAMPLES / name).splitlines(keepends=True)[:lines])
        run(tool("record"), "-", "--input", form, "-o", files / "piece.tape", "--rotate-size", "16K",
            "--chunk", "32K", data=data)
        first = lambda path: json.loads(run(tool("cat"), path, "--limit", "1")[0])["ordinal"]
        pieces = sorted(files.iterdir(), key=first)
        self.assertGreater(len(pieces), 2)
        for count in range(2, len(pieces) + 1, 1 if not SANITIZED else 8):
            self.assertEqual(state(pieces[count - 1])["books"], state(*pieces[:count])["books"], count)

    def kraken_feed(self, count):
        """A made book feed that never lies: a snapshot, then numbered changes far from crossing."""
        chance = random.Random(5)
        side = lambda best, step: [{"price": best + step * i, "qty": 10.0 + i} for i in range(20)]
        frames = [{"feed": "book_snapshot", "product_id": "PI_XBTUSD", "timestamp": 1612269825817, "seq": 100,
                   "tickSize": None, "bids": side(1000.0, -1.0), "asks": side(1001.0, 1.0)}]
        for i in range(count):
            buy = chance.random() < 0.5
            price = 1000.0 - chance.randrange(20) if buy else 1001.0 + chance.randrange(20)
            frames.append({"feed": "book", "product_id": "PI_XBTUSD", "side": "buy" if buy else "sell", "seq": 101 + i,
                           "price": price, "qty": float(chance.randrange(1, 90)), "timestamp": 1612269825900 + i})
        return frames

    def record_frames(self, frames):
        tape = self.folder / "made.tape"
        run(tool("record"), "-", "--venue", "kraken-futures", "-o", tape, "--force",
            data=b"".join(json.dumps(frame).encode() + b"\n" for frame in frames))
        return tape

    def test_every_injected_fault_is_found_and_nothing_else(self):
        clean = state(self.record_frames(self.kraken_feed(400)))["books"][0]
        self.assertEqual((clean["trust"], clean.get("gaps", 0), clean.get("dropped", 0)), ("verified", 0, 0))
        chance = random.Random(11)
        for fault in ("drop", "duplicate", "swap"):
            for _ in range(2 if SANITIZED else 12):
                frames = self.kraken_feed(400)
                at = chance.randrange(2, 399)
                if fault == "drop":
                    del frames[at]
                elif fault == "duplicate":
                    frames.insert(at + 1, frames[at])
                else:
                    frames[at], frames[at + 1] = frames[at + 1], frames[at]
                book = state(self.record_frames(frames))["books"][0]
                gaps, dropped = {"drop": (1, 0), "duplicate": (0, 1), "swap": (1, 1)}[fault]
                if fault == "swap":
                    # Behind the one that came early its two successors stand out: one is late, one follows a hole.
                    self.assertGreaterEqual(book.get("gaps", 0), 1, at)
                else:
                    self.assertEqual(book.get("gaps", 0), gaps, (fault, at))
                self.assertEqual(book.get("dropped", 0), dropped, (fault, at))
                self.assertEqual(book["trust"], "verified" if fault == "duplicate" else "suspect", (fault, at))
                if fault != "duplicate":
                    # Since the very event behind the hole: session, frames in order from ordinal 2 on.
                    self.assertIn(book["sinceOrdinal"], (at + 2, at + 3, at + 4), (fault, at))

    def test_a_fault_in_one_book_leaves_the_others_alone(self):
        frames = []
        for i, frame in enumerate(self.kraken_feed(200)):
            frames.append(frame)
            frames.append({**frame, "product_id": "PI_ETHUSD"})
            if i == 120:
                frames.pop()
        books = {book["symbol"]: book for book in state(self.record_frames(frames))["books"]}
        self.assertEqual(books["PI_ETHUSD"]["trust"], "suspect")
        self.assertEqual(books["PI_XBTUSD"]["trust"], "verified")

    def test_check_finds_the_difference_of_the_seeds_and_no_other(self):
        frames = b"".join(
            json.dumps(json.loads((SAMPLES / f"binance_usdm/seeds/binance_account_update_{seed}.json").read_bytes())).encode()
            + b"\n" for seed in SEEDS)
        tape = self.folder / "seeds.tape"
        run(tool("record"), "-", "--venue", "binance-usdm", "--account", "desk", "-o", tape, data=frames)
        out, _ = run(tool("state"), tape, "--check", "--format", "json", expect=3)
        lines = [json.loads(line) for line in out.splitlines()]
        differences = [line.get("difference", "").lstrip("-") for line in lines[:-1]]
        self.assertIn("0.01145905", differences)
        self.assertEqual(lines[-1]["drifts"], len(differences))
        for line in lines[:-1]:
            self.assertTrue(line["rebuiltAt"] and line["snapshotAt"] and line["rebuiltOrdinal"] and line["snapshotOrdinal"])
        text, _ = run(tool("state"), tape, "--check", expect=3)
        self.assertIn(b"0.01145905", text)

    def test_check_holds_every_book_snapshot(self):
        frames = self.kraken_feed(100)
        levels = {"buy": {}, "sell": {}}
        for frame in frames[1:]:
            levels[frame["side"]][frame["price"]] = frame["qty"]
        for name, key in (("bids", "buy"), ("asks", "sell")):
            for level in frames[0][name]:
                levels[key].setdefault(level["price"], level["qty"])
        again = {**frames[0], "seq": 201, "bids": [{"price": p, "qty": q} for p, q in levels["buy"].items()],
                 "asks": [{"price": p, "qty": q} for p, q in levels["sell"].items()]}
        self.assertIn(b"1 snapshots", run(tool("state"), self.record_frames(frames + [again]), "--check")[0])
        again["bids"][3]["qty"] += 1
        out, _ = run(tool("state"), self.record_frames(frames + [again]), "--check", "--format", "json", expect=3)
        drift = json.loads(out.splitlines()[0])
        self.assertEqual((drift["field"], drift["difference"].rstrip("0").rstrip(".")), ("quantity", "1"))
        self.assertEqual(len(out.splitlines()), 2)

    def test_diff_and_every(self):
        tape = self.record_capture(*CAPTURES[0])
        self.assertEqual(run(tool("state"), tape, "--diff", "+1s", "+1s")[0], b"")
        out, _ = run(tool("state"), tape, "--every", "1s", "--format", "json")
        states = [json.loads(line) for line in out.splitlines()]
        self.assertGreater(len(states), 20)
        ordinals = [one["ordinal"] for one in states]
        self.assertEqual(ordinals, sorted(set(ordinals)))
        self.assertEqual(states[-1], state(tape))
        at = states[len(states) // 2]
        self.assertEqual(at, state(tape, "--at", f"@#{at['session']}:{at['ordinal']}"))
        out, _ = run(tool("state"), tape, "--diff", "+0s", at["stateAt"], "--view", "books", "--format", "json")
        self.assertTrue(any(json.loads(line)["field"] == "sequence" for line in out.splitlines()))

    def test_follow_stays_current(self):
        tape = self.folder / "live.tape"
        recorder = subprocess.Popen([tool("record"), "-", "--venue", "kraken-futures", "-o", str(tape), "--flush", "1ms"],
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.addCleanup(recorder.wait, 30)
        self.addCleanup(recorder.stdin.close)
        frames = [json.dumps(frame).encode() + b"\n" for frame in self.kraken_feed(60)]
        recorder.stdin.write(frames[0])
        recorder.stdin.flush()
        for _ in range(1000):
            if tape.exists() and tape.stat().st_size > 0:
                break
            time.sleep(0.01)
        follower = subprocess.Popen([tool("state"), str(tape), "--follow", "--format", "json", "--view", "books"],
                                    stdout=subprocess.PIPE)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.wait, 30)
        self.addCleanup(follower.kill)
        recorder.stdin.write(b"".join(frames[1:]))
        recorder.stdin.flush()
        for _ in range(1000):  # lines; the harness bounds the time
            line = follower.stdout.readline()
            self.assertTrue(line)
            books = json.loads(line).get("books", [])
            if books and books[0]["sequence"] == 160:
                break
        self.assertEqual(books[0]["sequence"], 160)
        self.assertTrue(re.match(rb"\{", line))

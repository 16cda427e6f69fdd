"""What a broken sequence looks like on the tape, by each venue's own rule, and what state says of it."""

import json
import unittest

from support import SAMPLES, TestCase, cat, content, record, run, tool


def events(tape, *options):
    return [json.loads(line) for line in cat(tape, *options).splitlines()]


class Gaps(TestCase):
    def test_a_missing_kraken_delta_is_a_gap_and_nothing_else_is(self):
        lines = content(SAMPLES / "kraken_futures" / "cf_20210722_ws.txt.zst").splitlines(keepends=True)
        self.assertEqual(events(record(b"".join(lines), "--input", "cryptofeed"), "--kind", "gap"), [])
        books = [at for at, line in enumerate(lines) if b'"feed":"book",' in line and b"PI_ETHUSD" in line and b"seq" in line]
        victim = books[100]
        lost = json.loads(lines[victim].split(b": ", 1)[1])
        del lines[victim]
        gaps = events(record(b"".join(lines), "--input", "cryptofeed"), "--kind", "gap")
        self.assertEqual(len(gaps), 1)
        body = gaps[0]["body"]
        self.assertEqual(body["expected"], lost["seq"])
        self.assertEqual(body["got"], lost["seq"] + 1)
        self.assertEqual(body["missing"], 1)
        self.assertEqual(body["concerns"]["symbol"], "PI_ETHUSD")

    def test_a_missing_binance_diff_is_a_gap(self):
        lines = content(SAMPLES / "binance_usdm" / "cf_20210722_ws.txt.zst").splitlines(keepends=True)
        self.assertEqual(events(record(b"".join(lines), "--input", "cryptofeed"), "--kind", "gap"), [])
        diffs = [at for at, line in enumerate(lines) if b"depthUpdate" in line]
        symbol = json.loads(lines[diffs[5]].split(b": ", 1)[1])["data"]["s"]
        same = [at for at in diffs if json.loads(lines[at].split(b": ", 1)[1])["data"]["s"] == symbol]
        del lines[same[3]]
        gaps = events(record(b"".join(lines), "--input", "cryptofeed"), "--kind", "gap")
        self.assertEqual([gap["body"]["concerns"]["symbol"] for gap in gaps], [symbol])

    def test_a_repeated_frame_is_said(self):
        lines = content(SAMPLES / "kraken_futures" / "gct_20261009_ws.ndjson").splitlines(keepends=True)
        book = next(at for at, line in enumerate(lines) if b'"feed":"book",' in line)
        lines.insert(book + 1, lines[book])
        gaps = events(record(b"".join(lines)), "--kind", "gap", "--channel", "book")
        self.assertEqual([gap["body"]["kind"] for gap in gaps], ["repeated"])


class Account(TestCase):
    def test_the_documented_example_and_its_honest_difference(self):
        seeds = SAMPLES / "binance_usdm" / "seeds"
        names = ["1_deposit_before", "1_deposit_after", "2_order_after", "3_margin_type_after"]
        objects = [json.loads((seeds / f"binance_account_update_{name}.json").read_bytes()) for name in names]
        data = b"".join(json.dumps(value).encode() + b"\n" for value in objects)
        path = self.write("account.tape", record(data, "--account", "desk"))
        out, _ = run(tool("state"), path, "--view", "account", "--format", "json")
        text = out.decode()
        self.assertIn("0.01145905", text)
        for wanted in ("94.90282656", "93.71241461", "0.02571331"):
            self.assertIn(wanted, text)

    def test_the_main_job_in_one_pipe(self):
        capture = content(SAMPLES / "kraken_futures" / "cf_20210722_ws.txt.zst")
        path = self.folder / "k.tape"
        run(tool("record"), "-", "--input", "cryptofeed", "-o", path, data=capture)
        run(tool("info"), path)
        books, _ = run(tool("state"), path, "--view", "books", "--depth", "5")
        self.assertIn(b"PI_ETHUSD", books)
        run(tool("verify"), path)


if __name__ == "__main__":
    unittest.main()

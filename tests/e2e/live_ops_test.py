"""Operating a live recorder: rotation, ends, metrics, stalls, a full disk, wrong words, configuration."""

import http.client
import json
import os
import re
import signal
import unittest

from support import SAMPLES, TestCase, run, tool
from venue import (PATIENCE, SYMBOLS, LiveTestCase, Recorder, Server, events, frames, kinds, kraken_market, kraken_options,
                   wait_for)


class Files(LiveTestCase):
    def test_rotation_on_hangup_loses_and_doubles_nothing(self):
        server = Server(self, "kraken", "--rate", "1000", "--loop")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server),
                            output=self.folder / "live-%H%M%S.tape")
        paths = []
        for count in range(1, 6):
            made = wait_for(lambda: [path for path in self.folder.glob("live-*.tape") if path not in paths], what=f"file {count}")
            paths += made
            self.assertEqual(len(paths), count)
            if count < 5:
                wait_for(lambda: b'"feed":"book",' in frames(paths[-1], 1), what="frames in it")
                recorder.process.send_signal(signal.SIGHUP)
        server.hush()
        wait_for(lambda: sum(len(frames(path, 1)) for path in paths) >= len(server.sent(1)), what="all frames")
        recorder.stop()
        for path in paths:
            run(tool("verify"), path)
        self.assertTrue(b"".join(frames(path, 1) for path in paths) == server.sent(1))
        all_events = [event for path in paths for event in events(path)]
        self.assertEqual(len({event["session"] for event in all_events}), 1)
        self.assertEqual([event["ordinal"] for event in all_events], list(range(1, len(all_events) + 1)))
        ends = [event["body"].get("nextFile", "") for event in all_events if event["kind"] == "end"]
        self.assertEqual(ends, [path.name for path in paths[1:]] + [""])
        chain = self.write("chain.tape", b"".join(path.read_bytes() for path in paths))
        run(tool("verify"), chain)
        self.assertBooks(server, chain)

    def test_kill_leaves_what_was_flushed(self):
        server = Server(self, "kraken", "--rate", "1000", "--loop")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--flush", "100ms")
        count = lambda: server.sent(1).count(b"\n") if server.connections() else 0
        wait_for(lambda: count() > 2000, what="frames")
        # What was sent as many frames before as the venue sends in two seconds has been flushed long since.
        old = server.sent(1)
        wait_for(lambda: count() > old.count(b"\n") + 2000 * PATIENCE, what="more frames")
        recorder.process.kill()
        recorder.process.wait()
        got = frames(recorder.tape, 1)
        self.assertGreaterEqual(len(got), len(old))
        self.assertTrue(server.sent(1).startswith(got))
        run(tool("verify"), recorder.tape)

    def test_termination_ends_in_order(self):
        server = Server(self, "kraken")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server))
        wait_for(lambda: kinds(recorder.tape, "bookDelta"), what="deltas")
        self.assertEqual(recorder.stop(), "")
        last = events(recorder.tape)[-1]
        self.assertEqual((last["kind"], last["body"]["reason"]), ("end", "signal"))
        self.assertIn(": clean", run(tool("info"), recorder.tape)[0].decode())
        # It was we who closed: nothing was lost.
        self.assertEqual(kinds(recorder.tape, "connectionLost"), [])

    def test_a_disk_that_is_nearly_full_ends_it(self):
        server = Server(self, "kraken")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--min-free", "9999T")
        recorder.process.wait(timeout=30 * PATIENCE)
        self.assertIn("--min-free", recorder.stop(expect=1))


class Watching(LiveTestCase):
    def test_metrics_are_what_prometheus_reads(self):
        server = Server(self, "kraken", "--drop-after", "500")
        path = self.folder / "tape.prom"
        recorder = Recorder(self, "-v", "kraken-futures", *kraken_market(), *kraken_options(server),
                            "--metrics", "127.0.0.1:0", "--metrics-file", path)
        address = wait_for(lambda: re.search(r"http://(127\.0\.0\.1:\d+)/metrics", recorder.errors()), what="an address")[1]
        lost = b'tape_connections_lost_total{venue="kraken-futures"} 1\n'
        wait_for(lambda: self.get(address)[1].find(lost) >= 0, what="the loss in the metrics")
        status, text, kind = self.get(address)
        self.assertEqual((status, kind.split(";")[0]), (200, "text/plain"))
        for metrics in (text, wait_for(lambda: path.exists() and path.read_bytes(), what="the file")):
            said = run("promtool", "check", "metrics", data=metrics)
            self.assertEqual(said, (b"", ""))
        figures = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))
        self.assertGreaterEqual(float(figures['tape_frames_total{venue="kraken-futures"}']), 500)
        self.assertGreater(float(figures['tape_requests_total{venue="kraken-futures"}']), 2)
        self.assertEqual(self.get(address, "/")[0], 404)
        recorder.stop()

    def get(self, address, target="/metrics"):
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.getheader("Content-Type", "")
        finally:
            connection.close()

    def test_a_market_that_stands_still_is_a_stall(self):
        server = Server(self, "kraken", "--rate", "300", "--loop")
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--stall", "2s")
        wait_for(lambda: len(frames(recorder.tape, 1).splitlines()) > 1500, what="a history of the feeds")
        self.assertEqual(kinds(recorder.tape, "stalled"), [])
        server.command("quiet")
        told = wait_for(lambda: kinds(recorder.tape, "stalled"), 60, "a stall")[0]
        self.assertIn(told["body"]["what"], ("only heartbeats", "silent"))
        wait_for(lambda: any(event["body"]["what"] == "only heartbeats" for event in kinds(recorder.tape, "stalled")),
                 what="only heartbeats")
        self.assertGreaterEqual(told["body"]["silence"], 2e9)
        concerned = {entry.get("symbol") for event in kinds(recorder.tape, "stalled") for entry in event["body"]["concerns"]}
        self.assertLessEqual(set(SYMBOLS[:2]), concerned)
        self.assertIn("only heartbeats", recorder.errors())
        recorder.stop()


class Words(TestCase):
    def refused(self, *options):
        _, errors = run(tool("record"), "kraken-futures", "-o", self.folder / "a.tape", *options, expect=2)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertFalse((self.folder / "a.tape").exists())
        return errors

    def test_unknown_names_are_usage_errors(self):
        for options, named in ((("--symbol", "PI_ETHUSD", "--feed", "boook"), "boook"),
                               (("--symbol", "PI ETHUSD"), "PI ETHUSD"),
                               (("--symbol", "PI_ETHUSD", "--endpoint", "webocket=wss://x/"), "webocket"),
                               (("--symbol", "PI_ETHUSD", "--poll", "ticker=5s"), "ticker"),
                               (("--symbol", "PI_ETHUSD", "--poll", "tickers=often"), "tickers=often"),
                               (("--feed", "book"), "symbols"), ((), "symbols")):
            with self.subTest(options):
                self.assertIn(named, self.refused(*options))
        _, errors = run(tool("record"), "kraken-futures", "binance-usdm", "--symbol", "PI_ETHUSD", "-o", self.folder / "a.tape",
                        expect=2)
        self.assertIn("kraken-futures:PI_ETHUSD", errors)

    def test_what_there_is_to_record(self):
        out = run(tool("record"), "--list-feeds")[0].decode()
        for word in ("kraken-futures", "binance-usdm", "open_orders_verbose", "bookTicker", "userData", "status_page"):
            self.assertIn(word, out)
        self.assertNotIn("bookTicker", run(tool("record"), "kraken-futures", "--list-feeds")[0].decode())

    def test_a_dry_run_says_what_would_be_done(self):
        out = run(tool("record"), "kraken-futures", "binance-usdm", "--symbol", "kraken-futures:PI_ETHUSD", "--symbol",
                  "binance-usdm:BTCUSDT", "--dry-run")[0].decode()
        self.assertIn("connect public to wss://futures.kraken.com/ws/v1", out)
        self.assertIn('{"event":"subscribe","feed":"book","product_ids":["PI_ETHUSD"]}', out)
        self.assertRegex(out, r"connect .* to wss://fstream\.binance\.com/\S*public")
        self.assertIn("btcusdt@depth", out)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_configuration_file(self):
        path = self.write("tape.toml", b'source = "kraken-futures"\nsymbol = ["PI_ETHUSD"]\nfeed = ["book"]\n'
                          b'[endpoints]\nwebsocket = "wss://demo-futures.kraken.com/ws/v1"\n[polls]\ntickers = "10s"\n')
        out = run(tool("record"), "--config", path, "--dry-run")[0].decode()
        self.assertIn("wss://demo-futures.kraken.com/ws/v1", out)
        self.assertIn("/tickers", out)
        self.assertNotIn('"trade"', out)
        # The command line beats it.
        out = run(tool("record"), "--config", path, "--dry-run", "--feed", "trade")[0].decode()
        self.assertIn('"trade"', out)
        self.assertNotIn('"book"', out)
        path = self.write("key.toml", b'source = "kraken-futures"\n[[account]]\nlabel = "desk"\nkey = "canaryKEY"\n')
        _, errors = run(tool("record"), "--config", path, "--dry-run", expect=2)
        self.assertNotIn("canaryKEY", errors)

    def test_the_configurations_that_ship(self):
        keys = self.folder / "keys"
        keys.mkdir()
        for name in ("desk.key", "desk.secret"):
            (keys / name).write_text("Y2FuYXJ5Y2FuYXJ5\n")
            (keys / name).chmod(0o600)
        for name in ("kraken.toml", "binance.toml"):
            with self.subTest(name):
                text = (SAMPLES / "systemd" / name).read_text()
                out = run(tool("record"), "--config", SAMPLES / "systemd" / name, "--dry-run",
                          env={**os.environ, "CREDENTIALS_DIRECTORY": str(keys)})[0].decode()
                self.assertIn("connect", out)
                self.assertNotIn("canary", out)
                # A file is no address.
                self.assertNotRegex(text, r'(?m)^metrics = "/')


if __name__ == "__main__":
    unittest.main()

"""tape-replay steered, batched, in lock step, secured; tape-diff; a replay recorded again. Consumers are other processes."""

import concurrent.futures
import fcntl
import json
import os
import pty
import random
import select
import stat
import subprocess
import termios
import time
import unittest

import zmq

from support import BIN, SAMPLES, TestCase, content, free_port, run, tool

CONSUMER = str(BIN.parent / "samples" / "consumers" / "consumer")


class Player(TestCase):
    def setUp(self):
        super().setUp()
        self.tape = self.folder / "kraken.tape"
        capture = content(SAMPLES / "kraken_futures" / "cf_20210722_ws.txt.zst")
        run(tool("record"), "-", "--input", "cryptofeed", "-o", self.tape, data=capture)
        self.events = len(run(tool("cat"), self.tape)[0].splitlines())
        self.endpoint = f"ipc://{self.folder}/s"
        self.control = f"ipc://{self.folder}/c"
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)

    def start(self, *command):
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        return process

    def finish(self, process, expect=0):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, expect, (out, err))
        return out, err.decode()

    def receipt(self, *options, consumer=CONSUMER, expect=0):
        """A run with the sample consumer, which fails unless counts and digests agree."""
        path = self.folder / "receipt.json"
        run(tool("replay"), self.tape, "--receipt", path, "--exec", consumer, *options, expect=expect)
        return json.loads(path.read_text())

    def subscribe(self, *topics):
        socket = self.context.socket(zmq.SUB)
        socket.RCVTIMEO = 60_000
        socket.connect(self.endpoint)
        for topic in topics or ("",):
            socket.subscribe(topic)
        socket.subscribe("tape/")
        return socket

    def ask(self, **command):
        if not hasattr(self, "asking"):
            self.asking = self.context.socket(zmq.REQ)
            self.asking.RCVTIMEO = 60_000
            self.asking.connect(self.control)
        self.asking.send_string(json.dumps(command))
        return json.loads(self.asking.recv())

    def test_the_digest_is_the_same_at_all_speeds_batches_and_patterns(self):
        wanted = self.receipt("--speed", "max")
        self.assertEqual((wanted["complete"], wanted["events"], wanted["consumers"]), (True, self.events, 1))
        few = self.receipt("--to", "+2s", "--speed", "max")["digest"]
        self.assertEqual({self.receipt("--to", "+2s", "--speed", speed)["digest"] for speed in ("1", "50")}, {few})
        self.assertEqual(self.receipt("--to", "+100ms", "--speed", "0.1")["digest"],
                         self.receipt("--to", "+100ms", "--speed", "max")["digest"])
        for options in (["--speed", "max", "--batch", "64"], ["--speed", "max", "--batch", "7", "--clock"],
                        ["--speed", "500", "--gap", "1ms", "--spin"]):
            with self.subTest(options=options):
                self.assertEqual(self.receipt(*options)["digest"], wanted["digest"])
        pushed = self.receipt("--speed", "max", "--pattern", "push", consumer=CONSUMER + " --pull")
        self.assertEqual(pushed["digest"], wanted["digest"])
        json_form = [self.receipt("--speed", "max", "--format", "json", "--batch", n)["digest"] for n in ("1", "64")]
        self.assertEqual(len(set(json_form)), 1)

    def test_loops_are_one_run(self):
        receipt = self.receipt("--speed", "max", "--loop", "3", "--prime", "off")
        self.assertEqual((receipt["events"], receipt["loops"]), (3 * self.events, 3))
        out, err = run(tool("replay"), "-", "--loop", "2", "--speed", "max", "--exec", CONSUMER,
                       data=self.tape.read_bytes(), expect=2)
        self.assertEqual(out, b"")  # no consumer was started
        self.assertIn("a pipe can be played once only", err)

    def test_lock_step_with_stalls_is_the_same_run(self):
        wanted = self.receipt("--speed", "max", "--to", "+1s")
        path = self.folder / "receipt.json"
        player = self.start(tool("replay"), self.tape, "--to", "+1s", "--speed", "max", "--bind", self.endpoint,
                            "--control", self.control, "--lockstep", "3", "--receipt", path)
        socket = self.subscribe()
        dice = random.Random(6)
        taken = 0
        while (message := socket.recv_multipart())[0] != b"tape/end/":
            if message[0] == b"tape/start/":
                continue
            taken += 1
            if dice.random() < 0.02:
                time.sleep(0.02)
            if taken % 3 == 0 and taken < wanted["events"]:
                self.assertTrue(self.ask(command="credit", count=3)["ok"])
        self.finish(player)
        self.assertEqual(json.loads(path.read_text())["digest"], wanted["digest"])
        self.assertEqual(taken, wanted["events"])

    def test_barriers_are_told_and_wait_for_credit(self):
        player = self.start(tool("replay"), self.tape, "--to", "+4s", "--speed", "max", "--bind", self.endpoint,
                            "--control", self.control, "--lockstep", "1", "--barrier", "1s")
        socket = self.subscribe()
        barriers = 0
        while (message := socket.recv_multipart())[0] != b"tape/end/":
            if message[0] == b"tape/clock/":
                self.assertTrue(json.loads(message[1])["barrier"])
                barriers += 1
                self.ask(command="credit")
        self.finish(player)
        self.assertGreaterEqual(barriers, 2)
        self.assertTrue(json.loads(message[1])["complete"])

    def test_without_credit_the_run_fails(self):
        player = self.start(tool("replay"), self.tape, "--speed", "max", "--bind", self.endpoint, "--control", self.control,
                            "--lockstep", "2", "--stall-timeout", "300ms")
        socket = self.subscribe()
        while (message := socket.recv_multipart())[0] != b"tape/end/":
            pass
        self.assertFalse(json.loads(message[1])["complete"])
        self.assertIn("no credit came", self.finish(player, 1)[1])

    def test_pause_step_seek_speed_stop(self):
        player = self.start(tool("replay"), self.tape, "--speed", "0.01", "--bind", self.endpoint, "--control", self.control,
                            "--prime", "off")
        self.assertEqual(self.ask(command="pause")["state"], "paused")
        socket = self.subscribe()
        self.assertEqual(socket.recv_multipart()[0], b"tape/start/")
        self.ask(command="step", count=2)
        ordinals = [int.from_bytes(socket.recv_multipart()[2][24:], "little") for _ in range(2)]
        self.assertEqual(ordinals, [1, 2])
        self.assertEqual(socket.poll(100), 0)
        self.assertTrue(self.ask(command="seek", at="@#" + self.citation(5000))["ok"])
        self.ask(command="step")
        self.assertEqual(int.from_bytes(socket.recv_multipart()[2][24:], "little"), 5000)
        self.assertIn("is no time", self.ask(command="seek", at="soon")["error"])
        self.assertIn("nothing is played after", self.ask(command="seek", at="+99h")["error"])
        self.assertIn("expected one JSON object", self.ask(pause=True)["error"])
        self.assertEqual(self.ask(command="speed", speed="max")["speed"], "max")
        self.ask(command="resume")
        for _ in range(100):
            socket.recv_multipart()
        self.ask(command="stop")
        while (message := socket.recv_multipart())[0] != b"tape/end/":
            pass
        self.assertIn(json.loads(message[1])["reason"], ("stopped", "finished"))
        self.finish(player)

    def test_the_state_after_a_start_in_the_middle_is_that_of_a_full_play(self):
        wanted = self.state(self.tape)
        for options in (["--from", "+20s"], ["--from", "+20s", "--batch", "64"], ["--loop", "2"]):
            with self.subTest(options=options):
                copy = self.folder / "copy.tape"
                copy.unlink(missing_ok=True)
                recorder = self.start(tool("record"), self.endpoint, "-o", copy, "--timeout", "60s")
                run(tool("replay"), self.tape, "--speed", "max", "--bind", self.endpoint, *options)
                self.finish(recorder)
                checkpoints = run(tool("cat"), copy, "--kind", "checkpoint")[0]
                self.assertIn(b'"kind":"checkpoint"', checkpoints)
                self.assertNotIn(b"idRuns", checkpoints)
                if "--loop" not in options:
                    self.assertIn(b'"bids":[{"price":', checkpoints)
                    self.assertEqual(self.state(copy), wanted)

    def test_a_start_in_the_middle_can_begin_with_the_snapshots_of_the_venue(self):
        binance = self.folder / "binance.tape"
        capture = content(SAMPLES / "binance_usdm" / "cf_20210405_mixed.txt.zst")
        run(tool("record"), "-", "--input", "cryptofeed", "-o", binance, data=capture)
        for tape, from_, least in ((self.tape, "+20s", 5), (binance, "+60s", 1)):
            with self.subTest(tape=tape.name):
                copy = self.folder / "copy.tape"
                copy.unlink(missing_ok=True)
                recorder = self.start(tool("record"), self.endpoint, "-o", copy, "--timeout", "60s")
                run(tool("replay"), tape, "--speed", "max", "--bind", self.endpoint, "--from", from_, "--prime", "venue")
                self.finish(recorder)
                # The recorder may write checkpoints of its own, later.
                self.assertNotIn(b'"kind":"checkpoint"', run(tool("cat"), copy, "--limit", "20")[0])
                wanted, books = self.books(tape), self.books(copy)
                self.assertGreaterEqual(len(wanted), least)
                for symbol, sides in wanted.items():
                    self.assertEqual(books[symbol], sides, symbol)

    def books(self, tape):
        """Levels of each book that a snapshot completed."""
        state = json.loads(run(tool("state"), tape, "--view", "books", "--format", "json")[0])
        return {book["symbol"]: (book["bids"], book["asks"]) for book in state["books"] if book["complete"]}

    def state(self, tape):
        """All that is known at the end, but for the last event: a copy ends with one of its own."""
        state = json.loads(run(tool("state"), tape, "--format", "json")[0])
        return {key: value for key, value in state.items() if key not in ("session", "ordinal")}

    def citation(self, ordinal):
        """Of the first event at the moment of this one, so that a seek stops there exactly."""
        for line in run(tool("cat"), self.tape)[0].splitlines():
            event = json.loads(line)
            if event["ordinal"] == ordinal:
                return f"{event['session']}:{ordinal}"
        raise AssertionError("no such event")

    def test_losses_are_told_on_topics(self):
        """A consumer of one book learns of its gap; one that did not ask for that does not."""
        delta = '{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":%d,"price":10.5,"qty":1.0,"timestamp":1612269953629}'
        lines = ['{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":1,"tickSize":null,"bids":[],"asks":[]}']
        lines += [delta % seq for seq in (2, 3, 5)]
        holed = self.folder / "holed.tape"
        run(tool("record"), "-", "-o", holed, data="\n".join(lines).encode() + b"\n")
        kinds = {}
        for options in ((), ("--tell-topics",)):
            player = self.start(tool("replay"), holed, "--speed", "max", "--format", "json", "--bind", self.endpoint, *options)
            socket = self.subscribe("kraken-futures/book/PI_XBTUSD/")
            kinds[options] = []
            while (message := socket.recv_multipart())[0] != b"tape/end/":
                if message[0] == b"kraken-futures/book/PI_XBTUSD/":
                    kinds[options].append(json.loads(message[1])["kind"])
            socket.close(0)
            self.finish(player)
        self.assertEqual(kinds[()], ["bookSnapshot", "bookDelta", "bookDelta", "bookDelta"])
        self.assertEqual(kinds[("--tell-topics",)], ["bookSnapshot", "bookDelta", "bookDelta", "gap", "bookDelta"])

    def test_several_tapes_are_one_run_on_one_clock(self):
        binance = self.folder / "binance.tape"
        capture = content(SAMPLES / "binance_usdm" / "cf_20210722_ws.txt.zst")
        run(tool("record"), "-", "--input", "cryptofeed", "-o", binance, data=capture)
        events = [json.loads(line) for line in run(tool("cat"), self.tape, binance)[0].splitlines()]
        wanted = [(event["session"], event["ordinal"]) for event in events]
        self.assertEqual(len(set(session for session, _ in wanted)), 2)
        player = self.start(tool("replay"), self.tape, binance, "--speed", "max", "--bind", self.endpoint)
        socket = self.subscribe()
        got = []
        while (message := socket.recv_multipart())[0] != b"tape/end/":
            if message[0] != b"tape/start/":
                got.append((f"{int.from_bytes(message[2][16:24], 'little'):016x}", int.from_bytes(message[2][24:], "little")))
        self.finish(player)
        self.assertEqual(got, wanted)

    def test_two_filters_see_their_own_holes_only(self):
        player = self.start(tool("replay"), self.tape, "--speed", "max", "--wait", "2", "--bind", self.endpoint)
        sockets = [self.subscribe("kraken-futures/ticker_lite/"), self.subscribe("kraken-futures/book/")]

        def follow(socket, prefix):
            numbers, holes = {}, []
            while (message := socket.recv_multipart())[0] != b"tape/end/":
                if message[0].startswith(b"tape/"):
                    continue
                number = int.from_bytes(message[2][8:16], "little")
                if number != numbers.get(message[0], 0) + 1 or not message[0].startswith(prefix):
                    holes.append((message[0], number))
                numbers[message[0]] = number
            topics = json.loads(message[1])["topics"]
            return holes, numbers, {topic.encode(): topics[topic]["messages"] for topic in topics if topic.encode().startswith(prefix)}
        # A player waits for the slowest: both are read at once.
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            for holes, numbers, wanted in both.map(follow, sockets, (b"kraken-futures/ticker_lite/", b"kraken-futures/book/")):
                self.assertEqual((holes, numbers), ([], wanted))
                self.assertGreater(len(numbers), 3)
        self.finish(player)

    def test_who_joins_late_sees_what_he_missed(self):
        player = self.start(tool("replay"), self.tape, "--to", "+3s", "--bind", self.endpoint)
        first = self.subscribe()
        for _ in range(300):
            first.recv_multipart()
        late = self.subscribe()
        numbers = {}
        while (message := late.recv_multipart())[0] != b"tape/end/":
            numbers.setdefault(message[0], int.from_bytes(message[2][8:16], "little"))
        self.assertNotIn(b"tape/start/", numbers)
        self.assertGreater(max(numbers.values()), 1)
        while first.recv_multipart()[0] != b"tape/end/":
            pass
        self.finish(player)

    def test_keys_at_a_terminal(self):
        terminal, inner = pty.openpty()
        self.addCleanup(os.close, terminal)
        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        player = subprocess.Popen([tool("replay"), str(self.tape), "--speed", "0.2", "--bind", self.endpoint], stdin=inner, stderr=inner,
                                  preexec_fn=own_terminal)
        os.close(inner)
        self.addCleanup(lambda: player.poll() is None and player.kill())
        socket = self.subscribe()
        self.assertEqual(socket.recv_multipart()[0], b"tape/start/")
        shown = b""

        def press(key, wanted):
            nonlocal shown
            shown = b""
            os.write(terminal, key)
            deadline = time.monotonic() + 60
            while wanted not in shown and time.monotonic() < deadline:
                if select.select([terminal], [], [], 0.1)[0]:
                    shown += os.read(terminal, 4096)
            self.assertIn(wanted, shown[-1000:])
        press(b" ", b"paused")
        press(b"+", b"speed 0.4")
        press(b"-", b"speed 0.2")
        press(b"-", b"speed 0.1")
        press(b" ", b"playing")
        press(b"q", b"stopped")
        self.assertEqual(player.wait(60), 0)

    def test_a_replay_recorded_again_is_the_same_tape(self):
        for options in ([], ["--batch", "64"], ["--batch", "64", "--symbol", "PI_XBTUSD"]):
            with self.subTest(options=options):
                copy = self.folder / "copy.tape"
                copy.unlink(missing_ok=True)
                recorder = self.start(tool("record"), self.endpoint, "-o", copy, "--timeout", "60s")
                run(tool("replay"), self.tape, "--speed", "max", "--bind", self.endpoint, *options)
                self.finish(recorder)
                self.assertEqual(run(tool("diff"), self.tape, copy, *options[2:])[0], b"")
                run(tool("verify"), copy)

    def killed(self, *options, endpoint=None):
        """A recorder of a player that is killed while it plays."""
        endpoint = endpoint or self.endpoint
        copy = self.folder / f"copy{len(list(self.folder.iterdir()))}.tape"
        recorder = self.start(tool("record"), endpoint, "-o", copy, *options)
        player = self.start(tool("replay"), self.tape, "--speed", "0.5", "--bind", endpoint, "-v")
        while b"playing" not in player.stderr.readline():
            pass
        for _ in range(600):
            if copy.stat().st_size > 0:  # it begins with the first event
                break
            time.sleep(0.1)
        player.kill()
        player.wait()
        return recorder, copy

    def assertClosed(self, copy):
        run(tool("verify"), copy)
        self.assertEqual(json.loads(run(tool("cat"), copy)[0].splitlines()[-1])["kind"], "end")

    def test_a_killed_player_leaves_a_recording_that_says_so(self):
        recorders = [self.killed(), self.killed(endpoint=f"tcp://127.0.0.1:{free_port()}")]
        for recorder, copy in recorders:
            err = self.finish(recorder, 3)[1]
            self.assertRegex(err, r"error: .*the end marker was expected, but after \d+ events the connection was lost.* 10s.*"
                                  r"record the run again")
            self.assertClosed(copy)

    def test_silence_after_a_killed_player_ends_by_the_timeout(self):
        recorder, copy = self.killed("--timeout", "1s")
        self.assertIn("no end marker", self.finish(recorder, 1)[1])
        self.assertClosed(copy)

    def test_a_player_that_comes_back_is_recorded_on(self):
        recorder, copy = self.killed()
        run(tool("replay"), self.tape, "--to", "+2s", "--speed", "max", "--bind", self.endpoint)
        err = self.finish(recorder, 3)[1]
        self.assertIn("a new run began", err)
        self.assertIn("runs that another one followed before their end marker came: 1", err)
        # Its events, those of the first run before them.
        second = run(tool("cat"), self.tape, "--to", "+2s")[0].splitlines()
        self.assertGreaterEqual(len(run(tool("cat"), copy)[0].splitlines()), len(second))

    def test_diff_lists_what_differs(self):
        changed = self.folder / "part.tape"
        run(tool("cat"), self.tape, "--kind", "bookDelta,session,end", "--format", "tape", "-o", changed)
        out, _ = run(tool("diff"), self.tape, changed, "--format", "json", expect=3)
        last = json.loads(out.splitlines()[-1])
        self.assertFalse(last["equal"])
        self.assertEqual(last["missing"], last["a"] - last["b"])
        self.assertEqual((last["extra"], last["changed"], last["reordered"]), (0, 0, 0))
        run(tool("diff"), self.tape, expect=2)

    def test_two_recordings_of_one_feed_are_aligned_by_content(self):
        other = self.folder / "other.tape"
        capture = content(SAMPLES / "kraken_futures" / "cf_20210722_ws.txt.zst")
        run(tool("record"), "-", "--input", "cryptofeed", "-o", other, data=b"".join(capture.splitlines(True)[:-1]))
        out, _ = run(tool("diff"), self.tape, other, "--format", "json", "--kind", "bookDelta,bookSnapshot,ticker,trade", expect=None)
        last = json.loads(out.splitlines()[-1])
        self.assertLessEqual(last["missing"], 1)
        self.assertEqual((last["extra"], last["changed"], last["reordered"]), (0, 0, 0))

    def test_curve(self):
        keys = self.folder / "keys"
        public = run(tool("replay"), "--curve-keygen", keys)[0].decode().strip()
        self.assertEqual((len(public), stat.S_IMODE(keys.stat().st_mode)), (40, 0o600))
        run(tool("replay"), "--curve-keygen", keys, expect=1)
        copy = self.folder / "copy.tape"
        recorder = self.start(tool("record"), self.endpoint, "-o", copy, "--curve-server-key", public, "--timeout", "60s")
        run(tool("replay"), self.tape, "--speed", "max", "--bind", self.endpoint, "--curve-server", keys)
        self.finish(recorder)
        self.assertEqual(run(tool("diff"), self.tape, copy)[0], b"")
        _, err = run(tool("replay"), self.tape, "--bind", self.endpoint, "--curve-server", keys, "--wait-timeout", "500ms",
                     "--exec", CONSUMER + " --timeout 1", expect=1)
        self.assertIn("0 of 1 consumers", err)
        keys.chmod(0o644)
        _, err = run(tool("replay"), self.tape, "--bind", self.endpoint, "--curve-server", keys, expect=2)
        self.assertIn("chmod 600", err)

    def test_options_that_do_not_go_together(self):
        for options, text in ((["--batch", "2", "--format", "raw"], "--batch"), (["--lockstep", "1"], "--control"),
                              (["--barrier", "1s"], "--lockstep"), (["--clock", "--pattern", "push"], "--clock"),
                              (["--control", "tcp://0.0.0.0:1"], "only loopback")):
            with self.subTest(options=options):
                self.assertIn(text, run(tool("replay"), self.tape, "--exec", CONSUMER, *options, expect=2)[1])

    def test_a_stalling_subscriber_among_three_loses_nothing(self):
        stalling = ("import zmq,sys,time,random; c=zmq.Context(); s=c.socket(zmq.SUB); s.rcvhwm=10; s.connect(sys.argv[1]); "
                    "s.subscribe(''); n=0; r=random.Random(1)\nwhile True:\n m=s.recv_multipart()\n"
                    " if m[0]==b'tape/end/': break\n n+=m[0]!=b'tape/start/'\n if r.random()<0.001: time.sleep(0.05)\nprint(n)")
        player = self.start(tool("replay"), self.tape, "--speed", "max", "--loop", "3", "--prime", "off", "--wait", "3", "--bind", self.endpoint)
        slow = self.start("/usr/bin/python3", "-c", stalling, self.endpoint)
        quick = [self.start(CONSUMER, "--endpoint", self.endpoint) for _ in range(2)]
        for process in quick:
            self.assertTrue(json.loads(self.finish(process)[0])["ok"])
        self.assertEqual(int(self.finish(slow)[0]), 3 * self.events)
        self.finish(player)


if __name__ == "__main__":
    unittest.main()

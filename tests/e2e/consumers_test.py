"""tape-replay to the sample consumers, each a process of its own, in three languages."""

import functools
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from support import BIN, SAMPLES, TestCase, content, free_port, run, tool, wait_for

CONSUMERS = SAMPLES / "consumers"
PYTHON = "/usr/bin/python3"  # Debian's: it has python3-zmq


def has_pyzmq():
    return subprocess.run([PYTHON, "-c", "import zmq"], capture_output=True).returncode == 0


@functools.cache
def has_packages_of_node():
    """Installs them as the README says; without npm or its registry the consumer for Node is left out, and that is said."""
    if not shutil.which("node") or not shutil.which("npm"):
        print("the consumer for Node is left out: node and npm are not installed", file=sys.stderr)
        return False
    lock, installed = CONSUMERS / "package-lock.json", CONSUMERS / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return True
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=CONSUMERS, capture_output=True, timeout=300, check=False)
    if done.returncode != 0:
        print("the consumer for Node is left out: 'npm ci' fails, which needs npm's registry", file=sys.stderr)
    return done.returncode == 0


def commands():
    found = {"c++": [str(BIN.parent / "samples" / "consumers" / "consumer")]}
    if has_pyzmq():
        found["python"] = [PYTHON, "-B", str(CONSUMERS / "consumer.py")]
    if has_packages_of_node():
        found["node"] = ["node", str(CONSUMERS / "consumer.mjs")]
    return found


class Consumers(TestCase):
    def setUp(self):
        super().setUp()
        self.tape = self.folder / "kraken.tape"
        capture = content(SAMPLES / "kraken_futures" / "cf_20210722_ws.txt.zst")
        run(tool("record"), "-", "--input", "cryptofeed", "-o", self.tape, data=capture)
        self.events = len(run(tool("cat"), self.tape)[0].splitlines())
        self.endpoint = f"ipc://{self.folder}/s"

    def start(self, *command):
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (process.poll() is None and process.kill(), process.communicate()))
        return process

    def finish(self, process, expect=0):
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, expect, (out, err))
        return out, err.decode()

    def wait_for_start(self, player):
        """A player that was started with -v says when its consumers are there."""
        while b"playing" not in (line := player.stderr.readline()):
            self.assertTrue(line, "the player ended before it played")

    def consume(self, command, *arguments):
        return self.start(*command, "--endpoint", self.endpoint, *arguments)

    def test_exec_in_every_language_and_format(self):
        for name, command in commands().items():
            for form in ("capnp", "json", "raw"):
                with self.subTest(consumer=name, format=form):
                    out, _ = run(tool("replay"), self.tape, "--speed", "max", "--format", form, "--exec", " ".join(command))
                    seen = json.loads(out)
                    self.assertEqual((seen["messages"], seen["ok"], seen["holes"]), (self.events, True, 0))

    def test_consumers_with_filters_side_by_side(self):
        player = self.start(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "max", "--wait", len(commands()) * 2)
        book, everything = [], []
        for command in commands().values():
            book.append(self.consume(command, "kraken-futures/book/", "kraken-futures/recorder/"))
            everything.append(self.consume(command))
        for process in everything:
            self.assertEqual(json.loads(self.finish(process)[0])["messages"], self.events)
        few = {json.loads(self.finish(process)[0])["messages"] for process in book}
        self.assertEqual(len(few), 1)
        self.assertTrue(7000 < few.pop() < self.events)
        self.finish(player)

    def test_three_workers_share_the_events(self):
        command = commands()["c++"]
        player = self.start(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "max", "--pattern", "push", "--wait", "3")
        workers = [self.consume(command, "--pull") for _ in range(3)]
        seen = [json.loads(self.finish(worker)[0]) for worker in workers]
        self.finish(player)
        self.assertEqual(sum(one["messages"] for one in seen), self.events)
        self.assertTrue(all(one["ok"] and one["messages"] > 0 for one in seen), seen)

    def test_a_consumer_that_binds(self):
        consumer = self.consume(commands()["c++"], "--bind")
        run(tool("replay"), self.tape, "--connect", self.endpoint, "--speed", "max")
        self.assertEqual(json.loads(self.finish(consumer)[0])["messages"], self.events)

    def test_selection(self):
        out, _ = run(tool("replay"), self.tape, "--speed", "max", "--symbol", "PI_XBTUSD", "--kind", "bookDelta",
                     "--exec", commands()["c++"][0])
        wanted = run(tool("cat"), self.tape, "--symbol", "PI_XBTUSD", "--kind", "bookDelta")[0]
        self.assertEqual(json.loads(out)["messages"], len(wanted.splitlines()))

    def test_sigterm_ends_the_run_in_order(self):
        player = self.start(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "0.1", "-v")
        consumer = self.consume(commands()["c++"])
        self.wait_for_start(player)
        player.send_signal(signal.SIGTERM)
        self.finish(player, 0)
        seen = json.loads(self.finish(consumer, 1)[0])
        self.assertEqual((seen["end"], seen["complete"], seen["countsAgree"]), (True, False, True))

    def test_a_killed_player_is_noticed_after_the_timeout(self):
        player = self.start(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "0.1", "-v")
        consumer = self.consume(commands()["c++"], "--timeout", "2")
        self.wait_for_start(player)
        player.kill()
        seen = json.loads(self.finish(consumer, 1)[0])
        self.assertEqual((seen["end"], seen["ok"]), (False, False))

    def start_slowly(self, *options):
        return self.start(tool("replay"), self.tape, "--speed", "0.5", "-v", *options)

    def kill_during_the_run(self, player):
        self.wait_for_start(player)
        time.sleep(1)  # for the consumers to receive something
        player.kill()
        player.wait()

    def finish_lost(self, process):
        """It says so long before its timeout."""
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1, (out, err))
        seen = json.loads(out)
        self.assertEqual((seen["end"], seen["complete"], seen["ok"], seen["holes"]), (False, False, False, 0))
        self.assertGreater(seen["messages"], 0)
        self.assertIn(b"connection was lost without an end marker", err)

    def test_a_lost_connection_is_noticed(self):
        for endpoint, options, arguments in ((f"tcp://127.0.0.1:{free_port()}", [], []),
                                             (self.endpoint, [], ["--grace", "1"]),
                                             (self.endpoint, ["--pattern", "push"], ["--grace", "1", "--pull"])):
            with self.subTest(endpoint=endpoint, options=options):
                self.endpoint = endpoint
                player = self.start_slowly("--bind", endpoint, "--wait", len(commands()), *options)
                consumers = [self.consume(command, *arguments) for command in commands().values()]
                self.kill_during_the_run(player)
                for consumer in consumers:
                    self.finish_lost(consumer)

    def test_a_machine_that_vanished_is_noticed_by_the_kernel(self):
        """A consumer that only listens has the keep-alive timer of its connection running."""
        port = free_port()
        self.endpoint = f"tcp://127.0.0.1:{port}"
        player = self.start_slowly("--bind", self.endpoint, "--wait", len(commands()))
        for command in commands().values():
            self.consume(command)
        self.wait_for_start(player)
        # A timer of sending comes first.
        wait_for(lambda: self.timers_of_consumers(port) == ["02"] * len(commands()), what="the keep-alive timer of each consumer")

    @staticmethod
    def timers_of_consumers(port):
        """The kernel's timers of established connections to the port: 00 none, 01 sending, 02 keep-alive."""
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        return [row[5].split(":")[0] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"]

    def test_a_lost_connection_is_noticed_by_a_consumer_that_binds(self):
        for name, command in commands().items():
            with self.subTest(consumer=name):
                self.endpoint = f"tcp://127.0.0.1:{free_port()}"
                consumer = self.consume(command, "--bind", "--grace", "1")
                self.kill_during_the_run(self.start_slowly("--connect", self.endpoint))
                self.finish_lost(consumer)

    def test_another_run_does_not_complete_the_one_that_was_lost(self):
        for options, arguments in (([], []), (["--pattern", "push"], ["--pull"])):
            for name, command in commands().items():
                with self.subTest(consumer=name, options=options):
                    player = self.start_slowly("--bind", self.endpoint, *options)
                    consumer = self.consume(command, "--grace", "60", *arguments)
                    self.kill_during_the_run(player)
                    run(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "max", *options)
                    seen = json.loads(self.finish(consumer, 1)[0])
                    self.assertEqual((seen["end"], seen["complete"], seen["ok"]), (True, True, False))
                    self.assertGreater(seen["holes"], 0)

    def test_a_paused_player_is_waited_for(self):
        if not has_pyzmq():
            self.skipTest("no python3-zmq")
        control = f"ipc://{self.folder}/c"
        player = self.start_slowly("--bind", self.endpoint, "--wait", len(commands()), "--control", control)
        consumers = [self.consume(command, "--grace", "1") for command in commands().values()]
        self.wait_for_start(player)

        def ask(**command):
            run(PYTHON, "-c", "import sys, zmq; s = zmq.Context().socket(zmq.REQ); s.RCVTIMEO = 60000; s.connect(sys.argv[1]); "
                              "s.send_string(sys.argv[2]); s.recv()", control, json.dumps(command))

        ask(command="pause")
        time.sleep(3)
        self.assertEqual([consumer.poll() for consumer in consumers], [None] * len(consumers))
        ask(command="speed", speed="max")
        ask(command="resume")
        for consumer in consumers:
            self.assertEqual(json.loads(self.finish(consumer)[0])["messages"], self.events)
        self.finish(player)

    def test_a_killed_consumer_ends_the_run(self):
        player = self.start(tool("replay"), self.tape, "--bind", self.endpoint, "--speed", "0.1", "-v")
        consumer = self.consume(commands()["c++"])
        self.wait_for_start(player)
        consumer.kill()
        _, err = self.finish(player, 1)
        self.assertIn("left before the end", err)

    def test_a_stopped_consumer_ends_the_run_after_the_stall_timeout(self):
        if not has_pyzmq():
            self.skipTest("no python3-zmq")
        big = self.folder / "big.tape"
        with big.open("wb") as out:
            for _ in range(4):
                out.write(self.tape.read_bytes())
        player = self.start(tool("replay"), big, "--bind", self.endpoint, "--speed", "max", "--stall-timeout", "1s")
        self.start(PYTHON, "-c", "import zmq,sys,time; s=zmq.Context().socket(zmq.SUB); s.connect(sys.argv[1]); "
                           "s.subscribe(''); time.sleep(600)", self.endpoint)
        _, err = self.finish(player, 1)
        self.assertIn("took nothing for 1s", err)

    def test_bad_usage_and_failures_are_told(self):
        for arguments, status, text in (
                ([], 2, "--bind E, --connect E or --exec CMD"),
                (["--bind", "tcp://0.0.0.0:5555"], 2, "only loopback"),
                (["--bind", "tcp://127.0.0.1:1x"], 2, "port"),
                (["--bind", "nowhere"], 2, "is no endpoint"),
                (["--bind", "ipc://x", "--connect", "ipc://x"], 2, "--bind"),
                (["--exec", "true", "--speed", "0"], 2, "--speed 0"),
                (["--exec", "true", "--format", "xml"], 2, "--format"),
                (["--exec", "true", "--pattern", "req"], 2, "--pattern"),
                (["--bind", self.endpoint, "--wait-timeout", "100ms"], 1, "0 of 1 consumers came within 100ms"),
                (["--exec", "exit 3"], 1, "status 3"),
                (["--bind", f"ipc://{self.tape}"], 1, "is no socket")):
            with self.subTest(arguments=arguments):
                out, err = run(tool("replay"), self.tape, *arguments, expect=status)
                self.assertEqual(out, b"")
                self.assertIn(text, err)
        self.assertGreater(self.tape.stat().st_size, 1000)  # nothing was put in its place

    def test_a_torn_tape_plays_to_its_end_and_says_so(self):
        cut = self.write("cut.tape", self.tape.read_bytes()[:200_000])
        out, err = run(tool("replay"), cut, "--speed", "max", "--exec", commands()["c++"][0], expect=3)
        seen = json.loads(out)
        self.assertTrue(seen["ok"])
        self.assertTrue(0 < seen["messages"] < self.events)
        self.assertIn("cut.tape", err)


if __name__ == "__main__":
    unittest.main()

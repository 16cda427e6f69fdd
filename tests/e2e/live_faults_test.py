"""A network that breaks every few seconds: what came through is on the tape, what did not is an event, and the recorder
neither gives up nor grows. TAPE_SOAK=1 in the environment: ten minutes instead of one."""

import itertools
import os
import statistics
import subprocess
import time
import unittest

from support import SANITIZED, run, tool
from venue import (PYTHON, SUPPORT, SYMBOLS, LiveTestCase, Process, Recorder, Server, certificates, frames, kinds, kraken_options,
                   numbers_of, wait_for)

SOAK = os.environ.get("TAPE_SOAK", "") not in ("", "0")
LENGTH = 600 if SOAK else 40
EVERY = 5 if SOAK else 4
KEY, SECRET = "a2V5IG9mIGEgZGVzaw==", "c2VjcmV0IG9mIGEgZGVzaw=="
MOST_DELAY = 30e9
# One after the other; each holds until the next one, which a "pass" comes before.
FAULTS = ("reset", "cut 20000", "slice 50", "close", "stall", "cut 3000 reset", "delay 40", "drop", "refuse")


class Proxy(Process):
    def __init__(self, test, server):
        target = server.websocket.split("://")[1]
        super().__init__(test, "proxy", [PYTHON, "-B", SUPPORT / "chaos_proxy.py", target], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, bufsize=0)
        self.url = f"wss://127.0.0.1:{int(self.process.stdout.readline())}"

    def command(self, text):
        self.process.stdin.write(text.encode() + b"\n")


def is_prefix(got, sent, mark=b"*"):
    """Whether `got` is how `sent` begins, but for bytes that were overwritten."""
    if sent.startswith(got):
        return True
    return len(got) <= len(sent) and all(a == b or a == mark[0] for a, b in zip(got, sent))


class Faults(LiveTestCase):
    def test_nothing_that_came_through_is_lost(self):
        made = certificates(self.folder / "tls")
        server = Server(self, "kraken", "--tls", made / "good.pem", made / "good.key", "--rate", "150" if SOAK else "300", "--loop",
                        "--account-rate", "10", "--key", KEY, SECRET)
        proxy = Proxy(self, server)
        recorder = Recorder(self, "kraken-futures", "--symbol", ",".join(SYMBOLS), "--feed", "book,trade,ticker_lite,fills",
                            "--account", "desk=env:DESK", *kraken_options(server, proxy.url), "--ca-file", made / "ca.pem",
                            env={"DESK_KEY": KEY, "DESK_SECRET": SECRET})
        wait_for(lambda: kinds(recorder.tape, "bookDelta"), what="the market")
        memory = self.torment(server, proxy, recorder)
        proxy.command("pass")
        wait_for(lambda: self.is_whole(recorder.tape), 120, "all connections and books")
        server.hush()
        numbers = numbers_of(recorder.tape)
        standing = self.standing(recorder.tape)
        self.assertEqual(len(standing), 2)
        for number in standing:
            self.wait_until_recorded(server, recorder.tape, numbers[number], number)
        recorder.stop()

        self.check_frames(server, recorder.tape, numbers, standing)
        self.check_events(server, recorder.tape)
        self.assertBooks(server, recorder.tape)
        run(tool("verify"), recorder.tape)
        if not SANITIZED:
            self.check_memory(memory)

    def torment(self, server, proxy, recorder):
        """The memory that the recorder had meanwhile, in kB."""
        memory = []
        begun = time.monotonic()
        for number, fault in enumerate(itertools.cycle(FAULTS)):
            if time.monotonic() - begun > LENGTH:
                return memory
            proxy.command("pass")
            server.command("drop") if fault == "drop" else proxy.command(fault)
            while time.monotonic() - begun < EVERY * (number + 1):
                self.assertTrue(recorder.running(), recorder.errors())
                memory.append(recorder.status("VmRSS"))
                time.sleep(0.5)

    def standing(self, tape):
        """Connections that were opened and not lost."""
        lost = {event["connection"] for event in kinds(tape, "connectionLost")}
        return [event["connection"] for event in kinds(tape, "connectionOpened") if event["connection"] not in lost]

    def is_whole(self, tape):
        standing = self.standing(tape)
        books = {event["symbol"] for number in standing for event in kinds(tape, "bookSnapshot", connection=number)}
        fills = [number for number in standing if kinds(tape, "fill", connection=number)]
        return len(standing) == 2 and books == set(SYMBOLS) and fills

    def check_frames(self, server, tape, numbers, standing):
        """Of each connection the tape holds how it began, and all of it where it ended in order."""
        self.assertEqual(len(set(numbers.values())), len(numbers))
        closed = {event["connection"]: event["body"]["closeCode"] for event in kinds(tape, "connectionLost")}
        dropped = {event["connection"] for event in server.events("drop")}
        in_order = 0
        for event in kinds(tape, "connectionOpened"):
            number = event["connection"]
            got = frames(tape, number)
            if number not in numbers:
                self.assertEqual(got, b"", f"connection {number} has frames, but not the first one")
                continue
            sent = server.sent(numbers[number])
            self.assertTrue(is_prefix(got, sent), f"connection {number} of the tape, {numbers[number]} of the venue")
            if number in standing or (numbers[number] in dropped and closed[number] == 1012):
                self.assertEqual(len(got), len(sent), f"connection {number}: not whole")
                in_order += 1
        self.assertGreaterEqual(in_order, len(standing))

    def check_events(self, server, tape):
        """Connections of a link follow one another; every end and every attempt is told, within the policy."""
        self.assertGreaterEqual(len(kinds(tape, "connectionLost")), 5)
        for account in ("", "desk"):
            story = [event for event in kinds(tape, "connectionOpened", "connectionLost", "reconnectAttempt")
                     if event.get("account", "") == account]
            up, failures = False, 0
            for event in story:
                body = event["body"]
                if event["kind"] == "connectionOpened":
                    self.assertFalse(up)
                    if body.get("downFor"):
                        # A wait before each attempt, and each attempt's own time.
                        self.assertLessEqual(body["downFor"], (failures + 1) * (MOST_DELAY + 20e9))
                    up, failures = True, 0
                elif event["kind"] == "connectionLost":
                    self.assertTrue(up)
                    self.assertNotEqual(body["cause"], "")
                    up = False
                else:
                    self.assertFalse(up)
                    self.assertLessEqual(body["delay"], MOST_DELAY)
                    failures += 1
            self.assertTrue(up)
            attempts = [event["body"]["attempt"] for event in story if event["kind"] != "connectionLost"]
            for before, after in zip(attempts, attempts[1:]):
                # Counted on until a connection has stood for long.
                self.assertIn(after, (before, before + 1, 1, 2))

    def check_memory(self, memory):
        third = len(memory) // 3
        first, last = statistics.median(memory[:third]), statistics.median(memory[-third:])
        self.assertLess(last, first * 1.2 + 8192, f"{first} kB grew to {last} kB")


if __name__ == "__main__":
    unittest.main()

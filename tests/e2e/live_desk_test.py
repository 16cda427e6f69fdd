"""The desk's own frames come in by --accept and go out, with everything else, by --publish: never before they are on file."""

import json
import re
import struct
import sys
import threading
import unittest

from support import SAMPLES, SCHEMA, run, tool
from venue import (LiveTestCase, Recorder, Server, events, json_lines, kinds, kraken_market, kraken_options, wait_for)

sys.path.insert(0, str(SAMPLES / "consumers"))
try:
    import zmq
    from hand_in import HandIn
except ImportError:
    zmq = None

HEAD = struct.Struct("<QQQQ")  # run, number within the topic, session, ordinal
API = "/derivatives/api/v3/"


class Subscriber(threading.Thread):
    """Everything that is published, with the size that the file had when it came."""

    def __init__(self, endpoint, path):
        super().__init__(daemon=True)
        self.path, self.messages, self.ended = path, [], threading.Event()
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, 200)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.connect(endpoint)
        self.end = None

    def run(self):
        while not self.ended.is_set():
            try:
                topic, payload, head = self.socket.recv_multipart()
            except zmq.Again:
                continue
            size = self.path.stat().st_size
            if topic == b"tape/end/":
                self.end = json.loads(payload)
                break
            self.messages.append((topic, payload, HEAD.unpack(head), size))
        self.socket.close(0)


@unittest.skipUnless(zmq, "python3-zmq is not installed")
class Desk(LiveTestCase):
    def test_what_is_handed_in_is_on_the_tape(self):
        server = Server(self, "kraken", "--rate", "200")
        endpoint = f"ipc://{self.folder}/in"
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--accept", endpoint)
        desk = HandIn(endpoint, venue="kraken-futures", account="desk")
        other = HandIn(endpoint, venue="kraken-futures", account="hedge")
        self.addCleanup(desk.close)
        self.addCleanup(other.close)
        answer = lambda **more: json.dumps({"result": "success", "serverTime": "2026-11-22T10:00:04.217Z", **more})
        switch = lambda moment: answer(status={"currentTime": "2026-11-22T10:00:04.216Z", "triggerTime": moment})
        said = [
            ("sent", "sendorder", "orderType=lmt&symbol=PI_ETHUSD&side=buy&size=1000000&limitPrice=2000&cliOrdId=desk-1"),
            ("received", "sendorder", answer(sendStatus={"status": "insufficientAvailableFunds", "cliOrdId": "desk-1"})),
            ("sent", "cancelallordersafter", "timeout=60"),
            ("received", "cancelallordersafter", switch("2026-11-22T10:01:04.216Z")),
            ("sent", "cancelallordersafter", "timeout=60"),
            ("received", "cancelallordersafter", switch("2026-11-22T10:01:24.216Z")),
            ("sent", "cancelallordersafter", "timeout=0"),
            ("received", "cancelallordersafter", switch("0")),
        ]
        for direction, name, raw in said:
            more = {"status": 200, "latency": 1000} if direction == "received" else {}
            self.assertTrue(desk.put(direction, raw, method="POST", target=API + name, **more))
        self.assertTrue(other.put("sent", "timeout=5", method="POST", target=API + "cancelallordersafter"))
        handed_in = lambda label: events(recorder.tape, "--account", label, "--with-raw")
        wait_for(lambda: len(handed_in("desk")) == len(said) and handed_in("hedge"), what="the desk's frames")
        wait_for(lambda: kinds(recorder.tape, "bookDelta"), what="the market's")
        recorder.stop()

        got = handed_in("desk")
        self.assertEqual([(event["direction"], event["rest"]["target"], event["raw"]) for event in got],
                         [(direction, API + name, raw) for direction, name, raw in said])
        self.assertEqual({(event["venue"], event["transport"]) for event in got}, {("kraken-futures", "rest")})
        answers = got[1::2]
        self.assertEqual([event["kind"] for event in answers], ["orderAnswer"] + ["deadMansSwitch"] * 3)
        self.assertEqual(answers[0]["body"]["status"], "insufficientAvailableFunds")
        self.assertEqual([event["body"].get("triggerAt", "")[:19] for event in answers[1:3]],
                         ["2026-11-22T10:01:04", "2026-11-22T10:01:24"])
        self.assertTrue(answers[3]["body"]["disarmed"])
        # Stamped by the recorder, in the order of the tape.
        moments = [event["receivedAt"] for event in events(recorder.tape)]
        self.assertLess(min(moments), got[0]["receivedAt"])
        run(tool("verify"), recorder.tape)

    def test_what_is_published_is_what_the_file_holds(self):
        server = Server(self, "kraken", "--rate", "300")
        endpoint = f"ipc://{self.folder}/out"
        recorder = Recorder(self, "kraken-futures", *kraken_market(), *kraken_options(server), "--publish", endpoint)
        wait_for(recorder.tape.exists, what="the file")
        subscriber = Subscriber(endpoint, recorder.tape)
        subscriber.start()
        self.addCleanup(subscriber.ended.set)
        wait_for(lambda: len(subscriber.messages) > 2000, 60, "messages")
        server.hush()
        self.wait_until_recorded(server, recorder.tape, 1)
        recorder.stop()
        subscriber.join(timeout=30)
        self.assertIsNotNone(subscriber.end)

        published = self.decoded(b"".join(payload for _, payload, _, _ in subscriber.messages))
        held = self.decoded(run(tool("cat"), recorder.tape, "--format", "capnp")[0])
        self.assertEqual(len(published), len(subscriber.messages))
        self.assertTrue(held[-len(published):] == published, "what was published is not what the file holds")
        recorded = events(recorder.tape)
        ordinals = [head[3] for _, _, head, _ in subscriber.messages]
        self.assertEqual(ordinals, [event["ordinal"] for event in recorded][-len(ordinals):])
        self.assertEqual({f"{head[2]:016x}" for _, _, head, _ in subscriber.messages}, {recorded[0]["session"]})
        self.assertEqual((subscriber.end["events"], subscriber.end["complete"]), (len(recorded), True))
        self.check_numbers(subscriber.messages)
        self.check_that_the_file_came_first(recorder.tape, subscriber.messages)

    def decoded(self, stream):
        """By Cap'n Proto's own tool; ordinals aside, which follow one another in a stream and stand in the head of a message."""
        lines = run("capnp", "decode", "--short", SCHEMA, "Event", data=stream)[0].splitlines()
        return [re.sub(rb"\bordinal = \d+, ", b"", line, count=1) for line in lines]

    def check_numbers(self, messages):
        """Without holes in each topic, from the first one that was seen on."""
        last = {}
        for topic, _, (_, number, _, _), _ in messages:
            self.assertEqual(number, last.get(topic, number - 1) + 1, topic)
            last[topic] = number
        self.assertIn(b"kraken-futures/book/PI_ETHUSD/", last)

    def check_that_the_file_came_first(self, tape, messages):
        whole = tape.read_bytes()
        for at in range(0, len(messages), max(1, len(messages) // 40)):
            _, _, head, size = messages[at]
            prefix = self.folder / "prefix.tape"
            prefix.write_bytes(whole[:size])
            there = json_lines(run(tool("cat"), prefix, expect=None)[0])
            self.assertGreaterEqual(there[-1]["ordinal"], head[3], "published before it was on file")


if __name__ == "__main__":
    unittest.main()

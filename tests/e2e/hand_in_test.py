"""samples/consumers/hand_in.py: what a desk hands in is what a tape then says."""

import json
import subprocess
import unittest

from support import SAMPLES, TestCase, cat, record
from consumers_test import PYTHON, has_pyzmq


@unittest.skipUnless(has_pyzmq(), "python3-zmq is not installed")
class HandIn(TestCase):
    def test_messages_are_records(self):
        endpoint = f"ipc://{self.folder}/s"
        receiver = ("import sys, zmq\n"
                    "socket = zmq.Context().socket(zmq.PULL)\n"
                    "socket.setsockopt(zmq.RCVTIMEO, 60000)\n"
                    "socket.bind(sys.argv[1])\n"
                    "print('bound', flush=True)\n"
                    "for _ in range(4): print(socket.recv().decode(), flush=True)\n")
        pull = subprocess.Popen([PYTHON, "-c", receiver, endpoint], stdout=subprocess.PIPE)
        self.addCleanup(lambda: (pull.poll() is None and pull.kill(), pull.communicate()))
        self.assertEqual(pull.stdout.readline(), b"bound\n")
        subprocess.run([PYTHON, "-B", str(SAMPLES / "consumers" / "hand_in.py"), endpoint], check=True, timeout=60)
        lines, _ = pull.communicate(timeout=90)
        self.assertEqual(len(lines.splitlines()), 4)

        events = [json.loads(line) for line in cat(record(lines, "--input", "json")).splitlines()]
        frames = [event for event in events if event["direction"] != "local"]
        self.assertEqual([event["direction"] for event in frames], ["sent", "received"] * 2)
        self.assertEqual([frames[1]["kind"], frames[3]["kind"]], ["orderAnswer", "deadMansSwitch"])
        for event, line in zip(frames, lines.splitlines()):
            given = json.loads(line)
            self.assertEqual((event["venue"], event["account"], event["transport"]), ("kraken-futures", "desk", "rest"))
            self.assertEqual(event["receivedAt"], given["receivedAt"])
            self.assertEqual(event["rest"]["target"], given["rest"]["target"])
        self.assertEqual(frames[1]["rest"]["status"], 200)


if __name__ == "__main__":
    unittest.main()

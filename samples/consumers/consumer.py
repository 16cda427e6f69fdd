#!/usr/bin/env python3
"""A consumer for tape-replay: counts the events per topic and holds them against the end marker.

  tape-replay day.tape --speed max --exec 'python3 consumer.py'
  python3 consumer.py --endpoint tcp://127.0.0.1:5555 kraken-futures/book/

Copy this file and put your work where it says so. It needs pyzmq and xxhash (python3-zmq and python3-xxhash
in Debian) and nothing of tape.
"""

import argparse
import json
import os
import struct
import sys

import xxhash
import zmq

HEAD = struct.Struct("<QQQQ")  # run, number within the topic, session, ordinal


class Consumer:
    def __init__(self, pull, prefixes):
        self.pull = pull
        self.prefixes = prefixes
        self.topics = {}  # topic: [messages, bytes, last number, digest]
        self.lines = False
        self.run = None
        self.holes = 0
        self.end = None

    def take(self, topic, payload, head):
        """One message. False after the last one."""
        run, number, session, ordinal = HEAD.unpack(head)
        if topic == b"tape/start/":
            self.run = run
            self.lines = json.loads(payload)["format"] != "capnp"
            return True
        if topic == b"tape/end/":
            self.end = json.loads(payload)
            return False
        if topic == b"tape/clock/":
            return True
        count = self.topics.get(topic)
        if count is None:
            count = self.topics[topic] = [0, 0, 0, xxhash.xxh64()]
        # A worker gets a part of each topic, all others get every number.
        if (number <= count[2]) if self.pull else (number != count[2] + 1):
            self.holes += 1
        if self.run is not None and run != self.run:
            self.holes += 1
        count[0] += 1
        count[1] += len(payload)
        count[2] = number
        count[3].update(payload)
        if self.lines:
            count[3].update(b"\n")

        # Your work goes here: `payload` is a Cap'n Proto Event message, JSON or the frame, as --format says.
        return True

    def wanted(self, topic):
        return not self.prefixes or any(topic.startswith(prefix) for prefix in self.prefixes + ["tape/"])

    def agrees(self):
        """What the player says it sent of the topics that we wanted is what we got."""
        if self.end is None:
            return False
        sent = {topic: (count["messages"], count["bytes"], count["digest"]) for topic, count in self.end["topics"].items() if self.wanted(topic)}
        got = {topic.decode(errors="replace"): (count[0], count[1], count[3].hexdigest()) for topic, count in self.topics.items()}
        return self.pull or sent == got

    def report(self):
        """Prints the result; True when nothing is missing."""
        complete = self.end is not None and self.end["complete"]
        agree = self.agrees()
        ok = complete and agree and self.holes == 0
        print(json.dumps({
            "consumer": "python",
            "events": sum(count[0] for count in self.topics.values()),
            "bytes": sum(count[1] for count in self.topics.values()),
            "topics": len(self.topics),
            "holes": self.holes,
            "end": self.end is not None,
            "complete": complete,
            "countsAgree": agree,
            "ok": ok,
        }, separators=(",", ":")), flush=True)
        return ok


def main():
    parser = argparse.ArgumentParser(description="Counts what tape-replay plays and holds it against the end marker.")
    parser.add_argument("--endpoint", default=os.environ.get("TAPE_ENDPOINT"), help="default: $TAPE_ENDPOINT")
    parser.add_argument("--bind", action="store_true", help="bind; the player connects")
    parser.add_argument("--pull", action="store_true", help="be a worker of --pattern push")
    parser.add_argument("--curve", metavar="KEY", help="the player has --curve-server: its public key")
    parser.add_argument("--timeout", type=int, default=300, metavar="S", help="seconds without a message until giving up")
    parser.add_argument("prefixes", nargs="*", metavar="TOPIC-PREFIX", help="topics to subscribe to; none: all")
    options = parser.parse_args()
    if not options.endpoint:
        parser.error("no endpoint: --endpoint E or $TAPE_ENDPOINT")

    context = zmq.Context()
    socket = context.socket(zmq.PULL if options.pull else zmq.SUB)
    socket.setsockopt(zmq.RCVTIMEO, options.timeout * 1000)
    if options.curve:
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
        socket.curve_serverkey = options.curve.encode()
    (socket.bind if options.bind else socket.connect)(options.endpoint)
    if not options.pull:
        for prefix in options.prefixes or [""]:
            socket.subscribe(prefix)
        socket.subscribe("tape/")  # last: the player starts when this one arrives

    consumer = Consumer(options.pull, options.prefixes)
    try:
        while consumer.take(*socket.recv_multipart()):
            pass
    except zmq.Again:
        print("consumer.py: no message for too long", file=sys.stderr)
    socket.close(linger=0)
    context.term()
    return 0 if consumer.report() else 1


if __name__ == "__main__":
    sys.exit(main())

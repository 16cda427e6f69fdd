"""One run of tape-replay at the receiving end: hands out its messages and proves, against the end marker, that none is
missing, doubled, out of order or changed. Copy this module; it needs pyzmq and xxhash (python3-zmq and python3-xxhash
in Debian) and nothing of tape.

  run = tape_run.Run("tcp://127.0.0.1:5555", ["kraken-futures/book/"])
  for message in run:
      use(message.topic, message.payload)
  assert run.ok, run.result()
"""

import collections
import json
import struct

import xxhash
import zmq
from zmq.utils.monitor import recv_monitor_message

HEAD = struct.Struct("<QQQQ")  # run, number within the topic, session, ordinal
LOOK = 100  # milliseconds between two looks at the connection while nothing comes
# A machine that vanished without a word is a lost connection after 30 seconds.
KEEP_ALIVE = {zmq.TCP_KEEPALIVE: 1, zmq.TCP_KEEPALIVE_IDLE: 10, zmq.TCP_KEEPALIVE_INTVL: 5, zmq.TCP_KEEPALIVE_CNT: 4}

Message = collections.namedtuple("Message", "topic payload number session ordinal")
Message.__doc__ = """topic and payload are bytes; the payload is a Cap'n Proto message, JSON or the frame, as --format says. Session and
ordinal are the identity of the event."""


class Lost(Exception):
    """The player is gone: its connection was lost during the run and did not come back."""


class _Count:
    def __init__(self):
        self.messages = self.bytes = self.last = 0
        self.digest = xxhash.xxh64()


class Run:
    """Iterate over it, then ask for `ok` or `result()`. Raises zmq.Again when nothing comes for `timeout` seconds, Lost when
    the connection is lost during the run and not back within `grace` seconds."""

    def __init__(self, endpoint, prefixes=(), *, bind=False, pull=False, curve=None, timeout=300, grace=10):
        self.prefixes = list(prefixes)
        self.pull = pull  # a worker of --pattern push
        self.topics = collections.defaultdict(_Count)
        self.digest = xxhash.xxh64()
        self.lines = False
        self.run = None
        self.holes = 0
        self.end = None
        self.timeout = timeout
        self.grace = grace
        self._connections = 0
        self._lost = False
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PULL if pull else zmq.SUB)
        self._socket.setsockopt(zmq.RCVTIMEO, LOOK)
        for option, value in KEEP_ALIVE.items():
            self._socket.setsockopt(option, value)
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_CONNECTED | zmq.EVENT_ACCEPTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
        if curve:  # the public key of the player's --curve-server
            self._socket.curve_publickey, self._socket.curve_secretkey = zmq.curve_keypair()
            self._socket.curve_serverkey = curve.encode()
        (self._socket.bind if bind else self._socket.connect)(endpoint)
        if not pull:
            for prefix in self.prefixes or [""]:
                self._socket.subscribe(prefix)
            self._socket.subscribe("tape/")  # last: the player starts when this one arrives

    def __iter__(self):
        while self.end is None:
            message = self._take(*self._receive())
            if message is not None:
                yield message

    def close(self):
        self._socket.disable_monitor()  # first: libzmq would wait for ever to tell a monitor that is closed
        self._monitor.close()
        self._socket.close(linger=0)
        self._context.term()

    def _receive(self):
        silent = gone = 0  # milliseconds without a message, and without a connection
        while True:
            try:
                return self._socket.recv_multipart()
            except zmq.Again:  # all that came before a loss has been taken
                silent += LOOK
                gone = gone + LOOK if self._is_lost() and self.run is not None else 0
                if gone > self.grace * 1000:
                    raise Lost("the player's connection was lost without an end marker") from None
                if silent >= self.timeout * 1000:
                    raise

    def _is_lost(self):
        """A connection counts as back after the handshake: a proxy accepts for a player that is gone."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._lost = False
            elif event == zmq.EVENT_DISCONNECTED:
                self._connections -= 1
                if self._connections == 0:
                    self._lost = True
            else:
                self._connections += 1
        return self._lost

    def _take(self, topic, payload, head):
        """None: a marker."""
        run, number, session, ordinal = HEAD.unpack(head)
        if self.run is None:
            self.run = run
        if run != self.run:
            self.holes += 1
        if topic == b"tape/start/":
            self.lines = json.loads(payload)["format"] != "capnp"
            return None
        if topic == b"tape/end/":
            self.end = json.loads(payload)
            return None
        if topic == b"tape/clock/":
            return None
        count = self.topics[topic]
        # A worker gets a part of each topic, all others get every number.
        if (number <= count.last) if self.pull else (number != count.last + 1):
            self.holes += 1
        count.messages += 1
        count.bytes += len(payload)
        count.last = number
        for digest in (count.digest, self.digest):
            digest.update(payload)
            if self.lines:
                digest.update(b"\n")
        return Message(topic, payload, number, session, ordinal)

    def _wanted(self, topic):
        return not self.prefixes or any(topic.startswith(prefix) for prefix in self.prefixes + ["tape/"])

    def _agrees(self):
        """What the player says it sent of the topics that are wanted is what came; all of it also in the same order over the topics."""
        if self.pull:
            return True
        sent = {topic: (count["messages"], count["bytes"], count["digest"]) for topic, count in self.end["topics"].items() if self._wanted(topic)}
        got = {topic.decode(errors="replace"): (count.messages, count.bytes, count.digest.hexdigest()) for topic, count in self.topics.items()}
        return sent == got and (bool(self.prefixes) or self.digest.hexdigest() == self.end["digest"])

    def result(self):
        complete = self.end is not None and self.end["complete"]
        agrees = self.end is not None and self._agrees()
        return {
            "messages": sum(count.messages for count in self.topics.values()),
            "bytes": sum(count.bytes for count in self.topics.values()),
            "topics": len(self.topics),
            "holes": self.holes,
            "end": self.end is not None,
            "complete": complete,
            "countsAgree": agrees,
            "ok": complete and agrees and self.holes == 0,
        }

    @property
    def ok(self):
        return self.result()["ok"]

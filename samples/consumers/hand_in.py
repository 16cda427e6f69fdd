#!/usr/bin/env python3
"""Hands a desk's own orders and the venue's answers to a recorder, so that they stand on its tape.

  tape-record kraken-futures --accept ipc:///run/tape/hand_in ... &
  python3 hand_in.py ipc:///run/tape/hand_in

A message is one JSON object (schemas/json.md, "Read by tape-record --input json") in a ZeroMQ PUSH socket. Copy HandIn;
it needs pyzmq (python3-zmq in Debian). Headers, which hold the API key, are never handed in.
"""

import json
import sys
import time

import zmq


class HandIn:
    def __init__(self, endpoint, **about):
        self.about = about  # venue, account: the same in every message
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PUSH)
        self.socket.setsockopt(zmq.LINGER, 2000)
        self.socket.connect(endpoint)

    def put(self, direction, raw, **rest):
        """Never waits: trading must not stand still because a recorder does. False when the message was not taken."""
        now = time.time_ns()
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9)) + f".{now % 10**9:09}Z"
        message = {"receivedAt": at, "direction": direction, "transport": "rest", **self.about, "rest": rest, "raw": raw}
        try:
            self.socket.send_json(message, zmq.NOBLOCK)
            return True
        except zmq.Again:
            return False

    def close(self):
        """Gives what was put up to two seconds to leave; a program that ends without this may take it along."""
        self.socket.close()
        self.context.term()


def main():
    hand_in = HandIn(sys.argv[1], venue="kraken-futures", account="desk")
    # What the desk's own HTTP client sends and gets; here an order and a dead man's switch, with answers as documented.
    calls = [
        ("/derivatives/api/v3/sendorder",
         "orderType=lmt&symbol=PF_XBTUSD&side=buy&size=1&limitPrice=34000&cliOrdId=desk-1",
         {"result": "success", "serverTime": "2026-11-22T10:00:03.217Z",
          "sendStatus": {"order_id": "179f9af8-e45e-469d-b3e9-2fd4675cb7d0", "status": "placed", "cliOrdId": "desk-1",
                         "receivedTime": "2026-11-22T10:00:03.210Z", "orderEvents": []}}),
        ("/derivatives/api/v3/cancelallordersafter", "timeout=60",
         {"result": "success", "serverTime": "2026-11-22T10:00:04.217Z",
          "status": {"currentTime": "2026-11-22T10:00:04.216Z", "triggerTime": "2026-11-22T10:01:04.216Z"}}),
    ]
    taken = True
    # The socket takes messages once the recorder is there, or holds them back until then.
    for target, body, answer in calls:
        taken &= hand_in.put("sent", body, method="POST", target=target)
        begun = time.monotonic_ns()
        # ... here the request goes out and its answer comes ...
        latency = time.monotonic_ns() - begun
        taken &= hand_in.put("received", json.dumps(answer), method="POST", target=target, status=200, latency=latency)
    hand_in.close()
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(main())

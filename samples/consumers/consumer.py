#!/usr/bin/env python3
"""A consumer for tape-replay: takes a run and says whether it was complete.

  tape-replay day.tape --speed max --exec 'python3 consumer.py'
  python3 consumer.py --endpoint tcp://127.0.0.1:5555 kraken-futures/book/

Copy this file with tape_run.py and put your work where it says so.
"""

import argparse
import json
import os
import sys

import tape_run
import zmq


def main():
    parser = argparse.ArgumentParser(description="Counts what tape-replay plays and holds it against the end marker.")
    parser.add_argument("--endpoint", default=os.environ.get("TAPE_ENDPOINT"), help="default: $TAPE_ENDPOINT")
    parser.add_argument("--bind", action="store_true", help="bind; the player connects")
    parser.add_argument("--pull", action="store_true", help="be a worker of --pattern push")
    parser.add_argument("--curve", metavar="KEY", help="the player has --curve-server: its public key")
    parser.add_argument("--timeout", type=int, default=300, metavar="S", help="seconds without a message until giving up")
    parser.add_argument("--grace", type=int, default=10, metavar="S", help="seconds that a lost connection has to come back")
    parser.add_argument("prefixes", nargs="*", metavar="TOPIC-PREFIX", help="topics to subscribe to; none: all")
    options = parser.parse_args()
    if not options.endpoint:
        parser.error("no endpoint: --endpoint E or $TAPE_ENDPOINT")

    run = tape_run.Run(options.endpoint, options.prefixes, bind=options.bind, pull=options.pull, curve=options.curve,
                       timeout=options.timeout, grace=options.grace)
    try:
        for _message in run:
            pass  # Your work goes here: _message.payload is a Cap'n Proto Event message, JSON or the frame, as --format says.
    except zmq.Again:
        print("consumer.py: no message for too long", file=sys.stderr)
    except tape_run.Lost as error:
        print(f"consumer.py: {error}", file=sys.stderr)
    run.close()
    print(json.dumps({"consumer": "python", **run.result()}, separators=(",", ":")), flush=True)
    return 0 if run.ok else 1


if __name__ == "__main__":
    sys.exit(main())

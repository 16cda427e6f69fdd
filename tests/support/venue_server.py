#!/usr/bin/env python3
"""A venue for end-to-end tests: plays a shipped capture over python3-websockets and http.server, in the venue's shape.

Prints one JSON line when it listens: {"websocket": URL, "rest": URL}. What it sent is kept under --record as
connection-N.frames (a frame a line, N counts accepted connections), what happened as JSON lines in events.ndjson, its
books at the end of the frames in books.json: the server's own record, which a test holds the tape against.

Commands, one a line on stdin; the end of stdin ends the server:
  quiet       the market stands still: only heartbeats go out
  hush        nothing goes out any more that nobody asked for
  drop [N]    closes all connections, or connection N, in order with code 1012
  expire      Binance: tells each private connection that its listen key is no more
"""

import argparse
import asyncio
import http.server
import json
import pathlib
import random
import ssl
import sys
import threading
import time

import websockets

from venue_binance import Binance
from venue_kraken import Kraken


class Record:
    """What was sent and what happened, on disk before anything else is done."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events = (self.folder / "events.ndjson").open("a", buffering=1, encoding="utf-8")
        self.lock = threading.Lock()
        self.connections = 0

    def event(self, what, **about):
        with self.lock:
            self.events.write(json.dumps({"at": time.time(), "what": what, **about}) + "\n")

    def connection(self):
        self.connections += 1
        return self.connections, (self.folder / f"connection-{self.connections}.frames").open("w", encoding="utf-8")

    def books(self, books):
        partial = self.folder / "books.partial"
        partial.write_text(json.dumps(books))
        partial.rename(self.folder / "books.json")


class Client:
    """One accepted connection."""

    NOISE = random.randbytes(1 << 20).hex()

    def __init__(self, venue, socket, path):
        self.venue, self.socket, self.path = venue, socket, path
        self.number, self.sent = venue.record.connection()
        self.frames = 0
        self.wanted = set()
        drops = venue.options.drop_after
        self.drop_at = drops[self.number - 1] if self.number <= len(drops) else 0
        self.closing = False
        self.player = None
        self.tasks = []

    async def send(self, text):
        if self.closing:
            raise websockets.ConnectionClosedOK(None, None)
        # Written down first: what a client could have received is what this file holds at most.
        self.sent.write(text + "\n")
        self.sent.flush()
        self.frames += 1
        last = self.frames == self.drop_at
        self.closing = last
        await self.socket.send(text)
        if last:
            await self.drop()

    async def send_padded(self, text):
        """A frame of the market, made larger by noise that cannot be compressed away."""
        size = self.venue.options.pad
        if size:
            at = random.randrange(len(self.NOISE) - size)
            text = f'{text[:-1]},"pad":"{self.NOISE[at:at + size]}"}}'
        await self.send(text)

    async def drop(self):
        self.closing = True
        self.venue.record.event("drop", connection=self.number, frames=self.frames)
        await self.socket.close(1012, "service restart")
        raise websockets.ConnectionClosedOK(None, None)

    def start(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.tasks.append(task)
        return task

    async def serve(self):
        self.venue.record.event("opened", connection=self.number, path=self.path.strip("/").split("/")[:2])
        self.venue.clients[self.number] = self
        try:
            await self.venue.greet(self)
            async for message in self.socket:
                await self.venue.on_message(self, json.loads(message))
        except websockets.ConnectionClosed:
            pass
        finally:
            for task in self.tasks:
                task.cancel()
            del self.venue.clients[self.number]
            self.venue.record.event("closed", connection=self.number, frames=self.frames)
            self.sent.close()


class Faults:
    """What is wrong with the REST side, by the end of a path: the first answers in turn and, after a "+", the last for ever."""

    HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n"

    def __init__(self, specs):
        self.kinds = {end: kinds.rstrip("+").split(",") for end, kinds in specs}
        self.for_ever = {end for end, kinds in specs if kinds.endswith("+")}
        self.lock = threading.Lock()

    def next(self, path):
        end = next((end for end in self.kinds if path.endswith(end)), None)
        with self.lock:
            left = self.kinds.get(end)
            if not left:
                return ""
            return left[0] if len(left) == 1 and end in self.for_ever else left.pop(0)

    def spoil(self, kind, status, body):
        """Status, body and headers of the answer; no status: the connection is closed without one."""
        return {"": (status, body, {}), "502": (502, self.HTML, {"Content-Type": "text/html"}),
                "html": (200, self.HTML, {"Content-Type": "text/html"}), "empty": (200, "", {}),
                "truncated": (200, body[:len(body) // 2], {}),
                "429": (429, '{"result":"error","error":"apiLimitExceeded"}', {"Retry-After": "3"}),
                "close": (None, "", {})}[kind]


def serve_rest(venue, context):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path, _, query = self.path.partition("?")
            status, answer = venue.rest(self.command, path, query, self.headers, body)
            fault = venue.faults.next(path)
            status, text, headers = venue.faults.spoil(fault, status, json.dumps(answer, separators=(",", ":")))
            venue.record.event("request", method=self.command, path=path, fault=fault, status=status, body=text)
            if status is None:
                self.close_connection = True
                return
            data = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def obey(venue, command, *arguments):
    if command in ("quiet", "hush"):
        venue.quiet = True
        venue.hushed = venue.hushed or command == "hush"
        venue.record.books(venue.final_books())
    elif command == "drop":
        wanted = [int(number) for number in arguments] or list(venue.clients)
        for client in [venue.clients[number] for number in wanted if number in venue.clients]:
            client.start(client.drop())
    elif command == "expire":
        venue.expire()
    venue.record.event("command", command=command)


async def listen_to_stdin(venue):
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        obey(venue, *line.split())


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venue", choices=("kraken", "binance"))
    parser.add_argument("--record", required=True, metavar="FOLDER")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--rate", type=float, default=2000, help="frames of the market a second")
    parser.add_argument("--drop-after", type=lambda text: [int(part) for part in text.split(",")], default=[],
                        metavar="N,M,...", help="close the first connection after N frames, the second after M, ...")
    parser.add_argument("--key", nargs=2, action="append", default=[], metavar=("KEY", "SECRET"))
    parser.add_argument("--loop", action="store_true", help="Kraken: goes on behind the capture, numbers and all")
    parser.add_argument("--pad", type=int, default=0, metavar="BYTES", help="makes each frame of the market larger")
    parser.add_argument("--account-rate", type=float, default=0, help="account events a second on private connections")
    parser.add_argument("--fills", action="store_true", help="Binance: own fills among the account events")
    parser.add_argument("--plain", action="store_true", help="no permessage-deflate")
    parser.add_argument("--rest-fault", type=lambda text: text.split("=", 1), action="append", default=[],
                        metavar="PATH=KIND,...[+]", help="answers in turn to paths that end in PATH: 502, html, empty, "
                        "truncated, 429, close; + repeats the last")
    options = parser.parse_args()
    options.keys = dict(options.key)
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    venue = {"kraken": Kraken, "binance": Binance}[options.venue](options, Record(options.record))
    venue.faults = Faults(options.rest_fault)

    async def accept(socket, path):
        await Client(venue, socket, path).serve()

    async with websockets.serve(accept, "127.0.0.1", 0, ssl=context, max_size=None, ping_interval=None,
                                compression=None if options.plain else "deflate") as server:
        port = server.sockets[0].getsockname()[1]
        rest = serve_rest(venue, context)
        tls = "s" if context else ""
        print(json.dumps({"websocket": f"ws{tls}://127.0.0.1:{port}", "rest": f"http{tls}://127.0.0.1:{rest}"}), flush=True)
        await listen_to_stdin(venue)
        server.close()


if __name__ == "__main__":
    asyncio.run(main())

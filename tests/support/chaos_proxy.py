#!/usr/bin/env python3
"""A TCP proxy on 127.0.0.1 that forwards to HOST:PORT and spoils the connection on command; prints its port.

chaos_proxy.py HOST:PORT [--schedule "SECONDS COMMAND[; SECONDS COMMAND]..."]

Commands, one a line on stdin, or scheduled at SECONDS after the first connection:
  slice N    forwards in writes of at most N bytes, each a packet of its own; 0 = as they come
  delay MS   holds every write back for so long
  stall      forwards nothing, while connections stay open and new ones are taken
  reset      resets (RST) all connections
  close      ends (FIN) all connections
  cut N      closes each connection, old or new, once N more bytes went to the client; "cut N reset" resets instead
  refuse     resets new connections at once
  pass       forwards everything as it comes again, takes new connections
  quit       ends the proxy, as does the end of the schedule's "quit"; the end of stdin does not

What it did goes to stderr, a JSON object a line: {"at": SECONDS, "did": ..., "connection": N, ...}.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import sys
import time


class Chaos:
    def __init__(self, host, port):
        self.target = (host, port)
        self.started = time.monotonic()
        self.connections = {}
        self.counter = 0
        self.slice = 0
        self.delay = 0.0
        self.cut = None  # (bytes, whether by reset)
        self.refusing = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.first = asyncio.Event()
        self.done = asyncio.Event()

    def log(self, did, **more):
        line = {"at": round(time.monotonic() - self.started, 6), "did": did, **more}
        print(json.dumps(line), file=sys.stderr, flush=True)

    @staticmethod
    def abort(writer):
        raw = writer.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    def end(self, number, how):
        pair = self.connections.pop(number, None)
        if pair is None:
            return
        for writer in pair["writers"]:
            self.abort(writer) if how == "reset" else writer.close()
        self.log(how, connection=number, down=pair["down"], up=pair["up"])

    def pieces(self, data):
        size = self.slice or len(data)
        return (data[i:i + size] for i in range(0, len(data), size))

    async def pump(self, number, reader, writer, way):
        """Copies one direction until either side ends."""
        pair = self.connections[number]
        how = "close"
        try:
            while data := await reader.read(65536):
                for piece in self.pieces(data):
                    await self.flowing.wait()
                    if self.delay:
                        await asyncio.sleep(self.delay)
                    if number not in self.connections:
                        return
                    left = pair["left"] if way == "down" else None
                    if left is not None:
                        piece = piece[:left]
                        pair["left"] = left - len(piece)
                    writer.write(piece)
                    await writer.drain()
                    pair[way] += len(piece)
                    if left is not None and pair["left"] == 0:
                        self.log("cut", connection=number, after=pair["down"])
                        self.end(number, "reset" if self.cut and self.cut[1] else "close")
                        return
                    if self.slice:
                        await asyncio.sleep(0)  # the other direction gets its turn
        except ConnectionResetError:
            how = "reset"
        except OSError:
            pass
        await self.flowing.wait()
        self.end(number, how)

    async def serve(self, reader, writer):
        self.counter += 1
        number = self.counter
        self.first.set()
        if self.refusing:
            self.abort(writer)
            return self.log("refused", connection=number)
        try:
            onward, to_target = await asyncio.open_connection(*self.target)
        except OSError as error:
            self.abort(writer)
            return self.log("target refused", connection=number, error=str(error))
        for each in (writer, to_target):
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        left = self.cut[0] if self.cut else None
        self.connections[number] = {"writers": (writer, to_target), "up": 0, "down": 0, "left": left}
        self.log("connected", connection=number)
        await asyncio.gather(self.pump(number, reader, to_target, "up"), self.pump(number, onward, writer, "down"))

    def command(self, text):
        name, *rest = text.split()
        if name == "slice":
            self.slice = int(rest[0])
        elif name == "delay":
            self.delay = float(rest[0]) / 1000
        elif name == "stall":
            self.flowing.clear()
        elif name in ("reset", "close"):
            for number in list(self.connections):
                self.end(number, name)
        elif name == "cut":
            self.cut = (int(rest[0]), rest[1:] == ["reset"])
            for pair in self.connections.values():
                pair["left"] = self.cut[0]
        elif name == "refuse":
            self.refusing = True
        elif name == "pass":
            self.slice, self.delay, self.cut, self.refusing = 0, 0.0, None, False
            for pair in self.connections.values():
                pair["left"] = None
            self.flowing.set()
        elif name == "quit":
            self.done.set()
        else:
            raise ValueError(f"no command '{name}'")
        self.log("command", command=text.strip())

    def obey(self, text):
        try:
            self.command(text)
        except (ValueError, IndexError) as error:
            self.log("bad command", command=text.strip(), error=str(error))

    async def listen_to_stdin(self):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if line.strip():
                self.obey(line.decode())

    async def follow(self, schedule):
        await self.first.wait()
        start = time.monotonic()
        for at, text in schedule:
            await asyncio.sleep(max(0.0, start + at - time.monotonic()))
            self.obey(text)


def parse_schedule(text):
    steps = [step.split(None, 1) for step in text.split(";") if step.strip()]
    return sorted(((float(at), command) for at, command in steps), key=lambda step: step[0])


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--schedule", type=parse_schedule, default=[])
    options = parser.parse_args()
    host, _, port = options.target.rpartition(":")
    chaos = Chaos(host.strip("[]"), int(port))
    server = await asyncio.start_server(chaos.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    tasks = [asyncio.create_task(chaos.follow(options.schedule))]
    with contextlib.suppress(ValueError, OSError):  # stdin is a file or closed: the schedule alone rules
        tasks.append(asyncio.create_task(chaos.listen_to_stdin()))
    await chaos.done.wait()
    for number in list(chaos.connections):
        chaos.end(number, "close")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main())

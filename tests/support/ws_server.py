#!/usr/bin/env python3
"""A WebSocket server (package websockets) on 127.0.0.1 that does what the texts sent to it say; prints its port.

ws_server.py [--no-deflate]
Texts: "fragments A B C" (one message in as many frames), "binary" (a binary message), "invalid" (a text frame that is
no UTF-8), "close CODE REASON", "ping" (answers "pong came" once the pong is there), "extensions" (those agreed on);
others come back.
"""

import asyncio
import logging
import sys

import websockets


async def serve(socket):
    async for text in socket:
        command, *rest = text.split(" ")
        if command == "fragments":
            await socket.send(rest)
        elif command == "binary":
            await socket.send(b"\x00\x01\xff")
        elif command == "invalid":
            await socket.write_frame(True, 1, b"\xff\xfe broken")
        elif command == "close":
            await socket.close(int(rest[0]), " ".join(rest[1:]))
        elif command == "ping":
            await (await socket.ping("anyone"))
            await socket.send("pong came")
        elif command == "extensions":
            await socket.send("extensions: " + ", ".join(e.name for e in socket.extensions))
        else:
            await socket.send(text)


async def main():
    logging.disable(logging.CRITICAL)
    compression = None if "--no-deflate" in sys.argv else "deflate"
    async with websockets.serve(serve, "127.0.0.1", 0, compression=compression, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())

#!/usr/bin/env python3
"""An HTTP proxy on 127.0.0.1 that knows CONNECT only; prints its port, then one line "CONNECT HOST:PORT" a tunnel.

connect_proxy.py [--refuse STATUS] [--mute]: answers every request with STATUS and an HTML page, or never. Ends the
connection of a client whose target refuses it.
"""

import argparse
import asyncio


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(reader, writer, options):
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
    print(method, target, flush=True)
    if options.mute:
        await reader.read()
    elif options.refuse or method != "CONNECT":
        page = b"<html>no way through</html>"
        writer.write(b"HTTP/1.1 %d Refused\r\nContent-Length: %d\r\n\r\n%s" % (options.refuse or 405, len(page), page))
        await writer.drain()
    else:
        host, _, port = target.rpartition(":")
        try:
            onward = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:
            return writer.close()
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))
    writer.close()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--refuse", type=int, default=0)
    parser.add_argument("--mute", action="store_true")
    options = parser.parse_args()
    server = await asyncio.start_server(lambda r, w: serve(r, w, options), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())

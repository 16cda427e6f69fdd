"""What the venues of venue_server.py share: the captures, and playing them."""

import asyncio
import contextlib
import pathlib
import subprocess
import time

import websockets

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"


def unpacked(path):
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()


class Venue:
    """A subclass has: frames() of (feed, symbol, text); apply, greet, idle, on_message, rest, final_books."""

    def __init__(self, options, record):
        self.options, self.record = options, record
        self.clients = {}
        self.quiet = self.hushed = False
        self.playing = None
        self.stream = self.frames()

    def expire(self):
        pass

    def play_to(self, receivers):
        """From where the venue stands; at most one task plays, the latest."""
        if self.playing:
            self.playing.cancel()
        self.playing = asyncio.ensure_future(self.play(receivers))
        self.playing.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self.playing

    async def play(self, receivers):
        """Frames at --rate to the clients that want them, then heartbeats."""
        started, count = time.monotonic(), 0
        for feed, symbol, text in self.stream:
            count += 1
            self.apply(feed, symbol, text)
            for client in receivers():
                if (feed, symbol) in client.wanted:
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await client.send_padded(text)
            ahead = count / self.options.rate - (time.monotonic() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
            elif count % 64 == 0:
                await asyncio.sleep(0)
            if self.quiet:
                break
        else:
            self.record.event("played")
        self.record.books(self.final_books())
        while True:
            for client in receivers():
                if not self.hushed:
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await self.idle(client)
            await asyncio.sleep(0.5)

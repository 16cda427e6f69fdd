"""tape-serve as the end-to-end tests use it: started on a free port, its addresses read, a recorder or a script at it."""

import asyncio
import json
import os
import subprocess

from support import tool
from venue import Process, wait_for

KEY, SECRET = "canary-KEY-of-the-test", "c2VjcmV0IG9mIHRoZSB0ZXN0"


def key_file(test, key=KEY, secret=SECRET):
    path = test.folder / "keys"
    path.write_text(f"{key}\n{secret}\n")
    path.chmod(0o600)
    return path


class Served(Process):
    """`inside` stands in front of the command: a network of its own, say; `listen` is then what is free there."""

    def __init__(self, test, *options, name="serve", inside=(), listen="127.0.0.1:0"):
        super().__init__(test, name, [*inside, tool("serve"), *options, "--listen", listen, "-v"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, bufsize=0)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"tape-serve did not start:\n{self.errors()}")
        said = json.loads(line)
        self.websocket, self.rest = said["websocket"], said["rest"]

    def wait_until_over(self, seconds=60):
        wait_for(lambda: "the tape is over" in self.errors(), seconds, "the tape to be played")

    def finish(self, expect=0):
        """Ends by itself, once its clients have left."""
        code = self.process.wait(timeout=60)
        if code != expect:
            raise AssertionError(f"tape-serve ended with {code}, expected {expect}:\n{self.errors()}")
        return self.errors()


def kraken_at(served):
    return ["--endpoint", f"websocket={served.websocket}/ws/v1", "--endpoint", f"rest={served.rest}/derivatives/api/v3",
            "--endpoint", f"status_page={served.rest}/api/v2/summary.json"]


def binance_at(served):
    return [part for name in ("public", "market", "private")
            for part in ("--endpoint", f"{name}={served.websocket}/{name}")] + ["--endpoint", f"rest={served.rest}"]


def converse(url, *steps, ssl=None, timeout=20):
    """Runs a coroutine function with a socket of python3-websockets; returns what it returns."""
    import websockets

    async def main():
        async with websockets.connect(url, ssl=ssl, ping_interval=None, max_size=None, open_timeout=timeout) as socket:
            return await asyncio.wait_for(steps[0](socket), timeout)

    os.environ["no_proxy"] = "127.0.0.1"
    return asyncio.run(main())

"""Every scenario of samples/scenarios, on tapes of the samples: what tape-serve says that it broke is what tape-record recorded;
and whoever plays one twice with the same seed gets the same frames."""

import asyncio
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import sys
import tempfile
import pathlib
import time
import unittest
import urllib.error
import urllib.request

from serving import KEY, SECRET, Served, binance_at, key_file, kraken_at
from support import BIN, SAMPLES, SANITIZED, run, tool
from venue import LiveTestCase, Process, Recorder, events, json_lines, kinds, wait_for

SCENARIOS = SAMPLES / "scenarios"
sys.path.insert(0, str(SCENARIOS))
import tapes as tape_maker  # noqa: E402

OFF = ("accounts", "openpositions", "openorders", "fills", "notifications", "instruments", "instruments_status", "status_page")
KRAKEN_SYMBOLS = ("PI_ETHUSD", "FI_XBTUSD_210924", "PI_LTCUSD")


class Setup:
    """How the tapes of one name are served, and recorded."""

    def __init__(self, venue, at, subscriptions, options, speed, serve=(), account=False):
        self.venue, self.at, self.subscriptions, self.options = venue, at, subscriptions, list(options)
        self.speed, self.serve, self.account = speed, list(serve), account


def polls(**more):
    every = {**{name: "off" for name in OFF}, **more}
    return [part for name, value in every.items() for part in ("--poll", f"{name}={value}")]


SETUPS = {
    "kraken": Setup("kraken-futures", kraken_at, 9, ["--symbol", ",".join(KRAKEN_SYMBOLS), "--feed", "book,trade,ticker_lite",
                                                     "--stall", "300ms", *polls()], 10),
    "kraken-desk": Setup("kraken-futures", kraken_at, 8, [
        "--symbol", "PF_XBTUSD", "--feed", "heartbeat,ticker,fills,open_orders,balances,open_positions,notifications_auth",
        *polls(openpositions="1s", openorders="1s")], 6, account=True),
    "binance": Setup("binance-usdm", binance_at, 6, ["--symbol", "NEOUSDT,CTKUSDT", "--feed", "depth@100ms,bookTicker,aggTrade",
                                                     "--poll", "exchangeInfo=off", "--stall", "300ms"], 10, ["--to", "+45s"]),
    "binance-desk": Setup("binance-usdm", binance_at, 1, ["--feed", "userData", "--poll", "exchangeInfo=off"], 6, account=True),
}


def setup_of(scenario):
    return max((name for name in SETUPS if scenario.startswith(name + "-")), key=len)


class Run:
    """One scenario, served to a recorder."""

    def __init__(self, test, tapes, path):
        self.name = path.stem
        self.setup = SETUPS[setup_of(self.name)]
        folder = test.folder / self.name
        folder.mkdir()
        self.truth_path = folder / "truth"
        served = Served(test, tapes[setup_of(self.name)], "--scenario", path, "--truth", self.truth_path, "--seed", "7", "--speed",
                        self.setup.speed, "--start-on", f"subscribe:{self.setup.subscriptions}", "--account",
                        f"desk=file:{test.keys}", *self.setup.serve, name=f"serve-{self.name}")
        account = ["--account", f"desk=file:{test.keys}"] if self.setup.account else []
        recorder = Recorder(test, self.setup.venue, *self.setup.options, *self.setup.at(served), *account, "--reconnect", "1s",
                            output=folder / "got.tape", name=f"record-{self.name}")
        self.tape = recorder.tape
        served.wait_until_over(90)
        # What came last is on its way.
        time.sleep(0.5)
        recorder.stop()
        self.said = served.finish()
        self.errors = recorder.errors()
        self.truth = json_lines(self.truth_path.read_bytes())

    def of(self, fault, what=None):
        return [line for line in self.truth if line["fault"] == fault and what in (None, line["what"])]


if __name__ == "__main__":
    unittest.main()

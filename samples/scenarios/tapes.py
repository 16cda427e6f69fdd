#!/usr/bin/env python3
"""Makes the four tapes that the scenarios here are written for, from the samples beside them:

  tapes.py FOLDER [FOLDER-OF-THE-TOOLS]

kraken.tape and binance.tape are captures. kraken-desk.tape and binance-desk.tape are thirty seconds of an account "desk",
put together from the venues' own examples: one event a second, numbers and times moved on so that they follow one another.
"""

import copy
import json
import pathlib
import subprocess
import sys

SAMPLES = pathlib.Path(__file__).resolve().parent.parent
SECONDS = 30
KRAKEN_BEGIN = 1791518718000
BINANCE_BEGIN = 1568879465000


def lines_of(path):
    return [json.loads(line) for line in (SAMPLES / path).read_text().splitlines()]


def packed(message):
    return json.dumps(message, separators=(",", ":"))


def line(venue, at, raw, account="desk", **more):
    """An event as `tape-record --input json` reads it; `at`: milliseconds since 1970."""
    about = {"venue": venue, "receivedAt": f"@{at / 1000:.3f}", "direction": "received", "transport": "websocket", "connection": 1}
    if account:
        about["account"] = account
    return {**about, **more, "raw": raw if isinstance(raw, str) else packed(raw)}


def answers(venue, at, folder, names):
    """REST answers: a file is the method, the path, whether it is signed, and the body."""
    for name in names:
        method, path, is_signed, body = (SAMPLES / folder / f"{name}.txt").read_text().split("\n", 3)
        yield line(venue, at, packed(json.loads(body)), account="desk" if is_signed.strip() == "true" else None,
                   transport="rest", rest={"method": method.strip(), "target": path.strip(), "status": 200})


def kraken_fill(number, fill):
    text = f"{number:08x}"
    return {**fill, "seq": 100 + number, "time": KRAKEN_BEGIN + 1000 * number, "fill_id": f"{text}-3bce-4a21-8c0d-9fbd2c0b27c5"}


def kraken_desk():
    venue = "kraken-futures"
    sample = lines_of("kraken_futures/gct_20261009_ws.ndjson")
    of_feed = {message["feed"]: message for message in sample if "feed" in message}
    snapshots = [of_feed[feed] for feed in ("open_orders_snapshot", "fills_snapshot", "balances_snapshot", "open_positions",
                                            "notifications_auth")]
    yield from answers(venue, KRAKEN_BEGIN, "kraken_futures/fixtures_jkorf/rest",
                       ("GetOpenPositions", "GetOpenOrders", "GetUserTrades", "GetBalances", "GetPlatformNotifications"))
    for message in snapshots:
        yield line(venue, KRAKEN_BEGIN, message)
    assigned = json.loads((SAMPLES / "kraken_futures/seeds/kraken_ws_fills_assignee.repaired.json").read_text())
    plain = snapshots[1]["fills"][0]
    placed = next(message for message in sample if message.get("feed") == "open_orders" and "order" in message)
    for second in range(1, SECONDS):
        at = KRAKEN_BEGIN + 1000 * second
        yield line(venue, at, {**of_feed["heartbeat"], "time": at}, account=None)
        yield line(venue, at + 100, {**of_feed["ticker"], "time": at + 100}, account=None)
        order = copy.deepcopy(placed)
        order["order"].update(order_id=f"{second:08x}-41d2-4f0b-941f-7e7914760ad3", last_update_time=at + 200)
        yield line(venue, at + 200, order)
        if second == 15:
            fill = {**assigned["fills"][0], "seq": 115, "time": at // 1000}
            yield line(venue, at + 300, {**assigned, "fills": [fill]})
        elif second % 3 == 0:
            yield line(venue, at + 300, {"feed": "fills", "username": "DemoUser", "fills": [kraken_fill(second, plain)]})


def binance_order(template, second, execution, status, last, filled, trade):
    at = BINANCE_BEGIN + 1000 * second
    event = copy.deepcopy(template)
    event.update(E=at + 100, T=at + 99)
    event["o"].update({"o": "LIMIT", "ot": "LIMIT", "p": "7100.00", "q": "0.100", "ap": "7100.00" if filled != "0" else "0",
                       "x": execution, "X": status, "l": last, "z": filled, "L": "7100.00" if last != "0" else "0", "T": at + 99,
                       "t": trade, "i": 8886774 + second // 3, "c": f"desk-{second // 3}", "m": True})
    return event


def binance_desk():
    venue = "binance-usdm"
    yield from answers(venue, BINANCE_BEGIN, "binance_usdm/fixtures_jkorf/rest",
                       ("GetAccountInfo", "GetAccountInfoV3", "GetPositionInformation", "GetPositions", "GetOpenOrders",
                        "GetMultiAssetsMode"))
    mode = line(venue, BINANCE_BEGIN, {"dualSidePosition": False}, transport="rest",
                rest={"method": "GET", "target": "/fapi/v1/positionSide/dual", "status": 200})
    yield mode
    text = (SAMPLES / "binance_usdm/fixtures_jkorf/ws/OrderUpdate.txt").read_text()
    template = json.loads(text[text.index("\n= ") + 3:])["data"]
    deposit = json.loads((SAMPLES / "binance_usdm/seeds/binance_account_update_1_deposit_after.json").read_text())
    steps = [("NEW", "NEW", "0", "0"), ("TRADE", "PARTIALLY_FILLED", "0.040", "0.040"), ("TRADE", "FILLED", "0.060", "0.100")]
    for second in range(1, SECONDS):
        at = BINANCE_BEGIN + 1000 * second
        execution, status, last, filled = steps[second % 3]
        event = binance_order(template, second, execution, status, last, filled, 5000 + second if last != "0" else 0)
        yield line(venue, at + 100, event)
        if second % 10 == 0:
            yield line(venue, at + 200, {**deposit, "E": at + 200, "T": at + 199})


def make(folder, tools=None):
    """The tapes by their names."""
    tool = lambda name: str(pathlib.Path(tools) / name) if tools else name
    captures = {"kraken": "kraken_futures/cf_20210722_ws.txt.zst", "binance": "binance_usdm/cf_20210405_mixed.txt.zst"}
    examples = {"kraken-desk": kraken_desk, "binance-desk": binance_desk}
    tapes = {}
    for name, capture in captures.items():
        data = subprocess.run(["zstd", "-dcq", SAMPLES / capture], check=True, capture_output=True).stdout
        tapes[name] = folder / f"{name}.tape"
        subprocess.run([tool("tape-record"), "--input", "cryptofeed", "-", "-o", tapes[name]], input=data, check=True,
                       stdout=subprocess.DEVNULL)
    for name, events in examples.items():
        data = "".join(packed(event) + "\n" for event in events()).encode()
        made = subprocess.run([tool("tape-record"), "--input", "json", "-", "-o", "-"], input=data, check=True, capture_output=True)
        tapes[name] = folder / f"{name}.tape"
        # Without the end of the recording, which is of today.
        subprocess.run([tool("tape-cat"), "-", "--to", f"+{SECONDS}s", "--format", "tape", "-o", tapes[name]], input=made.stdout,
                       check=True)
    return tapes


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    make(pathlib.Path(sys.argv[1]), *sys.argv[2:])

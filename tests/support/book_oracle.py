#!/usr/bin/env python3
"""Rebuilds order books from captured frames in the plainest way, as a second opinion on tape-state.

    book_oracle.py [--input ndjson|cryptofeed|hftbacktest] [--depth N] [--stats] < capture

Prints one JSON object a line and symbol, sorted by symbol: the best N levels of each side with normalised decimals,
the last sequence number, whether a snapshot was seen and whether the chain of numbers was unbroken since.
It shares no code and no rule table with the library: books are dicts from price to quantity.
"""
import argparse
import json
import re
import sys
from decimal import Decimal


def plain(value):
    """One spelling for one value: 5000.0 and 5E3 are "5000"."""
    text = format(Decimal(value).normalize(), "f")
    return "0" if text in ("-0", "0") else text


class Book:
    def __init__(self, symbol, chained):
        self.symbol = symbol
        self.chained = chained  # every delta names the one before (pu); else numbers rise by one
        self.bids, self.asks = {}, {}
        self.last = None
        self.complete = False
        self.whole = True  # no gap since the snapshot
        self.bridging = False
        self.history = []
        self.crossed = 0
        self.longest_crossed = 0

    def put(self, delta):
        for side, levels in ((self.bids, delta["bids"]), (self.asks, delta["asks"])):
            for price, quantity in levels:
                if Decimal(quantity) == 0:
                    side.pop(Decimal(price), None)
                else:
                    side[Decimal(price)] = quantity
        self.last = delta["last"]
        if self.bids and self.asks and max(self.bids) >= min(self.asks):
            self.crossed += 1
            self.longest_crossed = max(self.longest_crossed, self.crossed)
        else:
            self.crossed = 0

    def follows(self, delta):
        if self.last is None:
            return True
        if not self.chained:
            return delta["last"] == self.last + 1
        if delta["previous"] == self.last:
            return True
        return self.bridging and delta["first"] <= self.last <= delta["last"]

    def late(self, delta):
        if self.last is None:
            return False
        if self.bridging and self.chained:
            return delta["last"] < self.last
        return delta["last"] <= self.last

    def delta(self, delta):
        if self.late(delta):
            return
        if not self.follows(delta):
            self.whole = False
            self.history = []
        if not (self.complete and self.whole):
            self.history.append(delta)
        self.put(delta)
        self.bridging = False

    def snapshot(self, bids, asks, last):
        if self.chained and self.complete and self.whole and self.last is not None and last <= self.last:
            return  # a poll that lags the stream says nothing new
        history, self.history = self.history, []
        self.bids, self.asks = {}, {}
        self.put({"bids": bids, "asks": asks, "last": last})
        self.complete = self.whole = self.bridging = True
        for delta in history if self.chained else []:
            self.delta(delta)

    def answer(self, depth):
        def side(levels, best_first):
            prices = sorted(levels, reverse=best_first)[: depth or None]
            return [[plain(p), plain(levels[p])] for p in prices]

        return {
            "symbol": self.symbol,
            "bids": side(self.bids, True),
            "asks": side(self.asks, False),
            "levels": [len(self.bids), len(self.asks)],
            "sequence": self.last,
            "complete": self.complete,
            "whole": self.whole and self.complete,
        }


class Books:
    def __init__(self):
        self.books = {}

    def book(self, symbol, chained):
        if symbol not in self.books:
            self.books[symbol] = Book(symbol, chained)
        return self.books[symbol]

    def kraken(self, m):
        if m["feed"] == "book_snapshot":
            levels = [[[str(x["price"]), str(x["qty"])] for x in m[s]] for s in ("bids", "asks")]
            self.book(m["product_id"], False).snapshot(*levels, m["seq"])
        elif m["feed"] == "book" and "price" in m:
            level = [[str(m["price"]), str(m["qty"])]]
            bids, asks = (level, []) if m["side"] == "buy" else ([], level)
            self.book(m["product_id"], False).delta({"bids": bids, "asks": asks, "last": m["seq"]})

    def binance(self, m):
        self.book(m["s"], True).delta(
            {"bids": m["b"], "asks": m["a"], "first": m["U"], "last": m["u"], "previous": m["pu"]})

    def frame(self, text, url=""):
        try:
            m = json.loads(text, parse_float=Decimal)
        except ValueError:
            return
        stream = ""
        if isinstance(m, dict) and "stream" in m and "data" in m:
            stream, m = m["stream"], m["data"]
        if not isinstance(m, dict):
            return
        if str(m.get("feed", "")).startswith("book"):
            if "event" not in m:
                self.kraken(m)
        elif m.get("e") == "depthUpdate":
            if not re.search(r"@depth\d+(@|$)", stream):
                self.binance(m)
        elif "lastUpdateId" in m:
            named = re.search(r"symbol=([A-Za-z0-9_]+)", url)
            symbol = named.group(1).upper() if named else next(iter(self.books), "")
            self.book(symbol, True).snapshot(m["bids"], m["asks"], m["lastUpdateId"])


def frames(lines, form):
    """(receive time in ns or 0, JSON text, URL of a REST answer or "") of each received frame."""
    for line in lines:
        line = line.rstrip("\r\n")
        if form == "ndjson":
            yield 0, line, ""
        elif form == "hftbacktest":
            stamp, _, text = line.partition(" ")
            yield int(stamp), text, ""
        else:  # cryptofeed: "TIME: JSON" received, "URL -> TIME: JSON" a REST answer, the rest is not ours
            received = re.match(r"(?:(\S+) -> )?(\d+(?:\.\d+)?): (.*)$", line)
            if received:
                yield int(Decimal(received.group(2)) * 10**9), received.group(3), received.group(1) or ""


def rebuild(lines, form, until=None):
    books = Books()
    for at, text, url in frames(lines, form):
        if until is not None and at > until:
            break
        books.frame(text, url)
    return books.books


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--input", choices=("ndjson", "cryptofeed", "hftbacktest"), default="ndjson")
    options.add_argument("--depth", type=int, default=0, help="levels a side, 0 = all")
    options.add_argument("--until", type=int, help="ns since 1970: stop behind the last frame received by then")
    options.add_argument("--stats", action="store_true", help="also how long a book stayed crossed, in messages")
    given = options.parse_args()
    books = rebuild(sys.stdin, given.input, given.until)
    for symbol in sorted(books):
        answer = books[symbol].answer(given.depth)
        if given.stats:
            answer["longestCrossed"] = books[symbol].longest_crossed
        print(json.dumps(answer))


if __name__ == "__main__":
    main()

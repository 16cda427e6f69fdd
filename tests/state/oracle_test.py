#!/usr/bin/env python3
"""Every book that tape-state rebuilds from a recorded capture is the book that plain Python rebuilds from its frames.

    oracle_test.py BIN_DIR SAMPLES_DIR

Records each capture, then compares at several instants: all levels, sequence number, completeness, trust. Then the
three account updates of samples/binance_usdm/seeds, from their JSON to the finding.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import book_oracle  # noqa: E402

INSTANTS = 6
CAPTURES = (
    ("kraken_futures/cf_20210722_ws.txt.zst", "cryptofeed", 10),
    ("binance_usdm/cf_20210405_mixed.txt.zst", "cryptofeed", 5),
    ("binance_usdm/cf_20210722_ws.txt.zst", "cryptofeed", 4),
    ("binance_usdm/hft_20240808_btcusdt.txt.zst", "hftbacktest", 1),
    ("kraken_futures/gct_20261009_ws.ndjson", "ndjson", 1),
)
SEEDS = ("1_deposit_before", "1_deposit_after", "2_order_after", "3_margin_type_after")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr.decode()}")
    return done.stdout


def capture_bytes(path):
    return run("zstd", "-dc", path) if path.suffix == ".zst" else path.read_bytes()


def books_of(state):
    """As book_oracle answers, but from a line of tape-state."""
    books = {}
    for book in state["books"]:
        def side(name, best=book):
            return [[book_oracle.plain(x["price"]), book_oracle.plain(x["quantity"])] for x in best.get(name, [])]

        books[book["symbol"]] = {
            "bids": side("bids"),
            "asks": side("asks"),
            "sequence": book.get("sequence", 0),
            "complete": book["complete"],
            "whole": book["trust"] == "verified",
            "suspect": book["trust"] == "suspect",
        }
    return books


def compare(name, got, books):
    wanted = {symbol: book.answer(0) for symbol, book in books.items()}
    if set(got) != set(wanted):
        return [f"{name}: books {sorted(got)}, the oracle has {sorted(wanted)}"]
    faults = []
    for symbol, book in sorted(wanted.items()):
        for key in ("sequence", "complete", "whole", "bids", "asks"):
            if got[symbol][key] != book[key]:
                faults.append(f"{name} {symbol}: {key} {str(got[symbol][key])[:200]}, "
                              f"the oracle has {str(book[key])[:200]}")
        if got[symbol]["suspect"] and books[symbol].whole:
            faults.append(f"{name} {symbol}: suspect without a cause")
    return faults


def check_capture(bin_dir, path, form, symbols, work):
    data = capture_bytes(path)
    lines = data.decode().splitlines()
    tape = work / f"{path.parent.name}-{path.name}.tape"
    run(bin_dir / "tape-record", "-", "--input", form, "-o", tape, input=data)
    stamps = [at for at, _, _ in book_oracle.frames(lines, form)]
    ends = [None]
    if form != "ndjson":
        ends += [stamps[len(stamps) * i // INSTANTS] for i in range(1, INSTANTS)]
    faults = []
    for end in ends:
        at = [] if end is None else ["--at", f"@{end // 10**9}.{end % 10**9:09d}"]
        out = run(bin_dir / "tape-state", tape, "--view", "books", "--format", "json", *at)
        books = book_oracle.rebuild(lines, form, end)
        if end is None and len(books) != symbols:
            faults.append(f"{path.name}: the oracle found {len(books)} books, not {symbols}")
        faults += compare(f"{path.name} at {end}", books_of(json.loads(out)), books)
    return faults


def check_seeds(bin_dir, samples, work):
    frames = b"".join(
        json.dumps(json.loads((samples / f"binance_usdm/seeds/binance_account_update_{seed}.json").read_bytes()))
        .encode() + b"\n"
        for seed in SEEDS)
    tape = work / "seeds.tape"
    run(bin_dir / "tape-record", "-", "--venue", "binance-usdm", "--account", "main", "-o", tape, input=frames)
    state = json.loads(run(bin_dir / "tape-state", tape, "--view", "account", "--format", "json"))
    account = state["accounts"][0]
    rows = {(p["symbol"], p["positionSide"]): p for p in account["positions"]}
    finding = account["findings"][0] if account.get("findings") else {}
    wanted = (
        ("trust", account["trust"], "suspect"),
        ("rule", finding.get("rule"), "isolated-margin"),
        ("subject", finding.get("subject"), "USDT"),
        ("difference", finding.get("difference"), "0.01145905"),
        ("findings", len(account.get("findings", [])), 1),
        ("unrealized", rows["BTCUSDT", "LONG"]["unrealizedPnl"], "0.17770"),
        ("isolated", rows["BTCUSDT", "LONG"]["isolatedWallet"], "1.20187100"),
        ("margin type", rows["ETHUSDT", "LONG"]["marginType"], "isolated"),
        ("closed", rows["ETHUSDT", "SHORT"]["quantity"], "0"),
        ("positions", len(rows), 6),
    )
    return [f"seeds: {name} is {got}, not {value}" for name, got, value in wanted if got != value]


def main():
    bin_dir, samples = (pathlib.Path(argument) for argument in sys.argv[1:3])
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for name, form, symbols in CAPTURES:
            faults += check_capture(bin_dir, samples / name, form, symbols, work)
        faults += check_seeds(bin_dir, samples, work)
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

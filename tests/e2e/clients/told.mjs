// What the drivers share: where the venue is, by argv; when to end, by stdin; what was seen, on stdout.

export const told = JSON.parse(process.argv[2]);

let over = false;
export const ended = () => over;
const end = new Promise((resolve) => process.stdin.resume().once("end", resolve)).then(() => { over = true; });

/** `trades` by symbol; `reach` by symbol: the worst price a side of the last snapshot, null where that was the whole book. */
export const seen = { trades: {}, fills: [], signed: "", losses: 0, books: {}, reach: {} };

export const sawTrade = (symbol, id) => { (seen.trades[symbol] ??= []).push(String(id)); };

/** A request that has to be signed: how the venue took it. */
export async function sign(ask) {
  try {
    await ask();
    seen.signed = "accepted";
  } catch (error) {
    seen.signed = `${error?.constructor?.name}: ${String(error?.message ?? error).slice(0, 300)}`;
  }
  process.stderr.write(`signed: ${seen.signed}\n`);
}

/** Calls `watch` over and over; a connection that was lost counts and is made again by the client at the next call. */
export async function keep(watch) {
  while (!over) {
    try {
      await watch();
    } catch (error) {
      if (over) return;
      seen.losses += 1;
      process.stderr.write(`${error?.constructor?.name}: ${String(error?.message ?? error).slice(0, 300)}\n`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Returns when the test has seen enough: tells it all. `ask`: something that has to be signed, of which the venue knows by then. */
export async function finish(books, ask) {
  await end;
  if (ask) await sign(ask);
  seen.books = books();
  process.stdout.write(JSON.stringify(seen) + "\n", () => process.exit(0));
}

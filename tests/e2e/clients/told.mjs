// What the drivers share: where the venue is, by argv; when to end, by stdin; what was seen, on stdout.

export const told = JSON.parse(process.argv[2]);

let over = false;
export const ended = () => over;
const end = new Promise((resolve) => process.stdin.resume().once("end", resolve)).then(() => { over = true; });

export const seen = { trades: [], fills: [], losses: 0, books: {} };

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

/** Returns when the test has seen enough: tells it all. */
export async function finish(books) {
  await end;
  seen.books = books();
  process.stdout.write(JSON.stringify(seen) + "\n", () => process.exit(0));
}

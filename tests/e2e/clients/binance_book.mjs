// A book as the venue's documentation tells clients to keep it, for those that bring none of their own.

export class Book {
  /** `ask` returns a promise of a snapshot of the venue's REST. */
  constructor(ask) {
    this.ask = ask;
    this.reset();
  }

  reset() {
    this.bids = new Map();
    this.asks = new Map();
    this.last = undefined;
    this.early = [];
    this.reach = null;
  }

  /** A message of the diff stream. */
  take(diff) {
    if (this.last !== undefined && diff.pu !== this.last) this.reset();
    if (this.last === undefined) {
      this.early.push(diff);
      return this.begin();
    }
    this.apply(diff);
  }

  begin() {
    if (this.asking) return;
    this.asking = true;
    this.ask().then((snapshot) => {
      if (!(snapshot.lastUpdateId > 0)) return;
      const left = this.early.filter((diff) => diff.u >= snapshot.lastUpdateId);
      // The first one has to begin at or before the snapshot; else that is too old.
      if (left.length === 0 || left[0].U > snapshot.lastUpdateId) return;
      this.reset();
      this.reach = { bids: Number(snapshot.bids.at(-1)[0]), asks: Number(snapshot.asks.at(-1)[0]) };
      for (const [side, levels] of [[this.bids, snapshot.bids], [this.asks, snapshot.asks]]) {
        for (const [price, quantity] of levels) side.set(Number(price), Number(quantity));
      }
      for (const diff of left) this.apply(diff);
    }).catch((error) => process.stderr.write(`no snapshot: ${error?.message ?? error}\n`)).finally(() => { this.asking = false; });
  }

  apply(diff) {
    for (const [side, levels] of [[this.bids, diff.b], [this.asks, diff.a]]) {
      for (const [price, quantity] of levels) {
        if (Number(quantity) === 0) side.delete(Number(price));
        else side.set(Number(price), Number(quantity));
      }
    }
    this.last = diff.u;
  }

  sides() {
    const sorted = (side, sign) => [...side].sort((a, b) => sign * (a[0] - b[0]));
    return { bids: sorted(this.bids, -1), asks: sorted(this.asks, 1) };
  }
}

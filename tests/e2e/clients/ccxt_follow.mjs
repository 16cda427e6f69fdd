// What ccxt's clients of both venues do alike: books, trades and own fills of the symbols told.
import { finish, keep, sawTrade, seen, sign, told } from "./told.mjs";

/** Of ccxt's caches, from which it tells what is new. */
export const kMany = 1_000_000;

/** `ask`: something that has to be signed. `ofBook`: what else ccxt is told about books. */
export async function follow(exchange, symbolOf, ask, ofBook = []) {
  await exchange.loadHttpProxyAgent(); // without TLS ccxt wants its agents loaded
  await exchange.loadMarkets();
  for (const id of told.symbols) {
    keep(() => exchange.watchOrderBook(symbolOf(id), ...ofBook));
    keep(async () => (await exchange.watchTrades(symbolOf(id))).forEach((trade) => sawTrade(id, trade.id)));
  }
  keep(async () => seen.fills.push(...(await exchange.watchMyTrades()).map((trade) => trade.id)));
  await sign(ask);
  const sides = (levels) => [...levels].map((level) => [...level].slice(0, 2));
  await finish(() => Object.fromEntries(told.symbols.map((id) => {
    const book = exchange.orderbooks[symbolOf(id)];
    return [id, { bids: sides(book.bids), asks: sides(book.asks) }];
  })));
}

// What ccxt's clients of both venues do alike: books, trades and own fills of the symbols told.
import { finish, keep, seen, told } from "./told.mjs";

export async function follow(exchange, symbolOf) {
  await exchange.loadHttpProxyAgent(); // without TLS ccxt wants its agents loaded
  await exchange.loadMarkets();
  for (const id of told.symbols) {
    keep(() => exchange.watchOrderBook(symbolOf(id)));
    keep(async () => seen.trades.push(...(await exchange.watchTrades(symbolOf(id))).map((trade) => trade.id)));
  }
  keep(async () => seen.fills.push(...(await exchange.watchMyTrades()).map((trade) => trade.id)));
  const sides = (levels) => [...levels].map((level) => [...level].slice(0, 2));
  await finish(() => Object.fromEntries(told.symbols.map((id) => {
    const book = exchange.orderbooks[symbolOf(id)];
    return [id, { bids: sides(book.bids), asks: sides(book.asks) }];
  })));
}

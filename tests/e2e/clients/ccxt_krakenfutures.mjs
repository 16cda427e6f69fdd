// ccxt's own client of Kraken Futures.
import ccxt from "ccxt";
import { finish, keep, seen, told } from "./told.mjs";

const api = `${told.rest}/derivatives/api/`;
const exchange = new ccxt.pro.krakenfutures({
  apiKey: told.key, secret: told.secret, newUpdates: true,
  rateLimit: 50, // ms between requests, of the socket, too; a drop while it still subscribes ends a program with ccxt
  urls: { api: { public: api, private: api, ws: `${told.websocket}/ws/v1` } },
});
await exchange.loadHttpProxyAgent(); // without TLS ccxt wants its agents loaded
await exchange.loadMarkets();
const symbolOf = (id) => exchange.safeMarket(id).symbol;
for (const id of told.symbols) {
  keep(() => exchange.watchOrderBook(symbolOf(id)));
  keep(async () => seen.trades.push(...(await exchange.watchTrades(symbolOf(id))).map((trade) => trade.id)));
}
keep(async () => seen.fills.push(...(await exchange.watchMyTrades()).map((trade) => trade.id)));
finish(() => Object.fromEntries(told.symbols.map((id) => {
  const book = exchange.orderbooks[symbolOf(id)];
  return [id, { bids: [...book.bids].map((level) => [...level].slice(0, 2)), asks: [...book.asks].map((level) => [...level].slice(0, 2)) }];
})));

// ccxt's own client of Binance USD-M.
import ccxt from "ccxt";
import { finish, keep, seen, told } from "./told.mjs";

// A connection that is lost rejects promises of ccxt's own that nobody waits for.
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${error?.message}\n`));

const rest = Object.fromEntries([["", 1], ["V2", 2], ["V3", 3]].flatMap(([suffix, version]) =>
  ["Public", "Private"].map((side) => [`fapi${side}${suffix}`, `${told.rest}/fapi/v${version}`])));
const exchange = new ccxt.pro.binanceusdm({
  apiKey: told.key, secret: told.secret, newUpdates: true,
  urls: { api: { ...rest, ws: { future: `${told.websocket}/ws` } } },
  options: { fetchCurrencies: false, adjustForTimeDifference: false },
});
await exchange.loadHttpProxyAgent(); // without TLS ccxt wants its agents loaded
await exchange.loadMarkets();
const symbolOf = (id) => exchange.safeMarket(id, undefined, undefined, "contract").symbol;
for (const id of told.symbols) {
  keep(() => exchange.watchOrderBook(symbolOf(id)));
  keep(async () => seen.trades.push(...(await exchange.watchTrades(symbolOf(id))).map((trade) => trade.id)));
}
keep(async () => seen.fills.push(...(await exchange.watchMyTrades()).map((trade) => trade.id)));
finish(() => Object.fromEntries(told.symbols.map((id) => {
  const book = exchange.orderbooks[symbolOf(id)];
  return [id, { bids: [...book.bids].map((level) => [...level].slice(0, 2)), asks: [...book.asks].map((level) => [...level].slice(0, 2)) }];
})));

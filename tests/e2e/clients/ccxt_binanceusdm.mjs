// ccxt's own client of Binance USD-M.
import ccxt from "ccxt";
import { follow, kMany } from "./ccxt_follow.mjs";
import { seen, told } from "./told.mjs";

// A connection that is lost rejects promises of ccxt's own that nobody waits for.
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${error?.message}\n`));

const rest = Object.fromEntries([["", 1], ["V2", 2], ["V3", 3]].flatMap(([suffix, version]) =>
  ["Public", "Private"].map((side) => [`fapi${side}${suffix}`, `${told.rest}/fapi/v${version}`])));
// Its hook for those who want to see answers: how deep a snapshot goes.
class Exchange extends ccxt.pro.binanceusdm {
  onRestResponse(...all) {
    const [, , url, , , body] = all;
    if (url.includes("/depth?")) {
      const { lastUpdateId, bids, asks } = JSON.parse(body);
      if (lastUpdateId) seen.reach[told.symbols[0]] = { bids: Number(bids.at(-1)[0]), asks: Number(asks.at(-1)[0]) };
    }
    return super.onRestResponse(...all);
  }
}
const exchange = new Exchange({
  apiKey: told.key, secret: told.secret, newUpdates: true,
  urls: { api: { ...rest, ws: { future: `${told.websocket}/ws` } } },
  options: { tradesLimit: kMany, fetchCurrencies: false, adjustForTimeDifference: false },
});
await follow(exchange, (id) => exchange.safeMarket(id, undefined, undefined, "contract").symbol, () => exchange.fetchBalance(),
  // A book is cut to its limit at every look, and what was cut does not come back; of the venue no more than 1,000 may be asked.
  [kMany, { limit: 1000 }]);

// ccxt's own client of Binance USD-M.
import ccxt from "ccxt";
import { follow } from "./ccxt_follow.mjs";
import { told } from "./told.mjs";

// A connection that is lost rejects promises of ccxt's own that nobody waits for.
process.on("unhandledRejection", (error) => process.stderr.write(`unhandled: ${error?.message}\n`));

const rest = Object.fromEntries([["", 1], ["V2", 2], ["V3", 3]].flatMap(([suffix, version]) =>
  ["Public", "Private"].map((side) => [`fapi${side}${suffix}`, `${told.rest}/fapi/v${version}`])));
const exchange = new ccxt.pro.binanceusdm({
  apiKey: told.key, secret: told.secret, newUpdates: true,
  urls: { api: { ...rest, ws: { future: `${told.websocket}/ws` } } },
  options: { fetchCurrencies: false, adjustForTimeDifference: false },
});
await follow(exchange, (id) => exchange.safeMarket(id, undefined, undefined, "contract").symbol);

// ccxt's own client of Kraken Futures.
import ccxt from "ccxt";
import { follow, kMany } from "./ccxt_follow.mjs";
import { told } from "./told.mjs";

const api = `${told.rest}/derivatives/api/`;
const exchange = new ccxt.pro.krakenfutures({
  apiKey: told.key, secret: told.secret, newUpdates: true,
  options: { tradesLimit: kMany },
  rateLimit: 50, // ms between requests, of the socket, too; a drop while it still subscribes ends a program with ccxt
  urls: { api: { public: api, private: api, ws: `${told.websocket}/ws/v1` } },
});
await follow(exchange, (id) => exchange.safeMarket(id).symbol, () => exchange.fetchPositions());

// binance-api-node, of the community.
import node from "binance-api-node";
import { Book } from "./binance_book.mjs";
import { finish, sawTrade, seen, told } from "./told.mjs";

const at = (site) => `${told.websocket}/${site}/ws`;
const client = (node.default ?? node)({
  apiKey: told.key, apiSecret: told.secret, httpFutures: told.rest,
  wsFutures: at("public"), wsFuturesPublic: at("public"), wsFuturesMarket: at("market"), wsFuturesPrivate: at("private"),
});
const [symbol] = told.symbols;
seen.losses = null; // it connects again by itself and tells nobody
const pairs = (levels) => levels.map((level) => [level.price, level.quantity]);
const book = new Book(async () => {
  const { lastUpdateId, bids, asks } = await client.futuresBook({ symbol, limit: 1000 });
  return { lastUpdateId, bids: pairs(bids), asks: pairs(asks) };
});
client.ws.futuresDepth(`${symbol}@100ms`, (diff) => book.take(diff), false);
client.ws.futuresCustomSubStream(`${symbol.toLowerCase()}@trade`, (trade) => sawTrade(symbol, trade.t));
await client.ws.futuresUser((event) => { if (event.type === "ORDER_TRADE_UPDATE") seen.fills.push(String(event.o.t)); }, false);
await client.futuresExchangeInfo();
finish(() => {
  seen.reach[symbol] = book.reach;
  return { [symbol]: book.sides() };
}, () => client.futuresAccountBalance());

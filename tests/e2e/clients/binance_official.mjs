// The venue's own client, which takes TLS only.
import { DerivativesTradingUsdsFutures } from "@binance/derivatives-trading-usds-futures";
import { Book } from "./binance_book.mjs";
import { finish, sawTrade, seen, told } from "./told.mjs";

const client = new DerivativesTradingUsdsFutures({
  configurationRestAPI: { apiKey: told.key, apiSecret: told.secret, basePath: told.rest },
  configurationWebsocketStreams: { wsURL: told.websocket, reconnectDelay: 200 },
});
const [symbol] = told.symbols;
const { listenKey } = await (await client.restAPI.startUserDataStream()).data();
const connection = await client.websocketStreams.connect();
connection.on("close", () => { seen.losses += 1; });
const book = new Book(async () => (await client.restAPI.orderBook({ symbol, limit: 1000 })).data());
connection.diffBookDepthStreams({ symbol: symbol.toLowerCase(), updateSpeed: "100ms" }).on("message", (diff) => book.take(diff));
connection.on("message", (text) => {
  const { stream, data } = JSON.parse(text);
  if (stream?.endsWith("@trade")) sawTrade(symbol, data.t);
});
connection.websocketBase.subscribe([`${symbol.toLowerCase()}@trade`], undefined, "public");
connection.userData(listenKey).on("message", (event) => { if (event.e === "ORDER_TRADE_UPDATE") seen.fills.push(String(event.o.t)); });
await (await client.restAPI.exchangeInformation()).data();
finish(() => {
  seen.reach[symbol] = book.reach;
  return { [symbol]: book.sides() };
}, async () => (await client.restAPI.futuresAccountBalanceV3()).data());

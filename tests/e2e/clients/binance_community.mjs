// The package "binance", of the community. It has no option for where its sockets go: the test gives it names of its own.
import { USDMClient, WebsocketClient } from "binance";
import { Book } from "./binance_book.mjs";
import { finish, sawTrade, seen, told } from "./told.mjs";

const keys = { api_key: told.key, api_secret: told.secret };
const [symbol] = told.symbols;
const rest = new USDMClient(keys);
const book = new Book(() => rest.getOrderBook({ symbol, limit: 1000 }));
const socket = new WebsocketClient({ ...keys, reconnectTimeout: 200 }, { trace() {}, info() {}, error: (...said) => console.error(...said) });
socket.on("reconnecting", () => { seen.losses += 1; });
socket.on("exception", (event) => process.stderr.write(`exception: ${JSON.stringify(event).slice(0, 300)}\n`));
socket.on("message", (message) => {
  const event = message.data?.e ? message.data : message;
  if (event.e === "depthUpdate") book.take(event);
  if (event.e === "trade") sawTrade(symbol, event.t);
  if (event.e === "ORDER_TRADE_UPDATE") seen.fills.push(String(event.o.t));
});
socket.subscribeDiffBookDepth(symbol, 100, "usdm");
socket.subscribeTrades(symbol, "usdm");
socket.subscribeUsdFuturesUserDataStream();
await rest.getExchangeInfo();
finish(() => {
  seen.reach[symbol] = book.reach;
  return { [symbol]: book.sides() };
}, () => rest.getBalanceV3());

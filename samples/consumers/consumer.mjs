// A consumer for tape-replay: counts the events per topic and holds them against the end marker.
//
//   npm ci
//   tape-replay day.tape --speed max --exec 'node consumer.mjs'
//   node consumer.mjs --endpoint tcp://127.0.0.1:5555 kraken-futures/book/
//
// Copy this file with package.json and put your work where it says so. It needs zeromq and xxhash-wasm from
// npm and nothing of tape.
import { parseArgs } from "node:util";
import xxhash from "xxhash-wasm";
import { Pull, Subscriber } from "zeromq";

const { values: options, positionals: prefixes } = parseArgs({
  allowPositionals: true,
  options: {
    endpoint: { type: "string", default: process.env.TAPE_ENDPOINT },
    bind: { type: "boolean", default: false }, // the player connects
    pull: { type: "boolean", default: false }, // be a worker of --pattern push
    timeout: { type: "string", default: "300" }, // seconds without a message until giving up
  },
});
if (!options.endpoint) {
  console.error("consumer.mjs: no endpoint: --endpoint E or $TAPE_ENDPOINT");
  process.exit(2);
}

const { create64 } = await xxhash();
const topics = new Map(); // topic: {messages, bytes, last, digest}
let lines = false;
let run = null;
let holes = 0;
let end = null;

/** One message. False after the last one. */
function take(topic, payload, head) {
  const name = topic.toString();
  const number = head.readBigUInt64LE(8); // within the topic; 16: session, 24: ordinal
  if (name === "tape/start/") {
    run = head.readBigUInt64LE(0);
    lines = JSON.parse(payload).format !== "capnp";
    return true;
  }
  if (name === "tape/end/") {
    end = JSON.parse(payload);
    return false;
  }
  if (name === "tape/clock/") return true;
  let count = topics.get(name);
  if (!count) topics.set(name, (count = { messages: 0, bytes: 0, last: 0n, digest: create64() }));
  // A worker gets a part of each topic, all others get every number.
  if (options.pull ? number <= count.last : number !== count.last + 1n) holes += 1;
  if (run !== null && head.readBigUInt64LE(0) !== run) holes += 1;
  count.messages += 1;
  count.digest.update(payload);
  if (lines) count.digest.update("\n");
  count.bytes += payload.length;
  count.last = number;

  // Your work goes here: `payload` is a Cap'n Proto Event message, JSON or the frame, as --format says.
  return true;
}

/** What the player says it sent of the topics that we wanted is what we got. */
function agrees() {
  if (end === null) return false;
  if (options.pull) return true;
  const wanted = (topic) => prefixes.length === 0 || [...prefixes, "tape/"].some((prefix) => topic.startsWith(prefix));
  const sent = Object.entries(end.topics).filter(([topic]) => wanted(topic));
  return (
    sent.length === topics.size &&
    sent.every(([topic, { messages, bytes, digest }]) => {
      const got = topics.get(topic);
      return got?.messages === messages && got.bytes === bytes && got.digest.digest().toString(16).padStart(16, "0") === digest;
    })
  );
}

const socket = options.pull ? new Pull() : new Subscriber();
socket.receiveTimeout = Number(options.timeout) * 1000;
if (options.bind) await socket.bind(options.endpoint);
else socket.connect(options.endpoint);
if (!options.pull) {
  for (const prefix of prefixes.length ? prefixes : [""]) socket.subscribe(prefix);
  socket.subscribe("tape/"); // last: the player starts when this one arrives
}

try {
  for await (const [topic, payload, head] of socket) {
    if (!take(topic, payload, head)) break;
  }
} catch (error) {
  console.error(`consumer.mjs: ${error.code === "EAGAIN" ? "no message for too long" : error.message}`);
}
socket.close();

const sum = (member) => [...topics.values()].reduce((total, count) => total + count[member], 0);
const complete = end?.complete === true;
const countsAgree = agrees();
const ok = complete && countsAgree && holes === 0;
console.log(
  JSON.stringify({
    consumer: "node",
    events: sum("messages"),
    bytes: sum("bytes"),
    topics: topics.size,
    holes,
    end: end !== null,
    complete,
    countsAgree,
    ok,
  }),
);
process.exit(ok ? 0 : 1);

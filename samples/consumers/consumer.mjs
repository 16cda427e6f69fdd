// A consumer for tape-replay: takes a run and says whether it was complete.
//
//   npm ci --ignore-scripts
//   tape-replay day.tape --speed max --exec 'node consumer.mjs'
//   node consumer.mjs --endpoint tcp://127.0.0.1:5555 kraken-futures/book/
//
// Copy this file with tape_run.mjs and package.json and put your work where it says so.
import { parseArgs } from "node:util";
import { Run } from "./tape_run.mjs";

const { values: options, positionals: prefixes } = parseArgs({
  allowPositionals: true,
  options: {
    endpoint: { type: "string", default: process.env.TAPE_ENDPOINT },
    bind: { type: "boolean", default: false }, // the player connects
    pull: { type: "boolean", default: false }, // be a worker of --pattern push
    timeout: { type: "string", default: "300" }, // seconds without a message until giving up
    grace: { type: "string", default: "10" }, // seconds that a lost connection has to come back
  },
});
if (!options.endpoint) {
  console.error("consumer.mjs: no endpoint: --endpoint E or $TAPE_ENDPOINT");
  process.exit(2);
}

const run = await Run.open({ ...options, prefixes, timeout: Number(options.timeout), grace: Number(options.grace) });
try {
  for await (const message of run) {
    // Your work goes here: message.payload is a Cap'n Proto Event message, JSON or the frame, as --format says.
    void message;
  }
} catch (error) {
  console.error(`consumer.mjs: ${error.code === "EAGAIN" ? "no message for too long" : error.message}`);
}
const result = run.result();
console.log(JSON.stringify({ consumer: "node", ...result }));
process.exit(result.ok ? 0 : 1);

// One run of tape-replay at the receiving end: hands out its messages and proves, against the end marker, that none is missing,
// doubled, out of order or changed. Copy this module with package.json; it needs zeromq and xxhash-wasm from npm and nothing of tape.
//
//   const run = await Run.open({ endpoint: "tcp://127.0.0.1:5555", prefixes: ["kraken-futures/book/"] });
//   for await (const { topic, payload } of run) use(topic, payload);
//   if (!run.result().ok) fail();
import xxhash from "xxhash-wasm";
import { Pull, Subscriber } from "zeromq";

const LOOK = 100; // milliseconds between two looks at the connection while nothing comes
// A machine that vanished without a word is a lost connection after 30 seconds.
const KEEP_ALIVE = { tcpKeepalive: 1, tcpKeepaliveIdle: 10, tcpKeepaliveInterval: 5, tcpKeepaliveCount: 4 };

export class Run {
  /**
   * Throws, while it is iterated over, an error of code EAGAIN when nothing comes for `timeout` seconds, another when the connection
   * is lost during the run and not back within `grace` seconds.
   */
  static async open({ endpoint, prefixes = [], bind = false, pull = false, timeout = 300, grace = 10 }) {
    const { create64 } = await xxhash();
    const run = new Run(create64, prefixes, pull);
    Object.assign(run, { timeout, grace });
    run.socket = pull ? new Pull() : new Subscriber();
    run.socket.receiveTimeout = LOOK;
    Object.assign(run.socket, KEEP_ALIVE);
    run.#follow(run.socket.events);
    if (bind) await run.socket.bind(endpoint);
    else run.socket.connect(endpoint);
    if (!pull) {
      for (const prefix of prefixes.length ? prefixes : [""]) run.socket.subscribe(prefix);
      run.socket.subscribe("tape/"); // last: the player starts when this one arrives
    }
    return run;
  }

  constructor(create64, prefixes, pull) {
    Object.assign(this, { create64, prefixes, pull });
    this.topics = new Map(); // topic: {messages, bytes, last, digest}
    this.digest = create64();
    this.lines = false;
    this.id = null;
    this.holes = 0;
    this.end = null;
    this.lost = false;
  }

  /** Events: {topic, payload, number, session, ordinal}, the numbers as BigInt. Markers are not handed out. */
  async *[Symbol.asyncIterator]() {
    try {
      while (this.end === null) {
        const message = this.#take(...(await this.#receive()));
        if (message) yield message;
      }
    } finally {
      this.socket.close();
    }
  }

  /** A connection counts as back after the handshake: a proxy accepts for a player that is gone. */
  #follow(events) {
    let connections = 0;
    for (const made of ["connect", "accept"]) events.on(made, () => (connections += 1));
    events.on("handshake", () => (this.lost = false));
    events.on("disconnect", () => {
      connections -= 1;
      if (connections === 0) this.lost = true;
    });
  }

  async #receive() {
    // Milliseconds without a message, and without a connection.
    for (let silent = LOOK, gone = 0; ; silent += LOOK) {
      try {
        return await this.socket.receive();
      } catch (error) {
        // All that came before a loss has been taken.
        if (error.code !== "EAGAIN") throw error;
        gone = this.lost && this.id !== null ? gone + LOOK : 0;
        if (gone > this.grace * 1000) throw new Error("the player's connection was lost without an end marker");
        if (silent >= this.timeout * 1000) throw error;
      }
    }
  }

  /** Nothing: a marker. */
  #take(name, payload, head) {
    const topic = name.toString();
    const id = head.readBigUInt64LE(0);
    const number = head.readBigUInt64LE(8); // within the topic
    this.id ??= id;
    if (id !== this.id) this.holes += 1;
    if (topic === "tape/start/") {
      this.lines = JSON.parse(payload).format !== "capnp";
      return undefined;
    }
    if (topic === "tape/end/") {
      this.end = JSON.parse(payload);
      return undefined;
    }
    if (topic === "tape/clock/") return undefined;
    let count = this.topics.get(topic);
    if (!count) this.topics.set(topic, (count = { messages: 0, bytes: 0, last: 0n, digest: this.create64() }));
    // A worker gets a part of each topic, all others get every number.
    if (this.pull ? number <= count.last : number !== count.last + 1n) this.holes += 1;
    count.messages += 1;
    count.bytes += payload.length;
    count.last = number;
    for (const digest of [count.digest, this.digest]) {
      digest.update(payload);
      if (this.lines) digest.update("\n");
    }
    return { topic, payload, number, session: head.readBigUInt64LE(16), ordinal: head.readBigUInt64LE(24) };
  }

  /** What the player says it sent of the topics that are wanted is what came; all of it also in the same order over the topics. */
  #agrees() {
    if (this.pull) return true;
    const text = (digest) => digest.digest().toString(16).padStart(16, "0");
    const wanted = (topic) => this.prefixes.length === 0 || [...this.prefixes, "tape/"].some((prefix) => topic.startsWith(prefix));
    const sent = Object.entries(this.end.topics).filter(([topic]) => wanted(topic));
    return (
      sent.length === this.topics.size &&
      (this.prefixes.length > 0 || text(this.digest) === this.end.digest) &&
      sent.every(([topic, { messages, bytes, digest }]) => {
        const got = this.topics.get(topic);
        return got?.messages === messages && got.bytes === bytes && text(got.digest) === digest;
      })
    );
  }

  /** After the last message. */
  result() {
    const sum = (member) => [...this.topics.values()].reduce((total, count) => total + count[member], 0);
    const complete = this.end?.complete === true;
    const countsAgree = this.end !== null && this.#agrees();
    return {
      messages: sum("messages"),
      bytes: sum("bytes"),
      topics: this.topics.size,
      holes: this.holes,
      end: this.end !== null,
      complete,
      countsAgree,
      ok: complete && countsAgree && this.holes === 0,
    };
  }
}

#!/usr/bin/env node
// A WebSocket server (package ws) on 127.0.0.1 that does what the texts sent to it say; prints its port.
//
// ws_server.js [--cert FILE --key FILE] [--deflate]
// Paths: /html answers the upgrade with 502 and HTML, /moved with 302, /drop ends the connection inside the upgrade,
// /mute takes it and never answers; any other path opens.
// Texts: "close CODE REASON", "big BYTES", "burst COUNT", "ping", "reset", "end" (TCP ends, no close frame), "quit"
// (close frame, TCP stays open), "extensions" (those agreed on), "agent" (the User-Agent); others come back, as does
// binary. Each pong that comes in is told by the text "pong: PAYLOAD", each ping by the line "ping" on stdout.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const { WebSocketServer } = require('ws');

const argument = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : process.argv[at + 1];
};
const cert = argument('--cert');
const server = cert
  ? https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(argument('--key')) })
  : http.createServer();
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: process.argv.includes('--deflate') ? { threshold: 0 } : false,
  maxPayload: 64 << 20,
});

const html = '<html><body><h1>502 Bad Gateway</h1></body></html>\n';
const refusals = {
  '/html': `HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: ${html.length}\r\n` +
    `Connection: close\r\n\r\n${html}`,
  '/moved': 'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n',
  '/drop': 'HTTP/1.1 101 Swi',
};

const commands = {
  close: (socket, code, ...reason) => socket.close(Number(code), reason.join(' ')),
  big: (socket, bytes) => socket.send('x'.repeat(Number(bytes))),
  burst: (socket, count) => { for (let i = 0; i < Number(count); ++i) socket.send(`message ${i}`); },
  ping: (socket) => socket.ping('are you there'),
  reset: (socket) => socket._socket.resetAndDestroy(),
  end: (socket) => socket._socket.destroy(),
  quit: (socket) => { socket._socket.pause(); socket._socket.write(Buffer.from([0x88, 0x02, 0x03, 0xe9])); },
  extensions: (socket) => socket.send(`extensions: ${socket.extensions}`),
  agent: (socket) => socket.send(`agent: ${socket.agent}`),
};

server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {});
  if (request.url === '/mute') return;
  if (request.url in refusals) { socket.end(refusals[request.url]); return; }
  sockets.handleUpgrade(request, socket, head, (opened) => {
    opened.agent = request.headers['user-agent'];
    opened.on('error', () => {});
    opened.on('pong', (payload) => opened.send(`pong: ${payload}`));
    opened.on('ping', () => console.log('ping'));
    opened.on('close', (code, reason) => console.log(`closed ${code} ${reason}`));
    opened.on('message', (data, binary) => {
      const [command, ...rest] = binary ? [''] : data.toString().split(' ');
      if (Object.hasOwn(commands, command)) commands[command](opened, ...rest);
      else opened.send(data, { binary });
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

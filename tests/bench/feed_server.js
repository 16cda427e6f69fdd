#!/usr/bin/env node
// Frames of a file over TLS WebSocket (package ws) at a rate, in the shape of Binance; prints its address.
//
// feed_server.js FRAMES.ndjson RATE CERT KEY [DROP]: every client that subscribes gets the frames, over and over, until
// DROP of them were sent, if it is given: then the connection is closed.
'use strict';
const fs = require('fs');
const https = require('https');
const { WebSocketServer } = require('ws');

const [, , path, rate, cert, key, drop] = process.argv;
const frames = fs.readFileSync(path, 'utf8').split('\n').filter((line) => line);
const server = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, (request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(request.url.includes('/time') ? JSON.stringify({ serverTime: Date.now() }) : '{}');
});

new WebSocketServer({ server }).on('connection', (socket) => {
  let timer = null;
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
  socket.on('message', (data) => {
    socket.send(JSON.stringify({ result: null, id: JSON.parse(data).id }));
    if (timer) return;
    const start = process.hrtime.bigint();
    let sent = 0;
    timer = setInterval(() => {
      const due = Number(process.hrtime.bigint() - start) / 1e9 * Number(rate);
      while (sent < due && socket.bufferedAmount < (1 << 20) && sent !== Number(drop)) socket.send(frames[sent++ % frames.length]);
      if (sent === Number(drop)) {
        clearInterval(timer);
        socket.close(1012, 'service restart');
      }
    }, 2);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();

// Socket.IO's server as a peer of wirelab's (docs/internals/peers.md): rooms as channels, WebSocket only, messages taken in by
// POST as wirelab's are. What it is told: its port.
"use strict";
const http = require("http");
const { Server } = require("socket.io");

const PAYLOAD_BYTES_MAX = 64 * 1024; // as wirelab's

function publish(io, request, response) {
  const channel = decodeURIComponent(request.url.slice("/publish/".length));
  const parts = [];
  let bytes = 0;
  request.on("data", (part) => {
    bytes += part.length;
    if (bytes <= PAYLOAD_BYTES_MAX) parts.push(part);
  });
  request.on("end", () => {
    if (bytes > PAYLOAD_BYTES_MAX) return response.writeHead(413).end();
    io.to(channel).emit("message", Buffer.concat(parts).toString("utf8"));
    response.writeHead(200, { "Content-Length": 0 }).end();
  });
}

const server = http.createServer((request, response) => {
  if (request.method === "POST" && request.url.startsWith("/publish/")) return publish(io, request, response);
  response.writeHead(404, { "Content-Length": 0 }).end();
});
const io = new Server(server, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
io.on("connection", (socket) => {
  socket.on("subscribe", (channel, joined) => {
    socket.join(channel);
    joined();
  });
});
server.keepAliveTimeout = 3600 * 1000; // the publisher's connection is kept, as it is by the others
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
process.on("SIGTERM", () => process.exit(0));

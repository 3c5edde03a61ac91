import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { fastify } from "fastify";
import { expect, test } from "vitest";

import { freePort } from "../../../test/free-port.ts";
import { until } from "../../../test/wait.ts";
import { LIMITS, refuseUnreadable } from "./connections.ts";
import { listen } from "./listen.ts";

/** The same, a thousand times as fast. */
const SHORT = { ...LIMITS, headersTimeout: 20, requestTimeout: 30, connectionsCheckingInterval: 5 };

test.each([
  ["headers", "GET / HTTP/1.1\r\nHost: localhost\r\n"],
  ["a body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"],
])("%s that do not come to an end are given up with 408", async (_, sent) => {
  const port = await freePort();
  const server = createServer(SHORT, (request) => request.resume());
  server.on("clientError", refuseUnreadable);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const socket = connect(port, "127.0.0.1");
  socket.write(sent);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n/);
  server.close();
});

test("who never closes its side of a connection keeps none of our descriptors", async () => {
  const port = await freePort();
  const server = createServer(SHORT, (request) => request.resume());
  server.on("clientError", refuseUnreadable);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const sent = ["GET / HTTP/1.1\r\nHost: localhost\r\n", "nonsense\r\n\r\n", ""];
  const sockets = Array.from({ length: 48 }, (_, place) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {}).resume();
    socket.write(sent[place % sent.length]!);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  await until((note) => {
    const open = new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    return open.then((count) => (note(`${count} are open`), count === 0));
  });
  for (const socket of sockets) socket.destroy();
  server.close();
});

test("an answer may take longer than a request, on both loopback addresses", async () => {
  const app = fastify({ http: SHORT, requestTimeout: SHORT.requestTimeout });
  app.get("/events", (_request, reply) => {
    const { raw } = reply.hijack();
    raw.writeHead(200);
    let beats = 0;
    const timer = setInterval(() => {
      raw.write(".");
      beats += 1;
      if (beats < 10) return;
      clearInterval(timer);
      raw.end();
    }, 10);
  });
  const port = await listen(app, "127.0.0.1", await freePort());
  const answers = ["127.0.0.1", "[::1]"].map(async (host) => {
    // On a busy machine the request itself may come too late: then it is sent again.
    const answer = await until(async (note) => {
      const found = await fetch(`http://${host}:${port}/events`);
      return note(found.status) === 200 && found;
    });
    return answer.text();
  });
  expect(await Promise.all(answers)).toEqual([".".repeat(10), ".".repeat(10)]);
  await app.close();
});

test("what a client may take is less than a minute", () => {
  for (const limit of [LIMITS.headersTimeout, LIMITS.requestTimeout])
    expect(limit + LIMITS.connectionsCheckingInterval).toBeLessThan(60_000);
});

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";

import { fastify } from "fastify";
import { expect, test } from "vitest";

import { freePort } from "../../../test/free-port.ts";
import { until } from "../../../test/wait.ts";
import { MOST_CONNECTIONS } from "./connections.ts";
import { listen } from "./listen.ts";

test.each([
  ["127.0.0.1", "::1", "[::1]"],
  ["localhost", "::1", "[::1]"],
  ["0.0.0.0", "::1", "[::1]"],
  ["::1", "127.0.0.1", "127.0.0.1"],
])(
  "on %s: nothing starts while a stranger has the port on %s, and the stranger is named",
  async (host, other, named) => {
    const port = await freePort();
    const stranger = createServer().listen({ host: other, port, exclusive: true });
    await once(stranger, "listening");
    await using app = fastify();
    await expect(listen(app, host, port)).rejects.toMatchObject({
      failure: {
        code: "settings_invalid",
        message: `The server cannot listen on ${named}:${port} (EADDRINUSE): another program does.`,
      },
    });
    stranger.close();
  },
);

/** Whoever does this much at once on both addresses; each socket is told once it is open. */
async function openMany(port: number, host: string, sent: string): Promise<Socket[]> {
  const sockets = Array.from({ length: MOST_CONNECTIONS }, () => connect(port, host).on("error", () => {}));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  for (const socket of sockets) socket.write(sent);
  return sockets;
}

const LOOPBACK = [
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "[::1]"],
] as const;

test.each([
  ["nothing", ""],
  ["half a request", "GET / HTTP/1.1\r\nHost: localhost\r\n"],
  ["half a body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"],
  ["nothing more", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
])("who opens as many connections as are served, and sends %s on them, shuts nobody out", async (_, sent) => {
  await using app = fastify();
  app.get("/", async () => "here");
  app.post("/", async () => "here");
  const port = await listen(app, "127.0.0.1", await freePort());
  for (const [host, named] of LOOPBACK) {
    const sockets = await openMany(port, host, sent);
    for (const _again of [1, 2, 3])
      expect(await (await fetch(`http://${named}:${port}/`, { headers: { connection: "close" } })).text()).toBe("here");
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeGreaterThan(MOST_CONNECTIONS - 10);
    for (const socket of sockets) socket.destroy();
  }
});

test("connections beyond those whose requests are being answered are closed, on both addresses, and no answer is cut", async () => {
  await using app = fastify();
  let answer = Promise.withResolvers<void>();
  let asked = 0;
  app.get("/", async () => {
    asked += 1;
    await answer.promise;
    return "here";
  });
  const port = await listen(app, "127.0.0.1", await freePort());
  for (const [host, named] of LOOPBACK) {
    [answer, asked] = [Promise.withResolvers<void>(), 0];
    const sockets = await openMany(port, host, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const answers = sockets.map((socket) => text(socket));
    await until((note) => note(asked) === MOST_CONNECTIONS);
    const further = connect(port, host).on("error", () => {});
    await once(further, "close");
    answer.resolve();
    for (const one of await Promise.all(answers)) expect(one).toMatch(/^HTTP\/1\.1 200 .*here$/s);
    expect(await (await fetch(`http://${named}:${port}/`)).text()).toBe("here");
  }
});

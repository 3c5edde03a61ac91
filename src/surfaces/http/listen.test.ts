import { once } from "node:events";
import { connect, createServer } from "node:net";

import { fastify } from "fastify";
import { expect, test } from "vitest";

import { freePort } from "../../../simulator/stage.ts";
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

test("connections beyond those that are served at once are closed, on both addresses, and there is room again", async () => {
  await using app = fastify();
  app.get("/", async () => "here");
  const port = await listen(app, "127.0.0.1", await freePort());
  for (const host of ["127.0.0.1", "::1"]) {
    const sockets = Array.from({ length: MOST_CONNECTIONS }, () => connect(port, host));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const further = connect(port, host).on("error", () => {});
    await once(further, "close");
    for (const socket of sockets) socket.destroy();
    const url = `http://${host === "::1" ? "[::1]" : host}:${port}/`;
    await until(() =>
      fetch(url).then(
        (answer) => answer.text(),
        () => "",
      ),
    );
  }
});

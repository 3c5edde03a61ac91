import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Stands on loopback between a client and a server, and does to their connections what networks do. */
export type TcpProxy = AsyncDisposable &
  Readonly<{
    port: number;
    /** Everything goes through, as at first; what was held back is sent on. */
    open(): void;
    /** Connections break, and new ones are refused. */
    cut(): void;
    /** Half open: connections stay, and are made, and nothing goes through any more; neither side is told. */
    freeze(): void;
  }>;

export async function tcpProxy(host: string, port: number): Promise<TcpProxy> {
  let state: "open" | "cut" | "frozen" = "open";
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (state === "cut") return void client.resetAndDestroy();
    const upstream = connect(port, host);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        if (state !== "frozen") to.destroy();
      });
      from.on("data", (bytes) => to.write(bytes));
      if (state === "frozen") from.pause();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    open() {
      state = "open";
      for (const socket of sockets) socket.resume();
    },
    cut() {
      state = "cut";
      drop();
    },
    freeze() {
      state = "frozen";
      for (const socket of sockets) socket.pause();
    },
    async [Symbol.asyncDispose]() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}

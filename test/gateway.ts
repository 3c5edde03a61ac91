import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server that can be shut and opened again: shut, it refuses connections on the same port and drops those it had. */
export type Gateway = AsyncDisposable & Readonly<{ url: string; shut(): Promise<void>; open(): Promise<void> }>;

export async function openGateway(to: string): Promise<Gateway> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const hold = (socket: Socket, other: () => Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    hold(near, () => far);
    hold(far, () => near);
    near.pipe(far).pipe(near);
  });
  let own = 0; // any free port at first, then the same again
  const open = async (): Promise<void> => {
    server.listen(own, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    own = typeof address === "object" && address ? address.port : 0;
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await open();
  return { url: `http://127.0.0.1:${own}`, shut, open, [Symbol.asyncDispose]: shut };
}

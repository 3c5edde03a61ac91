import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A real proxy on loopback, which notes where it is asked to lead, and by whom, and leads nowhere. */
export async function connectProxy(): Promise<
  AsyncDisposable & Readonly<{ url: string; asked: readonly { host: string; user: string | undefined }[] }>
> {
  const asked: { host: string; user: string | undefined }[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on("connect", (request, socket) => {
    asked.push({ host: request.url ?? "", user: request.headers["proxy-authorization"] });
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://ada:secret@127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { once } from "node:events";
import { createServer } from "node:http";

/** Somebody else's server, which learns of whoever comes near it. */
export async function trap(): Promise<AsyncDisposable & { origin: string; visits: string[] }> {
  const visits: string[] = [];
  const server = createServer((request, response) => {
    visits.push(`${request.method} ${request.url}`);
    response.setHeader("access-control-allow-origin", "*").end("caught");
  });
  // A connection alone tells enough: `preconnect` makes no more.
  server.on("connection", () => visits.push("a connection"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    visits,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

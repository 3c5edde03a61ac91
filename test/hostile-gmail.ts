import { once } from "node:events";
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";

import type { SimulatedGoogle } from "../simulator/google.ts";

/** What stands in an answer's place. */
export type Forgery = Readonly<{ headers: Record<string, string>; bytes: Buffer }>;

/** A way to the simulated Gmail on which some answers are replaced. `forge` is told the resource below users/me/, and all of the address. */
export async function hostileGmail(
  google: SimulatedGoogle,
  forge: (resource: string, address: string) => Forgery | undefined,
): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, google.url);
    const forgery = forge(pathname.replace("/gmail/v1/users/me/", ""), request.url!);
    if (forgery === undefined) pass(google.url, request, response);
    else send(response, forgery);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(to: string, request: IncomingMessage, response: ServerResponse): void {
  const onward = ask(new URL(request.url!, to), { method: request.method!, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

function send(response: ServerResponse, { headers, bytes }: Forgery): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length, ...headers });
  response.end(bytes);
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { FastifyInstance } from "fastify";

import { refuse } from "../../core/errors.ts";
import { LIMITS, refuseUnreadable } from "./connections.ts";

/**
 * Listens on `host`. Where that is this machine's own 127.0.0.1, on [::1] too: browsers ask for "localhost", and which
 * of the two it means differs from machine to machine. Resolves with the port.
 */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  const twin = createServer(LIMITS, (request, response) => app.routing(request, response));
  twin.on("clientError", refuseUnreadable);
  app.addHook("onClose", async () => {
    twin.closeAllConnections();
    twin.close();
  });
  await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port }).catch((error: NodeJS.ErrnoException) => {
    throw refuse(
      "settings_invalid",
      `The server cannot listen on ${host}:${port} (${error.code ?? "unknown reason"}).`,
      "Stop what listens there, or choose another PORT (and OAUTH_REDIRECT_URI, if it is set).",
    );
  });
  const taken = portOf(app.server.address());
  if (host === "127.0.0.1" || host === "localhost")
    await new Promise<void>((resolve) => {
      twin.once("error", () => resolve()); // no IPv6 here
      twin.listen(taken, "::1", resolve);
    });
  return taken;
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === "object" && address ? address.port : 0;
}

import { createServer } from "node:http";
import type { AddressInfo, ListenOptions, Server } from "node:net";

import type { FastifyInstance } from "fastify";

import { failureOf, refuse } from "../../core/errors.ts";
import { limitConnections, LIMITS, refuseUnreadable } from "./connections.ts";

/** Where else "localhost" may lead: which of the two a browser takes differs from machine to machine. */
const TWINS: Readonly<Record<string, string>> = { "127.0.0.1": "::1", "0.0.0.0": "::1", "::1": "127.0.0.1" };

/** There is no such address on this machine, so nobody can stand there either. */
const NO_SUCH_ADDRESS: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/**
 * Listens on `host`, and where browsers may reach that as "localhost", on both addresses that the name has. Resolves with
 * the port. Throws `settings_invalid` where another program stands at one of them: a browser would bring it our cookies.
 */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  const address = host === "localhost" ? "127.0.0.1" : host;
  const server = createServer(LIMITS, (request, response) => app.routing(request, response));
  server.on("clientError", refuseUnreadable);
  for (const one of [app.server, server]) limitConnections(one);
  app.addHook("onClose", async () => {
    server.closeAllConnections();
    server.close();
  });
  await app.listen({ host: address, port }).catch((error: unknown) => {
    throw failureOf(error) ? error : cannotListen(address, port, codeOf(error));
  });
  const taken = portOf(app.server.address());
  const twin = TWINS[address];
  const refused = twin && (await startListening(server, { host: twin, port: taken }));
  if (twin && refused && !NO_SUCH_ADDRESS.has(refused)) throw cannotListen(twin, taken, refused);
  return taken;
}

/** Resolves with the system's code where it may not. */
async function startListening(server: Server, options: ListenOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(codeOf(error)));
    server.listen(options, () => resolve(undefined));
  });
}

function cannotListen(host: string, port: number, code: string): Error {
  const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return refuse(
    "settings_invalid",
    code === "EADDRINUSE"
      ? `The server cannot listen on ${place} (${code}): another program does.`
      : `The server cannot listen on ${place} (${code}).`,
    "Stop what listens there, or choose another PORT (and OAUTH_REDIRECT_URI, if it is set).",
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === "object" && address ? address.port : 0;
}

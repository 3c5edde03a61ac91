import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

export const REQUEST_ID = "x-request-id";

/** The client's own X-Request-Id, or a proxy's, where it is one that can stand in a log; a new one otherwise. */
export function requestIdOf({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers[REQUEST_ID];
  return typeof given === "string" && /^[\w.:/+=-]{1,100}$/.test(given) ? given : randomUUID();
}

import type { FastifyReply } from "fastify";

/** Aborts when the connection is closed, by the client, by the network or by us; also at the end of the answer. */
export function clientGone({ raw }: Pick<FastifyReply, "raw">): AbortSignal {
  const gone = new AbortController();
  if (raw.destroyed) gone.abort();
  else raw.once("close", () => gone.abort());
  return gone.signal;
}

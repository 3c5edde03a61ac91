import { once } from "node:events";

import type { FastifyReply } from "fastify";

/** How long a browser waits before it asks again. */
const RETRY_MS = 2_000;

/** `id` and `event` are this program's own words, without line ends; `data` becomes one line of JSON, which cannot hold any. */
export type ServerSentEvent = Readonly<{ id: string; event: string; data: unknown }>;

export type EventStream = Readonly<{
  /** Both resolve once a slow client has room again; reject when the signal aborts. */
  send(event: ServerSentEvent): Promise<void>;
  /** What proxies and clients see that the connection lives by. */
  comment(text: string): Promise<void>;
  end(): void;
}>;

/** Takes the connection over for server-sent events (WHATWG HTML §9.2); the headers set so far go with it. */
export function openEventStream(reply: FastifyReply, signal: AbortSignal): EventStream {
  const { raw } = reply.hijack();
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no", // nginx would hold events back
  });
  const write = async (text: string): Promise<void> => {
    if (!raw.write(text)) await once(raw, "drain", { signal });
  };
  raw.write(`retry: ${RETRY_MS}\n\n`);
  return {
    send: ({ id, event, data }) => write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    comment: (text) => write(`: ${text}\n\n`),
    end: () => void raw.end(),
  };
}

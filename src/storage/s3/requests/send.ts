import type { Dispatcher } from "undici";

/** A request as it goes out, and the answer as it comes: header names are lower-case, the body is read as it comes. */
type Outgoing = Readonly<{
  method: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Breaks it off. */
  signal?: AbortSignal;
}>;

export type Answer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: AsyncIterable<Buffer>;
}>;

/** Rejects where no answer comes. A test puts one in its place that loses requests and answers. */
export type Send = (request: Outgoing) => Promise<Answer>;

const CONNECT_MS = 10_000;
/** A server copies up to 5 GB within one request, and says nothing meanwhile. */
const HEADERS_MS = 120_000;
const IDLE_MS = 60_000;

const CONNECTIONS = 24;

/** Kept-alive connections to a server of buckets; through a proxy, where there is one. The certificate is always checked. */
export function openConnections(proxyOf: (server: URL) => URL | undefined): {
  send: Send;
  close: () => Promise<void>;
} {
  const connect = { timeout: CONNECT_MS, rejectUnauthorized: true };
  const dispatchers = new Map<string, Dispatcher>();
  const to = async (url: URL): Promise<Dispatcher> => {
    const { Agent, ProxyAgent } = await import("undici"); // many commands ask no bucket
    const known = dispatchers.get(url.origin);
    if (known) return known;
    const proxy = proxyOf(url);
    const made = proxy
      ? new ProxyAgent({
          uri: proxy.href,
          connections: CONNECTIONS,
          proxyTls: { timeout: CONNECT_MS },
          requestTls: connect,
        })
      : new Agent({ connections: CONNECTIONS, connect });
    dispatchers.set(url.origin, made);
    return made;
  };
  return {
    async send({ method, url, headers, body, signal }) {
      const dispatcher = await to(url);
      const answer = await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        ...(body && { body }),
        ...(signal && { signal }),
        headersTimeout: HEADERS_MS,
        bodyTimeout: IDLE_MS,
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    },
    async close() {
      await Promise.all([...dispatchers.values()].map((one) => one.close()));
    },
  };
}

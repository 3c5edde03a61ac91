import { STATUS_CODES, type ServerOptions } from "node:http";
import type { Duplex } from "node:stream";

/**
 * What a client may take before its request is there; what comes after, a download or a stream of events, may take its
 * time. Node's own defaults are five minutes for a request, and Fastify's are none.
 */
export const LIMITS = {
  /** Until the last header has come. */
  headersTimeout: 20_000,
  /** Until the last byte of the body has come: at most 64 KiB. */
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  /** Longer than proxies keep connections that nobody uses, or they would use one that is just being closed. */
  keepAliveTimeout: 72_000,
  maxHeaderSize: 16_384,
} as const satisfies ServerOptions;

/**
 * Connections to one address at once; further ones are closed unread. A console keeps six, a scrape or a program one or
 * two; what is left of the process's descriptors belongs to the exports.
 */
export const MOST_CONNECTIONS = 200;

/** Answers what is no HTTP request, or came too slowly or too long to become one; the connection ends with it. Both ways: a client that keeps its half open would keep a descriptor of ours. */
export function refuseUnreadable({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\nX-Content-Type-Options: nosniff\r\n\r\n`,
    () => socket.destroy(),
  );
  if (socket.writableLength > 0) socket.destroy(); // it does not even read what it was told before
}

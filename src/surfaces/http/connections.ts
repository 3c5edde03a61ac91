import { STATUS_CODES, type Server, type ServerOptions } from "node:http";
import type { Socket } from "node:net";
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
 * Connections to one address at once: for another the oldest makes way that has nothing under way, and where all have, the
 * new one is closed. A console keeps six, a scrape or a program one or two; what is left of the process's descriptors
 * belongs to the exports.
 */
export const MOST_CONNECTIONS = 200;

/** What may come in one turn of the event loop, before those that make way for it are closed. */
const AT_ONCE = 50;

/**
 * Keeps the connections of a server to `MOST_CONNECTIONS`. Who opens many and sends nothing, or half a request, shuts
 * nobody out: by address nobody could be told apart, as behind a proxy, or on this machine, all come from one.
 */
export function limitConnections(server: Server): void {
  server.maxConnections = MOST_CONNECTIONS + AT_ONCE;
  const open = new Set<Socket>();
  const waiting = new Set<Socket>(); // without a whole request under way, the one that waits longest first
  server.on("connection", (socket) => {
    open.add(socket);
    waiting.add(socket);
    socket.once("close", () => {
      open.delete(socket);
      waiting.delete(socket);
    });
    if (open.size <= MOST_CONNECTIONS) return;
    const [oldest = socket] = waiting;
    open.delete(oldest);
    waiting.delete(oldest);
    oldest.destroy();
  });
  server.on("request", (request, response) => {
    const { socket, headers } = request;
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    if (hasBody) request.once("end", () => waiting.delete(socket));
    else waiting.delete(socket);
    response.once("close", () => {
      if (open.has(socket)) waiting.add(socket);
    });
  });
}

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

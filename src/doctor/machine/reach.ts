import { request as requestHttp } from "node:http";
import { Agent, request as requestHttps } from "node:https";
import { isIP } from "node:net";

/** Each step of a request stands on the one before. */
type Step = "DNS" | "TCP" | "TLS" | "HTTP";

type Reach = Readonly<
  { answered: true; status: number; date: number | undefined } | { answered: false; failedAt: Step; code: string }
>;

/** How long the whole way may take. */
const PATIENCE_MS = 10_000;

/**
 * Asks for an address on a connection of its own, through a proxy where one leads there, and tells how far that came: with
 * a proxy, the steps up to TCP are those to the proxy. Rejects only when the signal aborts; when the limit does, that is
 * how far it came.
 */
export function reach(
  address: string,
  signal: AbortSignal,
  proxy: URL | undefined,
  limit: AbortSignal = AbortSignal.timeout(PATIENCE_MS),
): Promise<Reach> {
  const url = new URL(address);
  const secure = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    let failedAt: Step = isIP((proxy ?? url).hostname.replace(/^\[|\]$/g, "")) === 0 ? "DNS" : "TCP";
    const request = (secure ? requestHttps : requestHttp)(url, {
      agent: proxy ? new Agent({ proxyEnv: { HTTPS_PROXY: proxy.href } }) : false,
      headers: { "user-agent": "gmail-export", connection: "close" },
      signal: AbortSignal.any([signal, limit]),
    });
    request.once("socket", (socket) => {
      socket.once("lookup", (error: Error | null) => {
        if (error === null) failedAt = "TCP";
      });
      socket.once("connect", () => (failedAt = secure ? "TLS" : "HTTP"));
      socket.once("secureConnect", () => (failedAt = "HTTP"));
    });
    request.once("response", (response) => {
      const date = Date.parse(response.headers.date ?? "");
      resolve({ answered: true, status: response.statusCode ?? 0, date: Number.isNaN(date) ? undefined : date });
      response.on("error", () => {}); // what comes after the head is of no interest
      response.destroy();
    });
    request.on("error", (error) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ answered: false, failedAt, code: limit.aborted ? "ETIMEDOUT" : codeOf(error) });
    });
    request.end();
  });
}

/** A connection tried on several addresses fails with one error of each; the first says it. */
function codeOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  return first instanceof Error && "code" in first && typeof first.code === "string" ? first.code : "unknown reason";
}

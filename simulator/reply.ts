import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, gzipSync } from "node:zlib";

import { Refusal } from "./errors.ts";

/** What happens to a good answer on the way. */
export type Spoiling = "reset" | "cutBody" | "truncatedJson" | "hang";

/** `body` is sent as JSON, or as a page when it is a string. */
export type Reply = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
  spoiling?: Spoiling;
}>;

/** Turns a refusal into its answer; any other error is a defect of the simulator and goes on. */
export function refused(error: unknown): Reply {
  if (!(error instanceof Refusal)) throw error;
  return { status: error.status, headers: error.headers, body: error.body };
}

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { status, headers, body, spoiling }: Reply,
): void {
  if (response.destroyed || spoiling === "hang") return;
  if (spoiling === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }

  const isPage = typeof body === "string";
  const indent = status === 200 && url.searchParams.get("prettyPrint") === "false" ? undefined : 2;
  let bytes = Buffer.from(isPage ? body : `${JSON.stringify(body, null, indent)}\n`);
  if (spoiling === "truncatedJson") bytes = bytes.subarray(0, Math.floor(bytes.length / 2));
  const compressed = acceptsGzip(request) && bytes.length > 0;
  if (compressed) bytes = gzipSync(bytes, { level: constants.Z_BEST_SPEED });
  response.writeHead(status, {
    "content-type": `${isPage ? "text/html" : "application/json"}; charset=UTF-8`,
    "content-length": bytes.length,
    "cache-control": isPage ? "no-store" : "private",
    vary: "Origin, X-Origin, Referer",
    server: "ESF",
    "x-content-type-options": "nosniff",
    ...(compressed ? { "content-encoding": "gzip" } : {}),
    ...headers,
  });
  if (spoiling !== "cutBody") {
    response.end(bytes);
    return;
  }
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.destroy());
}

/** Google compresses only for clients that also say gzip in their User-Agent. */
function acceptsGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b/.test(headers["accept-encoding"] ?? "") && /gzip/.test(headers["user-agent"] ?? "");
}

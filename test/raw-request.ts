import { once } from "node:events";
import { request, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import { PATIENCE_MS } from "./wait.ts";

export type RawAnswer = Readonly<{
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  code: string | undefined;
}>;

type Sent = Readonly<{ method?: string; headers?: Readonly<Record<string, string>>; body?: string }>;

/** A request with exactly these headers, also with those that fetch would write itself. `code` is a problem's. */
export async function send(url: string, { method = "GET", headers = {}, body }: Sent = {}): Promise<RawAnswer> {
  const asked = request(url, { method, headers, agent: false, timeout: PATIENCE_MS });
  const answered = once(asked, "response");
  asked.end(body);
  const [response] = await answered;
  const told = await text(response);
  const isProblem = response.headers["content-type"] === "application/problem+json";
  return {
    status: response.statusCode,
    headers: response.headers,
    text: told,
    code: isProblem ? JSON.parse(told).code : undefined,
  };
}

import { once } from "node:events";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
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

/** All that a server of this machine says to a request for `target`, which is sent as it stands. */
export async function answerTo(port: number, target: string, method = "GET"): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${method} ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { manualClock, type ManualClock } from "../../../test/manual-clock.ts";
import { failureOf } from "../../core/errors.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { AccessToken } from "../../core/ports/accounts.ts";
import { TEXT_ALONE, type MailboxSource, type Reading } from "../../core/ports/mailbox-source.ts";
import type { Pacer } from "../../core/ports/pacer.ts";
import type { Method } from "../../core/quota.ts";
import { PRICES, NOTHING_SPENT } from "../../core/quota.ts";
import { Secret } from "../../core/secret.ts";
import { gmailClient, type GmailClient } from "./calls/client.ts";
import { createHttp, type HttpLimits } from "./calls/http.ts";
import { createMemory, type Memory } from "./reading/memory.ts";
import { gmailSource } from "./source.ts";

export const NEVER = new AbortController().signal;

/** Real milliseconds that sockets of this machine get before the manual clock jumps on. */
const SETTLE_MS = 15;

/** Starts a server on a free port of this machine; `answer` may take its time, or never end. */
export async function serveLocally(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What a scripted Gmail answers: a status and JSON, or text. */
export type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];

export type Asked = Readonly<{ url: URL; token: string }>;

/** Google's error body around what matters of it. */
export function errorBody(code: number, reason: string, message: string, more: object = {}): object {
  return { error: { code, message, errors: [{ domain: "global", reason, message }], ...more } };
}

/** A client of a scripted Gmail: `script` answers each request; what was asked, and what the pacer heard, is kept. */
export async function scriptedGmail(
  script: (asked: Asked, count: number) => Answer,
  {
    limits,
    accessToken,
    memory = createMemory(96 << 20),
    width = 20,
    keepRefusal,
  }: {
    limits?: Partial<HttpLimits>;
    accessToken?: AccessToken;
    memory?: Memory;
    width?: number;
    keepRefusal?: (line: string) => void;
  } = {},
) {
  const asked: Asked[] = [];
  const heard: string[] = [];
  const server = await serveLocally((request, response) => {
    const one = { url: new URL(request.url!, "http://gmail"), token: request.headers.authorization ?? "" };
    asked.push(one);
    const [status, body, headers] = script(one, asked.length);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  const clock = manualClock();
  const http = createHttp(server.url, clock, limits);
  const pacer = listening(heard);
  const client = gmailClient({
    http,
    accessToken: accessToken ?? (() => Promise.resolve(new Secret("fresh"))),
    pacer,
    clock,
    random: () => 0.5,
    keepRefusal,
  });
  const source = gmailSource({ client, pacer, memory, width });
  return {
    client,
    clock,
    asked,
    heard,
    run: <T>(work: (client: GmailClient, source: MailboxSource) => Promise<T>): Promise<T> =>
      clock.run(work(client, source), SETTLE_MS),
    async [Symbol.asyncDispose]() {
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  } satisfies AsyncDisposable & { clock: ManualClock; [key: string]: unknown };
}

export const NOT_FOUND: Answer = [404, errorBody(404, "notFound", "Requested entity was not found.")];
export const INVALID: Answer = [400, errorBody(400, "invalidArgument", "Invalid attachment token")];
export const FORBIDDEN: Answer = [403, errorBody(403, "forbidden", "The caller does not have permission")];
export const PROFILE = { emailAddress: "ada@example.com", messagesTotal: 1, threadsTotal: 1, historyId: "9" };

/** What a source makes of a scripted Gmail, and the paths that it asked for. */
export async function withSource<T>(script: (asked: Asked) => Answer, work: (source: MailboxSource) => Promise<T>) {
  await using gmail = await scriptedGmail(script);
  const result = await gmail.run((_, source) => work(source));
  return { result, asked: gmail.asked.map(({ url }) => url.pathname.replace("/gmail/v1/users/me/", "")) };
}

/** Reads these messages of one conversation: how each ended. */
export const reading =
  (...ids: string[]) =>
  async (source: MailboxSource): Promise<Reading[]> => {
    const steps = await Array.fromAsync(source.read([{ threadId: "t", ids }], TEXT_ALONE, NEVER));
    return steps.flatMap(({ ended }) => ended);
  };

export const pageOf = ({ url }: Asked): string => url.searchParams.get("pageToken") ?? "first";

export const ref = (id: string): Ref => ({ id, threadId: id });

/** What work was refused with. */
export const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

/** A pacer without limits that writes down what it is told. */
function listening(heard: string[]): Pacer {
  return {
    prices: PRICES["2026"],
    charge: (method) => PRICES["2026"][method],
    turn: (method: Method) => {
      heard.push(method);
      return Promise.resolve({ number: heard.length, sent: () => {}, done: () => void heard.push("done") });
    },
    refused: ({ code }) => void heard.push(code),
    accepted: () => void heard.push("accepted"),
    spent: () => NOTHING_SPENT,
    foresee: () => ({ likely: 0, from: 0, to: 0, notKnown: [] }),
    pace: () => ({ unitsPerMinute: Infinity, usedLastMinute: 0, inFlight: 0 }),
  };
}

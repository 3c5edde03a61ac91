import type { Dispatcher } from "undici";

import { codeOf } from "../../core/bare-cause.ts";
import { ExportError } from "../../core/errors.ts";
import type { Notice } from "../../core/export/alarm.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Secret } from "../../core/secret.ts";
import { timeLimit } from "../../core/time-limit.ts";
import { viewOfNotice, type NoticeView } from "./notice-view.ts";

/** All of it: the connection, the answer and as much of its body as is looked at. */
const LIMIT_MS = 15_000;

/** What a receiver says beside its status is of no interest; so much of it may come before the connection is cut. */
const MOST_BYTES = 64 << 10;

/** Rejects when the receiver did not take it: with a failure that tells neither where it is nor what it said. */
export type PostView = (notice: NoticeView, signal: AbortSignal) => Promise<void>;

/**
 * Posts notices as JSON to an address, over a connection of their own each. A redirect is not followed: it would lead what
 * is said here to somebody whom nobody chose. `proxyOf` is asked each time, and what it throws is thrown.
 */
export function createPostView(
  address: Secret,
  clock: Pick<Clock, "sleep">,
  proxyOf: (server: URL) => URL | undefined = () => undefined,
  limitMs = LIMIT_MS,
): PostView {
  return async (notice, signal) => {
    const url = new URL(address.reveal());
    const proxy = proxyOf(url);
    const { Agent, ProxyAgent, request } = await import("undici");
    // The certificate is checked whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    const tls = { rejectUnauthorized: true };
    const dispatcher: Dispatcher = proxy
      ? new ProxyAgent({ uri: proxy.href, requestTls: tls })
      : new Agent({ connect: tls });
    using limit = timeLimit(clock, limitMs, signal);
    try {
      const { statusCode, body } = await request(withoutCredentials(url), {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "gmail-export",
          title: notice.title, // ntfy shows it above what was posted
          ...authorizationOf(url),
        },
        body: JSON.stringify(notice),
        dispatcher,
        signal: limit.signal,
      });
      await body.dump({ limit: MOST_BYTES, signal: limit.signal }).catch(() => {}); // the status has come
      if (statusCode < 200 || statusCode > 299) throw refusedWith(statusCode);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ExportError) throw error;
      throw limit.signal.aborted ? tooLate() : unreachable(codeOf(error));
    } finally {
      await dispatcher.destroy();
    }
  };
}

/** The same for what the watch of schedules has to tell. */
export function createPostNotice(
  ...given: Parameters<typeof createPostView>
): (notice: Notice, signal: AbortSignal) => Promise<void> {
  const post = createPostView(...given);
  return (notice, signal) => post(viewOfNotice(notice), signal);
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = bare.password = "";
  return bare;
}

/** A user name and password in the address go into the header that is made for them (RFC 7617). */
function authorizationOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function refusedWith(status: number): ExportError {
  if (status === 429 || status >= 500)
    return new ExportError({
      code: "server_error",
      retry: "backoff",
      message: `The receiver of alarms had an error of its own (HTTP ${status}).`,
      next: "It is tried again for an hour, and then the next day; see that the receiver works.",
    });
  return new ExportError({
    code: "bad_request",
    retry: "never",
    message: `The receiver of alarms did not take one (HTTP ${status}).`,
    next:
      status >= 300 && status < 400
        ? "It leads to another address, which is not followed: set NOTIFY_URL to that, if it is the receiver's."
        : "Look at NOTIFY_URL: the address may be wrong, or may not be used any more.",
  });
}

function tooLate(): ExportError {
  return new ExportError({
    code: "timeout",
    retry: "backoff",
    message: "The receiver of alarms did not answer in time.",
    next: "See that the receiver works, and that this machine reaches it.",
  });
}

function unreachable(code: string): ExportError {
  return new ExportError({
    code: "network",
    retry: "backoff",
    message: `The receiver of alarms cannot be reached (${code}).`,
    next: "See that NOTIFY_URL is the receiver's address, and that this machine reaches it.",
  });
}

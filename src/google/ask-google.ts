import type { OAuth2Client, OAuth2ClientOptions } from "google-auth-library";

import { bareCause, codeOf } from "../core/bare-cause.ts";
import { ExportError, type TransientCode } from "../core/errors.ts";
import type { EpochMs } from "../core/time.ts";

/** One call's time limit. Google answers in well under a second. */
const TIMEOUT_MS = 10_000;

/** Answers that give tokens have one or two kilobytes. */
const MOST_BYTES = 64 << 10;

/** An answer, whatever its status. `date` is what Google's clock showed, where it told. */
export type Answer = Readonly<{ status: number; body: unknown; date?: EpochMs }>;

/** Loaded when it is first needed: most commands find a token that still lasts, and it takes 24 MB. */
export const library = async () => import("google-auth-library");

/**
 * Lets the library ask and takes the answer as it came. The library would retry by itself, POSTs too; it counts lifetimes
 * from the machine's clock; it hides a rotated refresh token; it logs whole answers when GOOGLE_SDK_NODE_LOGGING is set;
 * and its errors hold the request, with the code or the refresh token in it. `server` is how it is called in sentences.
 * Throws `network` or `timeout` where there is no answer, and the signal's reason when aborted.
 */
export async function askGoogle(
  server: string,
  signal: AbortSignal,
  call: (client: OAuth2Client) => Promise<unknown>,
  options: OAuth2ClientOptions = {},
  mostBytes = MOST_BYTES,
): Promise<Answer> {
  signal.throwIfAborted();
  let answer: Answer | undefined;
  const { OAuth2Client } = await library();
  const client = new OAuth2Client({
    ...options,
    transporterOptions: {
      signal,
      timeout: TIMEOUT_MS,
      // Merged into the library's own `retry: true`, over which a plain `retry: false` would lose.
      retryConfig: { retry: 0 },
      redirect: "error", // what is sent is for this endpoint alone
      // Proxies of the environment hold, by the rules of core/network/proxy.ts; none leads to this machine, nor is plain http for others.
      noProxy: [/^http:/, /^https:\/\/(localhost|127\.[\d.]+|\[::1\])[:/]/],
      responseType: "json",
      validateStatus: () => true,
      adapter: async (request, send) => {
        const response = await send({ ...request, size: mostBytes });
        const date = Date.parse(response.headers.get("date") ?? "");
        answer = {
          status: response.status,
          body: structuredClone(response.data),
          ...(!Number.isNaN(date) && { date }),
        };
        return response;
      },
    },
  });
  try {
    await call(client);
  } catch (error) {
    // Where there is an answer it counts, not what the library makes of it.
    if (answer === undefined) throw unanswered(server, error, signal);
  }
  return answer!;
}

function unanswered(server: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const code = codeOf(error);
  return code === "TimeoutError"
    ? transient("timeout", `${server} did not answer in time.`)
    : transient("network", `${server} cannot be reached (${code}).`, { cause: bareCause(error) });
}

/** An outage always: without a token no call to Gmail gets through, so no one message is at fault. */
export function transient(code: TransientCode, message: string, options?: ErrorOptions): ExportError {
  const next = "Try again in a moment; if it lasts, check this machine's way to the internet.";
  return new ExportError({ code, retry: "backoff", message, next, outage: true }, options);
}

import { refuse, type ExportError } from "../../core/errors.ts";
import type { AccessToken } from "../../core/ports/accounts.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Secret } from "../../core/secret.ts";
import { askGoogle, transient, type Answer } from "../ask-google.ts";
import { readErrorAnswer, type ErrorAnswer } from "../error-answer.ts";
import { retrying } from "../retrying.ts";

const SERVER = "Google's Admin SDK";

/** A page of five hundred users has some two hundred kilobytes. */
const MOST_BYTES = 16 << 20;

/** Reasons of a 403 that pass by themselves: the Admin SDK's limits of calls in a time. */
const TOO_MANY = ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"];

/** One odd answer proves nothing: what is not found is asked for so often before it is believed not to be there. */
const ASKED_BEFORE_BELIEVED = 3;

type Parts = Readonly<{ rootUrl: string; clock: Clock; random: () => number }>;

export type Page = Readonly<Record<string, unknown>>;

/** One answer of the Admin SDK's directory; undefined where there is no such thing (404). */
export type GetPage = (
  path: string,
  query: Readonly<Record<string, string>>,
  token: AccessToken,
  signal: AbortSignal,
) => Promise<Page | undefined>;

/** Calls of the Admin SDK (directory_v1): repeated while what fails is said to pass, with a new token where one has ended. */
export function createGetPage({ rootUrl, clock, random }: Parts): GetPage {
  return async (path, query, token, signal) => {
    const url = new URL(`/admin/directory/v1/${path}`, rootUrl);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const ask = async (access: Secret): Promise<Answer> =>
      askGoogle(
        SERVER,
        signal,
        (client) =>
          client.transporter.request({ url: url.href, headers: { authorization: `Bearer ${access.reveal()}` } }),
        {},
        MOST_BYTES,
      );
    let notFound = 0;
    return retrying(
      async () => {
        const access = await token(undefined, signal);
        let answer = await ask(access);
        if (answer.status === 401) answer = await ask(await token(access, signal));
        const { status, body } = answer;
        if (status === 404) {
          notFound += 1;
          if (notFound < ASKED_BEFORE_BELIEVED) throw transient("server_error", `${SERVER} answered 404.`);
          return undefined;
        }
        if (status !== 200) throw refusalOf(readErrorAnswer(answer));
        if (typeof body !== "object" || body === null || Array.isArray(body))
          throw transient("malformed_response", `${SERVER} answered something that is no page of its directory.`);
        return { ...body };
      },
      clock,
      random,
      signal,
    );
  };
}

function refusalOf({ status, reasons }: ErrorAnswer): ExportError {
  if (status >= 500 || status === 429 || status === 408 || status === 401 || TOO_MANY.some((one) => reasons.has(one)))
    return transient("server_error", `${SERVER} answered ${status}.`);
  if (reasons.has("accessNotConfigured") || reasons.has("SERVICE_DISABLED"))
    return refuse(
      "api_disabled",
      "The Admin SDK API is not switched on in the Google Cloud project of the service account.",
      "Switch it on at https://console.cloud.google.com/apis/library/admin.googleapis.com, wait a few minutes, and start again.",
    );
  if (status === 403)
    return refuse(
      "forbidden",
      "The administrator that GOOGLE_ADMIN names may not read the domain's directory.",
      "Name one whose role has the privilege Users → Read, and for --group the privilege Groups → Read: Google Admin console → Account → Admin roles.",
    );
  return refuse(
    "bad_request",
    `${SERVER} refused a call (HTTP ${status}).`,
    "Report it: gmail-export asked for something that Google does not understand.",
  );
}

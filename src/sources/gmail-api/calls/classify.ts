import { ExportError, failureOf, type Failure } from "../../../core/errors.ts";
import type { EpochMs } from "../../../core/time.ts";
import { readErrorBody, type ErrorBody } from "./error-body.ts";
import type { HttpResponse } from "./http.ts";

const MINUTE_MS = 60_000;

/**
 * What an answer that brought no mail means, by gmail-api.md §6.3. Pure; never throws, whatever the bytes. A status 2xx
 * here means that the body could not be read. 401 means that a fresh token was refused too.
 */
export function classify({ status, headers, body }: HttpResponse, now: EpochMs): Failure {
  const later = retryAfter(headers["retry-after"], now);
  if (status >= 500) return serverError(status, later);
  if (status === 408) return { ...TIMED_OUT, ...later };
  const error = readErrorBody(body);
  if (status === 429) return throttled(status, error, later) ?? { ...TOO_MANY, ...later };
  // A proxy's page must not pass for Gmail's word: a 404 of Gmail's says that a message is gone for good.
  if (error === undefined) return status === 401 && body.length === 0 ? REVOKED : notGmail(status);
  switch (status) {
    case 400:
      return badRequest(error);
    case 401:
      return REVOKED;
    case 403:
      return throttled(status, error, later) ?? forbidden(error);
    case 404:
    case 410:
      return NOT_FOUND;
    default:
      return status >= 400 ? refused(status) : notGmail(status);
  }
}

export function lockedOut(at: EpochMs): Failure {
  return {
    code: "locked_out",
    retry: "wait",
    at,
    message: "Google has locked this account's calls out for a while.",
    next: "Nothing to do: the export goes on by itself. Other programs that read this mailbox make it longer.",
  };
}

/** Bytes are limited by the day; until when is seldom said. */
export function bandwidthExceeded(at?: EpochMs): Failure {
  return {
    code: "bandwidth_exceeded",
    retry: "wait",
    ...(at !== undefined && { at }),
    message: "Google gives out no more bytes of this mailbox for now.",
    next: "Nothing to do: the export tries again by itself. Google lets about 2,500 MB of a mailbox be read a day; other programs that read it take their part of that.",
  };
}

/** Quota in all its forms; undefined when it is not about quota. A 403 as often as a 429. */
function throttled(status: number, error: ErrorBody | undefined, later: Later): Failure | undefined {
  if (error === undefined) return undefined;
  const { limit, retryAfter: named } = error;
  const at = named === undefined ? later.at : Math.max(named, later.at ?? 0);
  const isThrottled = error.has(
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
  );
  // Google documents that bytes are limited, but not in which words it says so.
  if (error.mentions(BYTES) && (status === 429 || isThrottled)) return bandwidthExceeded(at);
  if (named !== undefined && at !== undefined) return lockedOut(at);
  if (error.has("dailyLimitExceeded", "dailyLimitExceededUnreg", "quotaExceeded") || limit?.per === "day") return DAILY;
  if (!isThrottled) return undefined;
  // What names no quota is about calls at once, or bandwidth; Google says 429 then.
  if (status === 429 && !limit) return { ...TOO_MANY, ...later };
  const windowEnd = limit?.windowStart === undefined ? later.at : limit.windowStart + MINUTE_MS;
  return {
    code: "quota_exceeded",
    retry: "wait",
    message: "The quota of this minute is spent.",
    next: "Nothing to do: the export goes on by itself.",
    ...(windowEnd !== undefined && { at: windowEnd }),
    ...(limit?.per === "minute and user" && limit.value !== undefined && { unitsPerMinute: limit.value }),
  };
}

function badRequest(error: ErrorBody): Failure {
  if (error.mentions(/page ?token/i))
    return {
      code: "page_token_invalid",
      retry: "never",
      message: "Gmail no longer knows this place in the listing.",
      next: "Start the export again: it lists anew and keeps everything it has.",
    };
  if (error.has("failedPrecondition", "FAILED_PRECONDITION") && error.mentions(/mail service not enabled/i))
    return {
      code: "no_mailbox",
      retry: "never",
      mayPass: true,
      message: "This Google account has no Gmail mailbox.",
      next: "Sign in with an account that has Gmail, or ask the Workspace administrator to switch Gmail on.",
    };
  // Now and then Google refuses what it takes a moment later; but a request in which it names a field is not like that.
  const isVague = error.has("failedPrecondition", "FAILED_PRECONDITION", "badRequest") && !error.namesField;
  return { ...refused(400), ...(isVague && { mayPass: true }) };
}

/**
 * What it means when a call that asks for no message is refused for good: it is the account. Anything else is left as it is.
 * A profile, a list of labels and a listing ask for nothing that could be wrong.
 */
export function accountRefused(error: unknown): unknown {
  const failure = failureOf(error);
  if (failure?.retry !== "never" || failure.mayPass !== true || failure.code !== "bad_request") return error;
  return new ExportError(
    {
      code: "no_mailbox",
      retry: "never",
      message: "Gmail refuses every call for this account, and does not say why.",
      next: "Most likely it has no Gmail, is suspended, or its administrator has switched Gmail off: see whether https://mail.google.com opens for it.",
    },
    { cause: error },
  );
}

function forbidden(error: ErrorBody): Failure {
  if (error.has("accessNotConfigured", "SERVICE_DISABLED"))
    return {
      code: "api_disabled",
      retry: "never",
      message: "The Gmail API is not switched on in the Google Cloud project of these credentials.",
      next: `Switch it on at ${error.activationUrl ?? ACTIVATION_URL}, wait a few minutes, and start again.`,
    };
  if (error.has("insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
    return {
      code: "scope_missing",
      retry: "sign_in",
      message: "The sign-in did not allow reading mail.",
      next: "Sign in again, and tick the box for reading mail on Google's page, if there is one.",
    };
  if (error.mentions(/metadata scope/i))
    return {
      code: "scope_missing",
      retry: "sign_in",
      message: "The sign-in carries the scope gmail.metadata, with which Gmail shows no bodies to anyone.",
      next: "Sign out, so that Google forgets the old scopes, and sign in again.",
    };
  const byAdmin = error.has("domainPolicy");
  return {
    code: "forbidden",
    retry: "never",
    ...(!byAdmin && { mayPass: true }),
    message: byAdmin
      ? "The Workspace administrator does not allow this app."
      : "Google does not allow this to be read.",
    next: byAdmin
      ? "Ask the Workspace administrator to allow this app's client id under Security, API controls."
      : "See whether https://mail.google.com opens for this account: it may be suspended, or its Workspace administrator may have to allow this app's client id under Security, API controls.",
  };
}

const ACTIVATION_URL = "https://console.cloud.google.com/apis/library/gmail.googleapis.com";

export const REVOKED: Failure = {
  code: "consent_revoked",
  retry: "sign_in",
  message: "Google no longer accepts the sign-in of this account.",
  next: "Sign in again; the export goes on from there.",
};

const NOT_FOUND: Failure = {
  code: "not_found",
  retry: "never",
  message: "Gmail does not have it any more.",
  next: "Nothing to do: it was deleted meanwhile.",
};

const DAILY: Failure = {
  code: "daily_limit",
  retry: "never",
  message: "The day's quota of the Google Cloud project is spent.",
  next: "Resume the export tomorrow, or raise the limit that the project's owner has set in the Google Cloud console.",
};

const TOO_MANY: Failure = {
  code: "too_many_concurrent",
  retry: "wait",
  message: "Google asks for fewer calls at once.",
  next: "Nothing to do: the export goes on by itself, with fewer.",
};

const BYTES = /\bband ?width\b|\b(?:mega|kilo)?bytes?\b|\bdownload(?:s|ed|ing)?\b/i;

const TIMED_OUT: Failure = {
  code: "timeout",
  retry: "backoff",
  message: "Google gave up waiting (HTTP 408).",
  next: "Check the network; the export goes on by itself.",
};

function serverError(status: number, later: Later): Failure {
  return {
    code: "server_error",
    retry: "backoff",
    message: `Google had an error of its own (HTTP ${status}).`,
    next: "Try again later; https://www.google.com/appsstatus says when Gmail is down.",
    ...later,
  };
}

function refused(status: number): Failure {
  return {
    code: "bad_request",
    retry: "never",
    message: `Gmail refused the request (HTTP ${status}).`,
    next: "Report this: gmail-export asked for something that Gmail does not understand.",
  };
}

function notGmail(status: number): Failure {
  return {
    code: "malformed_response",
    retry: "backoff",
    message: `The answer (HTTP ${status}) is not one of Gmail's.`,
    next: "Look for a proxy or a sign-in page of the network between here and Google, and check GMAIL_API_URL.",
  };
}

type Later = Readonly<{ at?: EpochMs }>;

/** Seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(value: string | string[] | undefined, now: EpochMs): Later {
  const text = (Array.isArray(value) ? value[0] : value)?.trim() ?? "";
  const at = /^\d{1,9}$/.test(text) ? now + Number(text) * 1_000 : Date.parse(text);
  return /\d/.test(text) && Number.isFinite(at) ? { at } : {};
}

import type { EpochMs } from "../../../core/time.ts";

/** A limit that Google named: of what kind, how much, and when its current window began. */
type NamedLimit = Readonly<{
  per: "minute and user" | "day" | "other";
  value: number | undefined;
  windowStart: EpochMs | undefined;
}>;

/** Google's error object, read: `errors[]`, `status` and the ErrorInfo details say in several ways what happened. */
export type ErrorBody = Readonly<{
  /** Whether one of these is a reason or the status given. */
  has(...reasons: readonly string[]): boolean;
  mentions(pattern: RegExp): boolean;
  /** Whether it says which field of the request is wrong. */
  namesField: boolean;
  limit: NamedLimit | undefined;
  /** "Retry after <timestamp>", which stands in the message alone. */
  retryAfter: EpochMs | undefined;
  /** Where a disabled API can be switched on; only ever a page of the Google Cloud console. */
  activationUrl: string | undefined;
}>;

/** Google's have a few kilobytes. */
const MOST_BYTES = 64 << 10;

/** Undefined when the body is not an error of Google's. Never throws. */
export function readErrorBody(body: Buffer): ErrorBody | undefined {
  if (body.length > MOST_BYTES) return undefined;
  const error = fieldsOf(fieldsOf(parsed(body))["error"]);
  if (typeof error["code"] !== "number" && typeof error["message"] !== "string") return undefined;

  const items = listOf(error["errors"]).map(fieldsOf);
  const infos = listOf(error["details"]).map(fieldsOf);
  const reasons = new Set([
    error["status"],
    ...items.map(({ reason }) => reason),
    ...infos.map(({ reason }) => reason),
  ]);
  const messages = [error["message"], ...items.map(({ message }) => message)].filter(
    (text) => typeof text === "string",
  );
  const metadata = infos.map((info) => fieldsOf(info["metadata"]));
  const mentions = (pattern: RegExp): boolean => messages.some((text) => pattern.test(text));

  return {
    has: (...wanted) => wanted.some((reason) => reasons.has(reason)),
    mentions,
    namesField: items.some((item) => "location" in item) || infos.some((info) => "fieldViolations" in info),
    limit: limitOf(metadata.find((fields) => "quota_limit" in fields || "quota_metric" in fields) ?? {}, messages),
    retryAfter: firstOf(messages, timestampIn),
    activationUrl: firstOf([...metadata.map(({ activationUrl }) => activationUrl), ...messages], consoleUrlIn),
  };
}

/** By the ErrorInfo; where there is none, by the sentence: "… and limit 'Queries per minute per user' of service …". */
function limitOf(metadata: Fields, messages: readonly string[]): NamedLimit | undefined {
  const detailed = [metadata["quota_unit"], metadata["quota_limit"]].filter((name) => typeof name === "string");
  const name = detailed.length > 0 ? detailed.join(" ") : firstOf(messages, limitIn);
  if (name === undefined) return undefined;
  const windowStart = positive(metadata["window_start_time"]);
  return {
    per: PER_MINUTE_AND_USER.test(name) ? "minute and user" : PER_DAY.test(name) ? "day" : "other",
    value: positive(metadata["quota_limit_value"]),
    windowStart: windowStart === undefined ? undefined : windowStart * 1_000,
  };
}

const PER_MINUTE_AND_USER = /1\/min\/\S{0,100}\{user\}|per ?minute ?per ?user/i;
const PER_DAY = /1\/d\/|per ?day/i;

function limitIn(message: string): string | undefined {
  return /\band limit '([^']{1,100})'/.exec(message)?.[1];
}

/** "User-rate limit exceeded.  Retry after 2026-08-01T10:00:00.000Z (…)"; the spaces vary. */
function timestampIn(message: string): EpochMs | undefined {
  const found =
    /retry\s{0,9}after\s{0,9}:?\s{0,9}(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?/i.exec(message);
  if (!found) return undefined;
  const [, day, time, zone = "Z"] = found;
  const at = Date.parse(`${day}T${time}${zone}`);
  return Number.isFinite(at) ? at : undefined;
}

function consoleUrlIn(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  return /https:\/\/console\.(?:developers|cloud)\.google\.com\/[\w./?=&%:-]{1,300}/
    .exec(text)?.[0]
    ?.replace(/[.:]+$/, "");
}

function firstOf<From, To>(values: readonly From[], read: (value: From) => To | undefined): To | undefined {
  for (const value of values) {
    const found = read(value);
    if (found !== undefined) return found;
  }
}

/** Google writes its 64-bit numbers as strings. */
function positive(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

import type { Method } from "../../../core/quota.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { HttpResponse } from "./http.ts";

/** What was asked for as Google refused, and how much had been before. */
export type Asked = Readonly<{
  method: Method;
  format: string | undefined;
  at: EpochMs;
  /** List units of the last minute. */
  usedLastMinute: number;
}>;

/**
 * The words that Google's refusals were seen to be made of. Everything else in a message becomes …: it may be an address,
 * a name, a token or a piece of mail.
 */
const WORDS = new Set(
  `a about access account after again all an and any api app application are as at authentication authorized bandwidth be been
  billing calls check client concurrency concurrent configured console consumer cost currently daily day disabled domain
  download enabled error exceeded exhausted for forbidden gmail google googleapis gmail.googleapis.com has have if in internal
  is it later limit limits mail many maximum metric minute minutes not of on or over per permission please policy precondition
  previous project project_number quota queries query quotas rate reached request requests resource resources retry
  second seconds sending service short simultaneous temporarily the then this to too total try unavailable unit units
  unregistered upload usage use used user user-rate users wait was when window you your e.g. com`.split(/\s+/),
);

/** A moment may be named, and a number that is no id. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?$/;
const NUMBER = /^\d{1,6}$/;

const HIDDEN = "…";

/** Google's own names for reasons, statuses and quotas, by their forms. */
const NAME = /^[A-Za-z][A-Za-z_]{1,40}$/;
const QUOTA = {
  quota_metric: /^gmail\.googleapis\.com\/[a-z_]{1,40}$/,
  quota_limit: /^[A-Za-z]{1,60}$/,
  quota_limit_value: /^\d{1,12}$/,
  quota_unit: /^1\/[a-z]{1,4}(?:\/\{[a-z]{1,10}\}){0,3}$/,
  window_start_time: /^\d{10}$/,
} as const;

/** A line of NDJSON, without its end: what Google said, and nothing that tells whose mailbox or which mail it was about. */
export function refusalRecord(response: HttpResponse, { method, format, at, usedLastMinute }: Asked): string {
  const error = fieldsOf(fieldsOf(parsed(response.body))["error"]);
  const items = listOf(error["errors"]).map(fieldsOf);
  const metadata = listOf(error["details"]).map((detail) => fieldsOf(fieldsOf(detail)["metadata"]));
  const message = error["message"];
  const later = response.headers["retry-after"];
  return JSON.stringify({
    at: new Date(at).toISOString(),
    method,
    format,
    usedLastMinute: Math.round(usedLastMinute),
    httpStatus: response.status,
    status: named(error["status"]),
    reasons: items.map(({ reason }) => named(reason)).filter((reason) => reason !== undefined),
    message: typeof message === "string" ? wordsOf(message) : undefined,
    retryAfter: typeof later === "string" ? wordsOf(later) : undefined,
    quota: Object.fromEntries(metadata.flatMap(quotaOf)),
  });
}

/** The words that are Google's, in their order; what stands between and around them is kept where it is a sign. */
function wordsOf(message: string): string {
  return message
    .slice(0, 2_000)
    .split(/(\s+)/)
    .map((part) => (/^\s*$/.test(part) ? " " : wordOf(part)))
    .join("")
    .replace(/(?:… ){2,}/g, `${HIDDEN} `);
}

function wordOf(part: string): string {
  const [, before = "", bare = "", after = ""] = /^(['"(]{0,2})(.*?)(['").,:;!?]{0,3})$/s.exec(part) ?? [];
  const isGoogles = WORDS.has(bare.toLowerCase()) || WORDS.has(`${bare}${after}`.toLowerCase());
  return `${before}${isGoogles || MOMENT.test(bare) || NUMBER.test(bare) ? bare : HIDDEN}${after}`;
}

function quotaOf(metadata: Fields): [name: string, value: string][] {
  return Object.entries(QUOTA).flatMap(([name, form]) => {
    const value = metadata[name];
    return typeof value === "string" && form.test(value) ? [[name, value]] : [];
  });
}

const named = (value: unknown): string | undefined =>
  typeof value === "string" && NAME.test(value) ? value : value === undefined ? undefined : HIDDEN;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? { ...value } : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value.slice(0, 20) : []);

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.subarray(0, 64 << 10).toString());
  } catch {
    return undefined;
  }
}

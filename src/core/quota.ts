/**
 * Google's price list and limits, as data. Source: Gmail API usage limits, release note of 2026-05-01, read 2026-10.
 * Projects created since 2026-05-01 pay the `2026` prices; older ones in use keep `legacy` until Google moves them.
 */

/** Gmail methods this tool calls, named as in Google's reference (`users.` left out). */
export const METHODS = [
  "getProfile",
  "labels.list",
  "messages.list",
  "messages.get",
  "messages.attachments.get",
  "threads.get",
  "history.list",
] as const;

export type Method = (typeof METHODS)[number];

export type Tier = "2026" | "legacy";

/** What of a message a read may ask for. */
export const READ_FORMATS = ["full", "raw", "metadata", "minimal"] as const;

export type ReadFormat = (typeof READ_FORMATS)[number];

/** Reads of mail, by method and by what of a message is asked for: Google may charge each at a price of its own, whatever its list says. */
export const READS = [
  "messages.get full",
  "messages.get raw",
  "messages.get metadata",
  "messages.get minimal",
  "messages.attachments.get",
  "threads.get full",
] as const;

export type Read = (typeof READS)[number];

/** How many times its list price a read is charged. */
export type PriceFactors = Readonly<Partial<Record<Read, number>>>;

/** Undefined where a call reads no mail: what the list says of those is believed. */
export function readOf(method: Method, format: ReadFormat = "full"): Read | undefined {
  if (method === "messages.get") return `${method} ${format}`;
  if (method === "threads.get") return `${method} full`;
  return method === "messages.attachments.get" ? method : undefined;
}

/** Quota units per call. */
export type Prices = Readonly<Record<Method, number>>;

const UNCHANGED = { getProfile: 1, "labels.list": 1, "messages.list": 5, "history.list": 2 } as const;

export const PRICES: Readonly<Record<Tier, Prices>> = {
  "2026": { ...UNCHANGED, "messages.get": 20, "messages.attachments.get": 20, "threads.get": 40 },
  legacy: { ...UNCHANGED, "messages.get": 5, "messages.attachments.get": 5, "threads.get": 10 },
};

/** Units a minute that one user of one project may spend. */
export const UNITS_PER_MINUTE: Readonly<Record<Tier, number>> = { "2026": 6_000, legacy: 15_000 };

/** Units a minute of a whole project, all users together; the same in both tiers. */
export const PROJECT_UNITS_PER_MINUTE = 1_200_000;

/** Units a day of a whole project, beyond which Google means to bill. */
export const PROJECT_UNITS_PER_DAY = 80_000_000;

/** What was spent: calls that reached Google by method (refused ones too, Google may charge them), and their list price. */
export type Spent = Readonly<{
  tier: Tier;
  units: number;
  calls: Readonly<Partial<Record<Method, number>>>;
  refused: number;
}>;

export const NOTHING_SPENT: Spent = { tier: "2026", units: 0, calls: {}, refused: 0 };

/** List price of these calls. */
export function unitsOf(calls: Spent["calls"], prices: Prices): number {
  return METHODS.reduce((sum, method) => sum + (calls[method] ?? 0) * prices[method], 0);
}

/** Both together: an export that was resumed has spent what each of its runs spent. */
export function addSpent(a: Spent, b: Spent): Spent {
  const calls = combine(a.calls, b.calls, 1);
  return { tier: b.tier, units: a.units + b.units, calls, refused: a.refused + b.refused };
}

/** What was spent between two moments of one pacer, at the prices of the later one: the tier may have been found out in between. */
export function spentSince(before: Spent, now: Spent): Spent {
  const calls = combine(now.calls, before.calls, -1);
  return { tier: now.tier, units: unitsOf(calls, PRICES[now.tier]), calls, refused: now.refused - before.refused };
}

function combine(a: Spent["calls"], b: Spent["calls"], sign: 1 | -1): Spent["calls"] {
  const calls: Partial<Record<Method, number>> = {};
  for (const method of METHODS) {
    const count = (a[method] ?? 0) + sign * (b[method] ?? 0);
    if (count > 0) calls[method] = count;
  }
  return calls;
}

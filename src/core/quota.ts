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

/** What was spent: calls that reached Google by method (refused ones too, Google may charge them), and their list price. */
export type Spent = Readonly<{
  tier: Tier;
  units: number;
  calls: Readonly<Partial<Record<Method, number>>>;
  refused: number;
}>;

export const NOTHING_SPENT: Spent = { tier: "2026", units: 0, calls: {}, refused: 0 };

/** Both together: an export that was resumed has spent what each of its runs spent. */
export function addSpent(a: Spent, b: Spent): Spent {
  return combine(a, b, 1);
}

/** What came between two looks at one pacer. */
export function spentSince(before: Spent, now: Spent): Spent {
  return combine(now, before, -1);
}

function combine(a: Spent, b: Spent, sign: 1 | -1): Spent {
  const calls: Partial<Record<Method, number>> = {};
  for (const method of METHODS) {
    const count = (a.calls[method] ?? 0) + sign * (b.calls[method] ?? 0);
    if (count > 0) calls[method] = count;
  }
  return {
    tier: sign === 1 ? b.tier : a.tier,
    units: a.units + sign * b.units,
    calls,
    refused: a.refused + sign * b.refused,
  };
}

/** One call's leave to go: given back when it has ended, however it ended. */
export type Turn = Readonly<{ done(): void }>;

/** Who says when the next call may go: units over time and calls in flight. Made for one account. */
export type Pacer = Readonly<{
  readonly prices: Prices;
  /** Waits until a call of this method may be sent. Every attempt asks, retries too. */
  turn(method: Method, signal: AbortSignal): Promise<Turn>;
  /** Google refused a call for quota: no call goes before `at`; a named limit is adopted. */
  refused(
    refusal: Readonly<{
      code: "quota_exceeded" | "too_many_concurrent" | "locked_out";
      at?: number;
      unitsPerMinute?: number;
    }>,
  ): void;
  /** A call got through. */
  accepted(): void;
  /** What has been spent since the pacer was made. */
  spent(): Spent;
}>;

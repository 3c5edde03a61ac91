import { quotaExceeded, tooManyConcurrent, type Refusal } from "./errors.ts";
import { random } from "./mail/random.ts";

export type Tier = "2026" | "legacy";

export type QuotaOptions = Readonly<{
  /** Per user. */
  unitsPerMinute: number;
  tier: Tier;
  /** How a minute is counted: the last sixty seconds, whole minutes from the first call, or a bucket that refills. Default sliding. */
  shape?: "sliding" | "fixed" | "bucket";
  /** How many seconds of units a bucket holds, but at least the dearest call. Default a minute. */
  burstSeconds?: number;
  /** How many seconds before the first call a whole minute began; minutes follow each other without a gap then. Default: each begins with a call. */
  minuteBeganSeconds?: number;
  /** Whether a refused call takes what is left. Default not. */
  chargesRefused?: boolean;
  /** What refusals name: the limit, when its window began, both, or neither. Default the limit always, the window in a third. */
  refusalsName?: "limit" | "window" | "both" | "nothing";
  /** What `full` really costs, as a multiple of the list price. Measured by third parties at 2 to 2.5 in the new regime. */
  priceFactor?: number;
  /** Simultaneous calls of one user; more are refused with 429. Calls overlap only when `latencyMs` makes them last. */
  maxConcurrent?: number;
  projectUnitsPerMinute?: number;
}>;

const MINUTE = 60_000;

/** Units per call. Source: Gmail API usage limits, read 2026-10; the first three were re-priced on 2026-05-01. */
const PRICES = {
  "messages.get": { "2026": 20, legacy: 5 },
  "messages.attachments.get": { "2026": 20, legacy: 5 },
  "threads.get": { "2026": 40, legacy: 10 },
  "messages.list": { "2026": 5, legacy: 5 },
  "threads.list": { "2026": 10, legacy: 10 },
  "history.list": { "2026": 2, legacy: 2 },
  "labels.list": { "2026": 1, legacy: 1 },
  "labels.get": { "2026": 1, legacy: 1 },
  getProfile: { "2026": 1, legacy: 1 },
} as const;

/** Gmail methods served here, named as in Google's reference (`users.` left out). */
export type Method = keyof typeof PRICES;

export const priceOf = (method: Method, tier: Tier): number => PRICES[method][tier];

type Window = Readonly<{
  /** When a charge will fit, in epoch milliseconds; undefined when it fits now. */
  fitsAt(units: number, now: number): number | undefined;
  take(units: number, now: number): void;
  /** Takes whatever is left. */
  empty(now: number): void;
}>;

type Manners = Pick<QuotaOptions, "burstSeconds" | "minuteBeganSeconds">;

function sliding(limit: number): Window {
  const charges: { at: number; units: number }[] = [];
  let used = 0;
  const take = (units: number, now: number): void => {
    used += units;
    const last = charges.at(-1);
    // One entry a millisecond is enough, and keeps the list short.
    if (last !== undefined && last.at === now) last.units += units;
    else charges.push({ at: now, units });
  };
  return {
    fitsAt: (units, now) => {
      while (charges.length > 0 && charges[0]!.at <= now - MINUTE) used -= charges.shift()!.units;
      if (used + units <= limit) return undefined;
      let freed = 0;
      return (charges.find((charge) => used + units - (freed += charge.units) <= limit)?.at ?? now) + MINUTE;
    },
    take,
    empty: (now) => take(Math.max(0, limit - used), now),
  };
}

function fixed(limit: number, { minuteBeganSeconds: beganSeconds }: Manners): Window {
  let start = Number.NEGATIVE_INFINITY;
  let used = 0;
  const startAt = (now: number): number => {
    const second = Math.floor(now / 1_000) * 1_000;
    if (beganSeconds === undefined) return second;
    if (start === Number.NEGATIVE_INFINITY) return second - beganSeconds * 1_000;
    return start + Math.floor((now - start) / MINUTE) * MINUTE;
  };
  return {
    fitsAt: (units, now) => {
      if (now >= start + MINUTE) {
        start = startAt(now);
        used = 0;
      }
      return used + units > limit ? start + MINUTE : undefined;
    },
    take: (units) => void (used += units),
    empty: () => void (used = limit),
  };
}

function bucket(limit: number, { burstSeconds: seconds = 60 }: Manners): Window {
  const size = Math.max((limit * seconds) / 60, PRICES["threads.get"]["2026"]);
  let level = size;
  let since: number | undefined;
  return {
    fitsAt: (units, now) => {
      level = Math.min(size, level + (Math.max(0, now - (since ?? now)) * limit) / MINUTE);
      since = now;
      return units > level ? now + Math.ceil(((units - level) * MINUTE) / limit) : undefined;
    },
    take: (units) => void (level -= units),
    empty: () => void (level = 0),
  };
}

const SHAPES = { sliding, fixed, bucket };
export const METER_NAMES = ["sliding", "fixed", "bucket"] as const;
export const REFUSALS_NAME = ["limit", "window", "both", "nothing"] as const;

export type Quota = Readonly<{
  tier: Tier;
  /** Takes the call's units from its user and the project, or says why not. A refused call costs nothing, or what is left where such calls are charged. */
  charge(email: string, units: number): Refusal | undefined;
  /** The refusal of a user whose minute is spent, whether it is or not. */
  exceeded(): Refusal;
  /** Counts a call in; the answer counts it out again. */
  enter(email: string): Refusal | (() => void);
  priceFactor: number;
}>;

export function openQuota(options: QuotaOptions | undefined, seed: number, clock: () => number): Quota {
  const tier = options?.tier ?? "2026";
  const draw = random(seed, "quota");
  const shape = (limit: number): Window => SHAPES[options?.shape ?? "sliding"](limit, options ?? {});
  const named = options?.refusalsName;
  const users = new Map<string, Window>();
  const inFlight = new Map<string, number>();
  const projectLimit = options?.projectUnitsPerMinute;
  const project = projectLimit === undefined ? undefined : shape(projectLimit);
  const perUser = options?.unitsPerMinute ?? (tier === "2026" ? 6_000 : 15_000);

  const exceeded = (whose: "user" | "project", unitsPerMinute: number, fitsAt: number) => {
    // Google names the window in a third of its refusals; a minute after it, the call fits.
    const isWindowTold = named === undefined ? draw.chance(1 / 3) : named === "window" || named === "both";
    const told = isWindowTold ? { windowStart: Math.ceil((fitsAt - MINUTE) / 1_000) } : {};
    const isLimitTold = named === undefined || named === "limit" || named === "both";
    return quotaExceeded({ tier, whose, ...(isLimitTold && { unitsPerMinute }), ...told });
  };

  return {
    tier,
    priceFactor: options?.priceFactor ?? 1,
    exceeded: () => exceeded("user", perUser, clock() + MINUTE),
    charge: (email, units) => {
      if (options === undefined) return undefined;
      const now = clock();
      let user = users.get(email);
      if (user === undefined) users.set(email, (user = shape(perUser)));
      const userFitsAt = user.fitsAt(units, now);
      if (userFitsAt !== undefined) {
        if (options.chargesRefused) user.empty(now);
        return exceeded("user", perUser, userFitsAt);
      }
      const projectFitsAt = project?.fitsAt(units, now);
      if (projectFitsAt !== undefined) return exceeded("project", projectLimit!, projectFitsAt);
      user.take(units, now);
      project?.take(units, now);
      return undefined;
    },
    enter: (email) => {
      const calls = (inFlight.get(email) ?? 0) + 1;
      if (calls > (options?.maxConcurrent ?? Infinity)) return tooManyConcurrent();
      inFlight.set(email, calls);
      return () => inFlight.set(email, inFlight.get(email)! - 1);
    },
  };
}

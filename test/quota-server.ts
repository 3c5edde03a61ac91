import type { Pacer } from "../src/core/ports/pacer.ts";
import { PRICES, type Method, type ReadFormat, type Tier } from "../src/core/quota.ts";
import type { EpochMs } from "../src/core/time.ts";
import type { ManualClock } from "./manual-clock.ts";

/** What a quota server says to a call: undefined lets it through. */
type Refusal = Parameters<Pacer["refused"]>[0];

/** Counts units in its own manner and says whether a call fits. */
export type Meter = Readonly<{ charge(units: number, now: EpochMs): Refusal | undefined }>;

const MINUTE_MS = 60_000;

export type Manners = Readonly<{
  /** Whether refused calls are charged, as far as there is anything left to charge. */
  charged?: boolean;
  saysLimit?: boolean;
  /**
   * Refusals name when the window began: whole minutes truly, other meters as if one had begun at some whole second before.
   * "day": the window is that of the day, which began long ago.
   */
  saysWhen?: boolean | "day";
  /** How many of its refusals do so; Google about a third. */
  toldPart?: number;
}>;

/** Windows of a minute, or of so many seconds; the first began `phaseMs` before the first call. */
export function fixedWindow(
  limit: number,
  { phaseMs = 0, seconds = 60, ...manners }: Manners & { phaseMs?: number; seconds?: number } = {},
): Meter {
  const refuse = refuser(limit, manners);
  const lastsMs = seconds * 1_000;
  const most = (limit * seconds) / 60;
  let begun: EpochMs | undefined;
  let used = 0;
  return {
    charge(units, now) {
      begun ??= now - phaseMs;
      if (now - begun >= lastsMs) {
        begun += Math.floor((now - begun) / lastsMs) * lastsMs;
        used = 0;
      }
      if (used + units <= most) return void (used += units);
      if (manners.charged) used = most;
      return refuse(begun + MINUTE_MS);
    },
  };
}

/** Exactly the last minute, or the last so many seconds. */
export function slidingWindow(limit: number, { seconds = 60, ...manners }: Manners & { seconds?: number } = {}): Meter {
  const refuse = refuser(limit, manners);
  const most = (limit * seconds) / 60;
  const charges: { at: EpochMs; units: number }[] = [];
  let used = 0;
  return {
    charge(units, now) {
      while (charges.length > 0 && charges[0]!.at <= now - seconds * 1_000) used -= charges.shift()!.units;
      const passes = used + units <= most;
      const charge = passes ? units : manners.charged ? most - used : 0;
      used += charge;
      if (charge > 0) charges.push({ at: now, units: charge });
      return passes ? undefined : refuse(now + MINUTE_MS);
    },
  };
}

/** Units flow in evenly, up to `seconds` of them, and are full at first. It holds the dearest call, or that would never pass. */
export function tokenBucket(limit: number, { seconds = 5, ...manners }: Manners & { seconds?: number } = {}): Meter {
  const refuse = refuser(limit, manners);
  let size = (limit * seconds) / 60;
  let level = size;
  let last: EpochMs | undefined;
  return {
    charge(units, now) {
      if (units > size) level += units - size;
      size = Math.max(size, units);
      level = Math.min(size, level + ((now - (last ?? now)) * limit) / MINUTE_MS);
      last = now;
      if (units <= level) return void (level -= units);
      if (manners.charged) level = 0;
      return refuse(now + 30_000);
    },
  };
}

export function refuser(limit: number, { saysLimit = true, saysWhen = false, toldPart = 1 }: Manners) {
  const random = seeded(5);
  return (windowEnd: EpochMs): Refusal => ({
    code: "quota_exceeded",
    ...(saysLimit && { unitsPerMinute: limit }),
    ...(saysWhen && random() < toldPart && { at: saysWhen === "day" ? dayBegan(windowEnd) : wholeSecond(windowEnd) }),
  });
}

const DAY_MS = 86_400_000;
const dayBegan = (at: EpochMs): EpochMs => Math.floor(at / DAY_MS) * DAY_MS + MINUTE_MS;
const wholeSecond = (at: EpochMs): EpochMs => Math.floor(at / 1_000) * 1_000;

/** The same meter, of which another program spends `units` a minute for a while, in small calls. */
export function sharedMeter(meter: Meter, units: number, from: EpochMs, to: EpochMs): Meter {
  const STEP_MS = 1_000;
  let next = from;
  return {
    charge(mine, now) {
      for (; next <= now && next < to; next += STEP_MS) meter.charge((units * STEP_MS) / MINUTE_MS, next);
      return meter.charge(mine, now);
    },
  };
}

export type Call = Readonly<{ method: Method; format?: ReadFormat | undefined }>;

export type Server = Readonly<{
  meter: Meter;
  tier: Tier;
  /** What it charges per listed unit of a read. */
  overprice?: number | ((now: EpochMs, call: Call) => number);
  /** Calls it bears at once. */
  concurrency?: number;
  latencyMs?: (random: () => number) => number;
}>;

/** What a server really charges for a call. */
export function chargeOf({ tier, overprice = 1 }: Server, call: Call, now: EpochMs): number {
  const { method } = call;
  if (PRICES["2026"][method] === PRICES.legacy[method]) return PRICES[tier][method];
  return PRICES[tier][method] * (typeof overprice === "number" ? overprice : overprice(now, call));
}

export type Served = { calls: number; refused: number; units: number[]; refusedAt: number[] };

/**
 * Keeps `workers` callers busy with `method` for `minutes` of the clock, through this pacer, against this server.
 * `units` is what the server charged for calls that got through, minute by minute; `refusedAt` the seconds of refusals.
 */
export async function serve(
  server: Server,
  pacer: Pacer,
  clock: ManualClock,
  {
    minutes,
    method,
    workers = 20,
    ended,
  }: { minutes: number; method: Method | (() => Method | Call); workers?: number; ended?: () => void },
): Promise<Served> {
  const random = seeded(7);
  const latency = server.latencyMs ?? ((roll) => 60 + 80 * roll());
  const served: Served = {
    calls: 0,
    refused: 0,
    units: Array.from({ length: Math.ceil(minutes) }, () => 0),
    refusedAt: [],
  };
  const begun = clock.now();
  const stop = new AbortController();
  let atOnce = 0;

  const call = async (): Promise<void> => {
    const named = typeof method === "string" ? method : method();
    const asked: Call = typeof named === "string" ? { method: named } : named;
    const turn = await pacer.turn(asked.method, stop.signal, asked.format);
    turn.sent();
    const way = latency(random) / 2;
    await clock.sleep(way);
    const now = clock.now();
    const price = chargeOf(server, asked, now);
    atOnce += 1;
    const refused =
      atOnce > (server.concurrency ?? Infinity)
        ? ({ code: "too_many_concurrent" } as const)
        : server.meter.charge(price, now);
    await clock.sleep(way);
    atOnce -= 1;
    served.calls += 1;
    if (refused) {
      served.refused += 1;
      served.refusedAt.push((now - begun) / 1_000);
      pacer.refused(refused, turn);
    } else {
      const minute = Math.floor((now - begun) / MINUTE_MS);
      if (minute < minutes) served.units[minute]! += price;
      pacer.accepted(turn);
    }
    turn.done();
  };
  const worker = async (): Promise<void> => {
    while (!stop.signal.aborted) await call();
  };
  const all = Promise.allSettled(Array.from({ length: workers }, worker));
  await clock.advance(minutes * MINUTE_MS);
  ended?.(); // calls that are under way come to their end after it
  stop.abort();
  await clock.run(all);
  return served;
}

/** Mulberry32: the same numbers at every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

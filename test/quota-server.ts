import type { EpochMs } from "../src/core/ports.ts";
import { PRICES, type Method, type Pacer, type Tier } from "../src/core/quota.ts";
import type { ManualClock } from "./manual-clock.ts";

/** What a quota server says to a call: undefined lets it through. */
type Refusal = Parameters<Pacer["refused"]>[0];

/** A bucket of units as a server may keep it. Refused calls are charged as far as the bucket goes. */
export type Meter = Readonly<{ charge(units: number, now: EpochMs): Refusal | undefined }>;

const MINUTE_MS = 60_000;

/** Whole windows of a minute, the first of which began `phaseMs` before the first call. Some servers say when. */
export function fixedWindow(limit: number, { phaseMs = 0, saysWhen = false, saysLimit = true } = {}): Meter {
  let begun: EpochMs | undefined;
  let used = 0;
  return {
    charge(units, now) {
      begun ??= now - phaseMs;
      if (now - begun >= MINUTE_MS) {
        begun += Math.floor((now - begun) / MINUTE_MS) * MINUTE_MS;
        used = 0;
      }
      if (used + units <= limit) return void (used += units);
      return refusal(saysLimit ? limit : undefined, saysWhen ? begun + MINUTE_MS : undefined);
    },
  };
}

/** Exactly the last minute. */
export function slidingWindow(limit: number, { saysLimit = true } = {}): Meter {
  const charges: { at: EpochMs; units: number }[] = [];
  let used = 0;
  return {
    charge(units, now) {
      while (charges.length > 0 && charges[0]!.at <= now - MINUTE_MS) used -= charges.shift()!.units;
      if (used + units > limit) return refusal(saysLimit ? limit : undefined);
      used += units;
      charges.push({ at: now, units });
    },
  };
}

/** Units flow in evenly, up to `seconds` of them, and are full at first. */
export function tokenBucket(limit: number, { seconds = 5, saysLimit = true } = {}): Meter {
  const capacity = (limit * seconds) / 60;
  let level = capacity;
  let last: EpochMs | undefined;
  return {
    charge(units, now) {
      level = Math.min(capacity, level + ((now - (last ?? now)) * limit) / MINUTE_MS);
      last = now;
      if (units > level) return refusal(saysLimit ? limit : undefined);
      level -= units;
    },
  };
}

function refusal(unitsPerMinute?: number, at?: EpochMs): Refusal {
  return { code: "quota_exceeded", ...(unitsPerMinute && { unitsPerMinute }), ...(at && { at }) };
}

export type Server = Readonly<{
  meter: Meter;
  tier: Tier;
  /** What it charges per listed unit. */
  overprice?: number;
  /** Calls it bears at once. */
  concurrency?: number;
  latencyMs?: (random: () => number) => number;
}>;

export type Served = { calls: number; refused: number; units: number[] };

/**
 * Keeps `workers` callers busy with `method` for `minutes` of the clock, through this pacer, against this server.
 * `units` is what the server charged for calls that got through, minute by minute.
 */
export async function serve(
  server: Server,
  pacer: Pacer,
  clock: ManualClock,
  { minutes, method, workers = 12 }: { minutes: number; method: Method; workers?: number },
): Promise<Served> {
  const random = seeded(7);
  const latency = server.latencyMs ?? ((roll) => 60 + 80 * roll());
  const served: Served = { calls: 0, refused: 0, units: Array.from({ length: minutes }, () => 0) };
  const begun = clock.now();
  const stop = new AbortController();
  let atOnce = 0;

  const call = async (): Promise<void> => {
    const turn = await pacer.turn(method, stop.signal);
    turn.sent();
    const way = latency(random) / 2;
    await clock.sleep(way);
    const now = clock.now();
    const price = PRICES[server.tier][method] * (server.overprice ?? 1);
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

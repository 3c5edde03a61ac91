import type { Method, Spent } from "../../../core/quota.ts";
import { createSlidingMinute } from "../../../core/sliding-minute.ts";
import type { EpochMs } from "../../../core/time.ts";

/** A call as the server saw it, as nearly as can be told: half of the time it took is the way there. */
export type Seen = Readonly<{ units: number; at: EpochMs }>;

const UNKNOWN_UNITS = 20;

/**
 * What is measured: the calls that were sent, when, and what came of each. Nothing here is believed or guessed. Refused
 * calls count as spent, since Google may charge them; turns that were never used do not.
 */
export type Measured = Readonly<{
  /** Spent before this process began. */
  spentBefore(units: number, at: EpochMs): void;
  letGo(number: number, method: Method, units: number, now: EpochMs): void;
  sent(number: number, now: EpochMs): void;
  accepted(number: number | undefined, now: EpochMs): Seen;
  refused(number: number | undefined, now: EpochMs): Seen;
  done(number: number): void;
  /** Units within the last minute. */
  used(now: EpochMs): number;
  /** The first moment at which no more than `most` of them lies within the last minute. */
  downTo(most: number, now: EpochMs): EpochMs;
  /** How long calls take, those of the fastest method on the average; undefined before the first answer. */
  latencyMs(): number | undefined;
  totals(): Readonly<{ calls: Spent["calls"]; refused: number }>;
}>;

export function createMeasured(): Measured {
  const minute = createSlidingMinute();
  const calls: Partial<Record<Method, number>> = {};
  const open = new Map<number, { method: Method; units: number; at: EpochMs; sent: boolean }>();
  const latencies: Partial<Record<Method, number>> = {};
  let refused = 0;

  const seen = (number: number | undefined, now: EpochMs): Seen => {
    const call = number === undefined ? undefined : open.get(number);
    return call ? { units: call.units, at: (call.at + now) / 2 } : { units: UNKNOWN_UNITS, at: now };
  };

  return {
    spentBefore: minute.add,
    letGo(number, method, units, now) {
      open.set(number, { method, units, at: now, sent: false });
      minute.add(units, now);
    },
    sent(number, now) {
      const call = open.get(number);
      if (!call || call.sent) return;
      call.sent = true;
      call.at = now;
      calls[call.method] = (calls[call.method] ?? 0) + 1;
    },
    accepted(number, now) {
      const call = number === undefined ? undefined : open.get(number);
      if (call) {
        const before = latencies[call.method];
        latencies[call.method] = before === undefined ? now - call.at : before + (now - call.at - before) / 16;
      }
      return seen(number, now);
    },
    refused(number, now) {
      refused += 1;
      const call = number === undefined ? undefined : open.get(number);
      if (call) minute.add(-call.units, call.at);
      return seen(number, now);
    },
    done(number) {
      const call = open.get(number);
      if (call && !call.sent) minute.add(-call.units, call.at);
      open.delete(number);
    },
    used: minute.used,
    downTo: minute.downTo,
    latencyMs() {
      const known = Object.values(latencies);
      return known.length === 0 ? undefined : Math.min(...known);
    },
    totals: () => ({ calls, refused }),
  };
}

import type { EpochMs } from "../../../core/time.ts";

const MINUTE_MS = 60_000;

/** Even spacing by cost: each call keeps the way closed for as long as its units take to come in (GCRA, ATM Forum TM 4.0). */
export type Spacing = Readonly<{
  /** When the next call may go, if calls may run so far ahead of an even spacing that a late timer costs nothing. */
  readyAt(aheadMs: number): EpochMs;
  take(units: number, unitsPerMinute: number, now: EpochMs): void;
}>;

export function createSpacing(): Spacing {
  let paid = -Infinity; // when the units already spent will have come in
  return {
    readyAt: (aheadMs) => paid - aheadMs,
    take(units, unitsPerMinute, now) {
      paid = Math.max(paid, now) + (units * MINUTE_MS) / unitsPerMinute;
    },
  };
}

import type { EpochMs } from "../../../core/time.ts";
import { PROJECT_UNITS_PER_MINUTE } from "../../../core/quota.ts";

const MINUTE_MS = 60_000;

/** Part of the project's limit that is left unspent: calls reach Google less evenly than they were sent. */
const USABLE = 0.98;

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

const PROJECT_AHEAD_MS = 500;

/** What all accounts of one Cloud project share: one for the whole process. */
export type ProjectBudget = Readonly<{
  /** Sets units aside for one call and says when it may go. First come, first served. */
  reserve(units: number, now: EpochMs): EpochMs;
}>;

export function createProjectBudget(unitsPerMinute: number = PROJECT_UNITS_PER_MINUTE): ProjectBudget {
  const spacing = createSpacing();
  return {
    reserve(units, now) {
      const at = Math.max(now, spacing.readyAt(PROJECT_AHEAD_MS));
      spacing.take(units, unitsPerMinute * USABLE, at);
      return at;
    },
  };
}

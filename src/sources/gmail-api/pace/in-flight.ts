/** Successes before one more call may be in flight, and before a number that was refused is tried again: that, then twice that. */
const WIDEN_AFTER = 20;
const TRY_AGAIN_AFTER = 1_000;

/**
 * How many calls may be in flight. "Too many concurrent requests" halves it, successes widen it again up to below what was
 * refused; further is only tried, ever more seldom. Google publishes no ceiling (gmail-api.md §6.3).
 */
export type InFlightLimit = Readonly<{
  value(): number;
  /** Google refused while so many calls were in flight. */
  refused(inFlight: number): void;
  accepted(): void;
}>;

export function createInFlightLimit(max: number): InFlightLimit {
  let value = max;
  let clean = max; // the most that is not known to be refused
  let successes = 0;
  let tryAgainAfter = TRY_AGAIN_AFTER;
  return {
    value: () => value,
    refused(inFlight) {
      successes = 0;
      if (value > clean) {
        value = clean;
        tryAgainAfter *= 2;
        return;
      }
      const refused = Math.min(value, inFlight);
      clean = Math.max(1, refused - 1);
      value = Math.max(1, Math.floor(refused / 2));
    },
    accepted() {
      if (clean === max && value === max) return;
      successes += 1;
      if (successes < (value === clean ? tryAgainAfter : WIDEN_AFTER)) return;
      successes = 0;
      if (value > clean) clean = value;
      else value += 1;
    },
  };
}

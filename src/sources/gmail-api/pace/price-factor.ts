import type { EpochMs } from "../../../core/ports.ts";

/** One refusal at the most doubles the factor: a server with little burst refuses long before a minute's units are spent. */
const LEAST_STEP = 1.02;
const MOST_STEP = 1.6;

/** Only a minute that was really used tells that a factor is good. */
const USED = 0.85;
const MINUTE_MS = 60_000;

/** How long a refused factor is believed to be refused still, and how fast that belief fades afterwards, per good minute. */
const BELIEVED_MS = 300_000;
const FADING = 0.95;
const CLOSE = 1.03;

/**
 * How many times the list price Google really charges; 1 on an honest server. A refusal within the limit can only mean
 * that calls cost more than listed (gmail-api.md §6.4) or that somebody else spends too. Found from above: refusals raise
 * it, every good minute takes it half the way back to the last refused one.
 */
export type PriceFactor = Readonly<{
  value(): number;
  /** `share` of the limit was believed to be spent within the window that was refused. */
  refused(share: number, now: EpochMs): void;
  /** A call got through while `share` of the limit was believed to be spent. True when the factor has changed. */
  accepted(share: number, now: EpochMs): boolean;
}>;

export function createPriceFactor(start: number): PriceFactor {
  let value = start;
  let good = start;
  let refusedValue = start;
  let refusedAt: EpochMs | undefined; // a remembered factor is taken for refused below when it is first tried
  let since = -Infinity; // when this value began to be tried
  return {
    value: () => value,
    refused(share, now) {
      refusedValue = value;
      refusedAt = now;
      since = now;
      value = good > value ? good : value * Math.min(MOST_STEP, Math.max(LEAST_STEP, 1 / share));
    },
    accepted(share, now) {
      if (value === 1 || now - since < MINUTE_MS) return false;
      since = now;
      if (share < USED) return false;
      good = value;
      refusedAt ??= now;
      if (now - refusedAt > BELIEVED_MS) refusedValue *= FADING;
      if (value <= refusedValue * CLOSE) return false;
      value = Math.max(1, Math.sqrt(value * refusedValue));
      return true;
    },
  };
}

import type { EpochMs } from "../../../core/time.ts";

/** A lower price is looked for after so many calls without refusal, twice as many after each time that it was not there. */
const AFTER_CALLS = 2_000;
const AFTER_CALLS_MOST = 8_000;
/** … rather soon after an earlier export found a dear one: that may be long ago. */
const AFTER_CALLS_REMEMBERED = 800;
/** … and soon where a refusal may have come of what another process spent before this one began. */
const AFTER_CALLS_SOON = 60;

/** What fell of a sudden may come back as suddenly: it is looked for after so long, and twice that after each time that it was not there. */
const FALLEN = { below: 0.9, waitMs: 30_000 } as const;

const STEP_MS = 10_000;
const STEP = 1.03;
const STEP_MOST = 1.5;

/**
 * After a refusal that named no limit, and where more is possible still, a higher rate is looked for after so much quiet and
 * in quick steps: one refusal more tells whether the limit is in a list or is another. Twice at the most.
 */
const SEARCH = { quietMs: 6_000, untilMs: 60_000, stepMs: 3_000, times: 2 } as const;

/** Nearer than this to the most that is possible there is nothing to look for. */
const NEARLY = 0.995;

/** What is believed as a look is thought of: units a minute. */
type Believed = Readonly<{
  rate: number;
  /** More than this is not possible. */
  most: number;
  /** No limit was named, and there may be one that is in no list. */
  isUnlisted: boolean;
}>;

/**
 * Looks for a rate far above the one that is believed, ever faster, as long as that gets through: a price that fell, a limit
 * that was raised, another program that is done.
 */
export type LookUp = Readonly<{
  /** The rate that is tried now; undefined when none is. */
  rate(): number | undefined;
  passed(): void;
  /** Begins a look when it is time for one, or goes one step further; so long ago was the last refusal. */
  step(believed: Believed, quietMs: number, now: EpochMs): void;
  /**
   * Ends the look. `fellFrom` is the rate that had been borne for minutes; `mayBeForeign`: others may have spent what was
   * missing before this process began.
   */
  refused(refusal: Readonly<{ fellFrom: number | undefined; mayBeForeign: boolean }>): void;
  /** Calls are reckoned by other prices from now on. */
  repriced(): void;
  callOff(): void;
}>;

/** `isRemembered`: that reads are dear was found out by an earlier export. */
export function createLookUp(isRemembered: boolean): LookUp {
  let reach: { rate: number; step: number; at: EpochMs } | undefined;
  let cleanCalls = 0;
  let afterCalls = isRemembered ? AFTER_CALLS_REMEMBERED : AFTER_CALLS;
  let fallen: { from: number; waitMs: number } | undefined;
  let searched = 0;

  return {
    rate: () => reach?.rate,
    passed: () => void (cleanCalls += 1),
    step({ rate, most, isUnlisted }, quietMs, now) {
      if (rate >= most * NEARLY) return void (reach = undefined);
      const isSearch = isUnlisted && searched < SEARCH.times && quietMs < SEARCH.untilMs;
      if (reach === undefined) {
        const isBack = fallen !== undefined && rate < fallen.from * FALLEN.below && quietMs > fallen.waitMs;
        if (cleanCalls >= afterCalls || isBack || (isSearch && quietMs > SEARCH.quietMs))
          reach = { rate: Math.min(most, rate * STEP), step: STEP, at: now };
      } else if (now - reach.at >= (isSearch ? SEARCH.stepMs : STEP_MS)) {
        const step = Math.min(STEP_MOST, reach.step ** 2);
        reach = { rate: Math.min(most, reach.rate * step), step, at: now };
      }
    },
    refused({ fellFrom, mayBeForeign }) {
      if (reach) {
        searched += 1;
        afterCalls = Math.max(AFTER_CALLS, Math.min(AFTER_CALLS_MOST, afterCalls * 2));
      }
      if (fellFrom !== undefined) fallen = { from: fellFrom, waitMs: FALLEN.waitMs };
      else if (reach && fallen) fallen.waitMs *= 2;
      if (mayBeForeign) afterCalls = AFTER_CALLS_SOON;
      reach = undefined;
      cleanCalls = 0;
    },
    repriced() {
      cleanCalls = 0;
      afterCalls = AFTER_CALLS_SOON;
    },
    callOff: () => void (reach = undefined),
  };
}

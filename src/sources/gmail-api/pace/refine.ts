import { HARDLY_FLOWS } from "./after-refusal.ts";
import type { Belief } from "./belief.ts";

/**
 * A rate that is known less well than `SPREAD` is tried from the upper half of what is possible, once, after the first
 * quiet seconds: one refusal long after the one before tells it to a percent. One that is hardly known, `WIDE`, is so at
 * any time, or it would stay too low for long. Whole minutes tell theirs by what they let through.
 */
const SPREAD = 1.025;
const WIDE = 1.1;
const TRIED = 0.7;
const QUIET_MS = 20_000;
const EARLY_MS = 115_000;
const EARLY_REFUSALS = 1;

/** Tries a rate that is known badly from its upper half. */
export type Refinement = Readonly<{
  /** The rate that is tried now, if one is: so long ago was the last refusal, and the first call. */
  choose(quietMs: number, usedMs: number): number | undefined;
  isOn(): boolean;
  callOff(): void;
  refused(): void;
}>;

export function createRefinement(belief: Belief): Refinement {
  let isOn = false;
  let refusals = 0;

  const isWorthIt = (quietMs: number, usedMs: number): boolean => {
    if (quietMs < QUIET_MS) return false;
    const spread = belief.quantile(0.9) / belief.quantile(0.1);
    if (spread > WIDE) return true;
    return spread > SPREAD && usedMs < EARLY_MS && refusals < EARLY_REFUSALS && belief.flows() > HARDLY_FLOWS;
  };

  return {
    choose(quietMs, usedMs) {
      isOn = isWorthIt(quietMs, usedMs);
      return isOn ? belief.quantile(TRIED) : undefined;
    },
    isOn: () => isOn,
    callOff: () => void (isOn = false),
    refused: () => void (isOn && (refusals += 1)),
  };
}

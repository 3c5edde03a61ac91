import { describe, expect, test } from "vitest";

import { slidingWindow, tokenBucket, type Meter } from "../../../../test/quota-server.ts";
import { createBelief, type Belief } from "./belief.ts";
import { expectedAtStart, startOf } from "./expected.ts";

const UNKNOWN = { tier: "auto" } as const;
const SECOND = 1_000;

/** Calls of 20 units at `pace` units a minute; a second of quiet after each refusal. */
function ask(belief: Belief, meter: Meter, fromMs: number, toMs: number, pace: number): number {
  let refusals = 0;
  for (let at = fromMs; at < toMs; at += (20 * 60 * SECOND) / pace) {
    if (meter.charge(20, at) === undefined) {
      belief.passed(20, at);
      continue;
    }
    belief.refused(20, at, true);
    refusals += 1;
    at += SECOND;
  }
  return refusals;
}

/** What is kept of what was seen is weighed again, as for finer steps. */
const weighAnew = (belief: Belief): void => belief.expect(expectedAtStart(UNKNOWN, startOf(UNKNOWN)));

const createUnknown = (): Belief => createBelief(expectedAtStart(UNKNOWN, startOf(UNKNOWN)), 0);

describe("what is believed of the rate stays, though what it came of is kept no longer", () => {
  test("as thousands of calls go by", () => {
    const belief = createUnknown();
    const meter = tokenBucket(7_200, { seconds: 10 });
    expect(ask(belief, meter, 0, 120 * SECOND, 9_000)).toBeGreaterThan(0);
    ask(belief, meter, 120 * SECOND, 300 * SECOND, 7_000);
    weighAnew(belief);
    expect(belief.quantile(0.1)).toBeGreaterThan(6_700);
    expect(belief.quantile(0.9)).toBeLessThan(7_500);
  });

  test("when a server seems to have changed, but for the part that is in doubt", () => {
    const belief = createUnknown();
    const meter = slidingWindow(7_200);
    ask(belief, meter, 0, 180 * SECOND, 7_400);
    const before = belief.quantile(0.5);
    expect(Math.abs(before / 7_200 - 1)).toBeLessThan(0.02);
    belief.doubt(0.1, before, 180 * SECOND);
    weighAnew(belief);
    expect(Math.abs(belief.quantile(0.5) / before - 1)).toBeLessThan(0.02);
    expect(belief.quantile(0.95)).toBeLessThan(7_600);
  });
});

import { expect, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import { timeLimit } from "./time-limit.ts";

test("a limit ends what takes too long, by the clock it was given", async () => {
  const clock = manualClock();
  using limit = timeLimit(clock, 1_000);
  await clock.advance(999);
  expect(limit.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(limit.signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("it ends as the signal that was given does", () => {
  const stop = new AbortController();
  using limit = timeLimit(manualClock(), 1_000, stop.signal);
  stop.abort("enough");
  expect(limit.signal.reason).toBe("enough");
});

test("nothing waits for it when the work is done", async () => {
  const clock = manualClock();
  const { signal } = (() => {
    using limit = timeLimit(clock, 1_000);
    return limit;
  })();
  expect(clock.sleepers()).toBe(0);
  await clock.advance(2_000);
  expect(signal.aborted).toBe(false);
});

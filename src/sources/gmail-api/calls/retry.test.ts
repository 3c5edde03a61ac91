import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { ExportError, failureOf, refuse, type Failure } from "../../../core/errors.ts";
import { NEVER } from "../testing.ts";
import { createRetry, decide } from "./retry.ts";

const MINUTE = 60_000;
const WORDS = { message: "…", next: "…" };
const DOWN: Failure = { ...WORDS, code: "server_error", retry: "backoff" };
const SPENT: Failure = { ...WORDS, code: "quota_exceeded", retry: "wait" };
const fails = (failure: Failure) => () => Promise.reject(new ExportError(failure));
const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

describe("the decision", () => {
  const attempts = { failed: 1, refused: 0, othersSucceeded: false, silenceMs: 0, now: 0 };

  test("waits at random up to twice as long after each failure, from one second to 32", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failed, random) => {
          const decision = decide(DOWN, { ...attempts, failed }, random);
          const most = Math.min(32_000, 1_000 * 2 ** (failed - 1));
          expect(decision).toEqual({ what: "again", afterMs: random * most });
        },
      ),
    ));

  test("never tries before the time that Google named", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (at, random) => {
          const decision = decide({ ...DOWN, at }, attempts, random);
          expect(decision.what === "again" && decision.afterMs).toBeGreaterThanOrEqual(at);
        },
      ),
    ));

  test("is to ask three times more, within half a minute, about what may pass, and to believe it then", () => {
    const passing: Failure = { ...WORDS, code: "forbidden", retry: "never", mayPass: true };
    for (const random of [0, 0.999]) {
      const decisions = [1, 2, 3, 4].map((refused) => decide(passing, { ...attempts, failed: 0, refused }, random));
      expect(decisions.map(({ what }) => what)).toEqual(["again", "again", "again", "give_up"]);
      const waits = decisions.map((one) => (one.what === "again" ? one.afterMs : 0));
      expect(waits.every((ms, index) => index === 3 || ms >= 500)).toBe(true);
      expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(30_000);
    }
  });

  test("is to give up at once what a person must mend", () => {
    const never = refuse("forbidden", "…", "…").failure;
    const signIn: Failure = { ...WORDS, code: "consent_revoked", retry: "sign_in" };
    for (const one of [never, signIn]) expect(decide(one, attempts, 0.5)).toEqual({ what: "give_up", failure: one });
  });

  test("is to hand on a wait that is too long for a pause within an export", () => {
    expect(decide({ ...SPENT, at: MINUTE }, attempts, 0)).toEqual({ what: "again", afterMs: 0 });
    expect(decide({ ...SPENT, at: 2 * MINUTE }, attempts, 0)).toMatchObject({ what: "give_up" });
    expect(decide({ ...DOWN, at: 11 * MINUTE }, attempts, 0)).toMatchObject({ failure: { outage: true } });
  });
});

test("what succeeds after a few failures is returned", async () => {
  const clock = manualClock();
  let tries = 0;
  const attempt = () => ((tries += 1) < 4 ? fails(DOWN)() : Promise.resolve("mail"));
  expect(await clock.run(createRetry(clock, () => 0.5)(attempt, NEVER))).toBe("mail");
});

test("a call that fails while others succeed is given up after six attempts, and is no outage", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  let tries = 0;
  const poisoned = retry(async () => {
    tries += 1;
    await retry(() => Promise.resolve("another message"), NEVER);
    return fails(DOWN)();
  }, NEVER);
  expect(await failure(clock.run(poisoned))).toEqual({ ...DOWN, attempts: 6 });
  expect(tries).toBe(6);
});

test("where no other goes on a witness is asked, and the call is given up when it succeeds", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  let asked = 0;
  const witness = async (): Promise<boolean> => (asked += 1) > 2;
  expect(await failure(clock.run(retry(fails(DOWN), NEVER, witness)))).toEqual({ ...DOWN, attempts: 8 });
  expect(asked).toBe(3);
});

test("others that succeeded before Google went away say nothing of a call that fails since", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  let tries = 0;
  const cutOff = retry(async () => {
    if ((tries += 1) === 2) await retry(() => Promise.resolve("the last that came through"), NEVER);
    return fails(DOWN)();
  }, NEVER);
  expect(await failure(clock.run(cutOff))).toMatchObject({ outage: true });
});

test("a success before its first attempt does not count against a call", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  await retry(() => Promise.resolve("long ago"), NEVER);
  expect(await failure(clock.run(retry(fails(DOWN), NEVER)))).toMatchObject({ outage: true });
});

test("when nothing succeeds it is kept trying for ten minutes, and is an outage then", async () => {
  const clock = manualClock();
  const begun = clock.now();
  const given = await failure(clock.run(createRetry(clock, () => 0.99)(fails(DOWN), NEVER)));
  expect(given).toMatchObject({ code: "server_error", outage: true });
  expect(clock.now() - begun).toBeGreaterThanOrEqual(10 * MINUTE);
  expect(clock.now() - begun).toBeLessThan(11 * MINUTE);
});

test("calls that fail when Google comes back are not taken for poisoned by its return", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  const back = clock.now() + 5 * MINUTE;
  const attempt = () => (clock.now() < back ? fails(DOWN)() : Promise.resolve("mail"));
  const all = Array.from({ length: 10 }, () => retry(attempt, NEVER));
  expect(await clock.run(Promise.all(all))).toEqual(Array.from({ length: 10 }, () => "mail"));
});

test("an answer of no counts as Google being there", async () => {
  const clock = manualClock();
  const retry = createRetry(clock, () => 0.5);
  const refusals: unknown[] = [];
  const poisoned = retry(async () => {
    refusals.push(await failure(retry(fails(refuse("not_found", "…", "…").failure), NEVER)));
    return fails(DOWN)();
  }, NEVER);
  expect(await failure(clock.run(poisoned))).toEqual({ ...DOWN, attempts: 6 });
  expect(refusals[0]).toMatchObject({ code: "not_found" });
});

test("being asked to wait is no attempt, but a storm that lets nothing through ends after half an hour", async () => {
  const clock = manualClock();
  let asked = 0;
  // The pacer's part: it holds every attempt back.
  const attempt = async () => {
    await clock.sleep(MINUTE);
    asked += 1;
    throw new ExportError(SPENT);
  };
  expect(await failure(clock.run(createRetry(clock, () => 0.5)(attempt, NEVER)))).toEqual(SPENT);
  expect(asked).toBe(30);
});

test("an abort ends the wait with its reason, and a defect is not retried", async () => {
  const clock = manualClock();
  const stop = new AbortController();
  const work = createRetry(clock, () => 0.5)(fails(DOWN), stop.signal);
  await clock.advance(0);
  stop.abort(new Error("stopped by hand"));
  await expect(work).rejects.toThrow("stopped by hand");
  await expect(createRetry(clock, () => 0.5)(() => Promise.reject(new TypeError("defect")), NEVER)).rejects.toThrow(
    "defect",
  );
});

import { expect, test } from "vitest";

import { budgetContract, mostInAMinute } from "../../../../test/contracts/budget.ts";
import { manualClock } from "../../../../test/manual-clock.ts";
import { EMPTY, settle, type Ledger } from "./ledger.ts";
import { sharedBudget, type SettleLedger } from "./shared-budget.ts";

const MINUTE_MS = 60_000;

/** Ledgers in memory, changed step by step as rows of a table are. */
function ledgersInMemory(limit: number, now: () => number): SettleLedger {
  const ledgers = new Map<string, Ledger>();
  return async (client, reports, asked) => {
    const { ledger, answer } = settle(ledgers.get(client) ?? EMPTY, limit, now(), reports, asked);
    ledgers.set(client, ledger);
    return answer;
  };
}

budgetContract("shared, in memory", (limit, clock) => sharedBudget(limit, ledgersInMemory(limit, clock.now), clock), {
  limitRuns: 10,
  useRuns: 3,
  minutes: 4,
});

test("eight workers with 400 accounts use at least 95 % of the project's minute and never exceed it, also when two of them die", async () => {
  const limit = 1_200_000;
  const clock = manualClock();
  const ledgers = ledgersInMemory(limit, clock.now);
  const begun = clock.now();
  const spendings: { at: number; units: number }[] = [];
  const stop = new AbortController();
  const steps = { count: 0 };
  const counted: SettleLedger = (...step) => {
    steps.count += 1;
    return ledgers(...step);
  };
  const workers = Array.from({ length: 8 }, (_, number) => ({
    budget: sharedBudget(limit, counted, clock),
    diesAt: number < 2 ? begun + 70_000 + number * 7_000 : Infinity,
  }));
  /** As an account at Google's limit for one: 6,000 units a minute, a conversation of 40 units at a time. */
  const live = async ({ budget, diesAt }: (typeof workers)[number], account: string): Promise<void> => {
    while (!stop.signal.aborted) {
      const portion = await budget.lease("project", account, { least: 40, most: 100 }, stop.signal);
      let left = portion.units;
      for (; left >= 40; left -= 40) {
        await clock.sleep(400);
        if (clock.now() > diesAt) return; // and says nothing
        if (clock.now() > portion.until) break;
        spendings.push({ at: clock.now(), units: 40 });
      }
      await portion.end(left);
    }
  };
  const lives = workers.flatMap((worker, number) =>
    Array.from({ length: 50 }, (_, account) => live(worker, `${number}.${account}`).catch(() => {})),
  );
  await clock.advance(4 * MINUTE_MS);
  stop.abort();
  await clock.run(Promise.all(lives));
  expect(mostInAMinute(spendings)).toBeLessThanOrEqual(limit);
  for (const minute of [0, 1, 2, 3]) {
    const from = begun + minute * MINUTE_MS;
    const used = spendings
      .filter(({ at }) => at >= from && at < from + MINUTE_MS)
      .reduce((sum, one) => sum + one.units, 0);
    expect(used / limit, `minute ${minute}`).toBeGreaterThanOrEqual(0.95);
  }
  expect(steps.count / 240, "transactions a second").toBeLessThan(60);
});

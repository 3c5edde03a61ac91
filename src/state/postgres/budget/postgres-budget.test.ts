import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { budgetContract } from "../../../../test/contracts/budget.ts";
import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import { systemClock } from "../../../clock.ts";
import type { Database } from "../database.ts";
import { postgresStage, type PostgresStage } from "../testing.ts";
import { postgresBudget } from "./postgres-budget.ts";

/** Virtual milliseconds of one step. */
const STEP_MS = 20;

let stage: PostgresStage;
let underWay = 0;
let clients = 0;

beforeAll(async () => {
  stage = await postgresStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Counts what the server is asked, and gives each budget projects of its own. */
function counting(): Database {
  const { database } = stage;
  clients += 1;
  const prefix = `${clients} `;
  return {
    ...database,
    async transaction(work, signal) {
      underWay += 1;
      try {
        return await database.transaction(
          (query) =>
            work((sql, [client, ...more] = []) =>
              query(sql, client === undefined ? [] : [prefix + JSON.stringify(client), ...more]),
            ),
          signal,
        );
      } finally {
        underWay -= 1;
      }
    },
  };
}

/** A clock that stands still while the server is asked something. */
function patientClock(): ManualClock {
  const clock = manualClock();
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; quiet = underWay > 0 ? 0 : quiet + 1)
      await (underWay > 0 ? sleep(1) : new Promise(setImmediate));
  };
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await settle();
      await clock.advance(Math.min(STEP_MS, left));
    }
    await settle();
  };
  return {
    ...clock,
    advance,
    async run(work) {
      const seen = { isDone: false };
      const end = (): void => void (seen.isDone = true);
      work.then(end, end);
      for (await settle(); !seen.isDone;) await advance(STEP_MS);
      return work;
    },
  };
}

budgetContract(
  "postgres",
  (limit, clock) => postgresBudget(limit, counting(), clock, async () => clock.now()),
  { limitRuns: 1, useRuns: 1, minutes: 1 },
  patientClock,
);

test("processes share one ledger, by the database's clock", async () => {
  const budgets = [stage.database, stage.another()].map((database) => postgresBudget(60, database, systemClock));
  const { signal } = new AbortController();
  const [first, second] = [budgets[0]!, budgets[1]!];
  const portion = await first.lease("shared", "ada", { least: 60, most: 60 }, signal);
  const stop = new AbortController();
  const order: string[] = [];
  const waiting = second.lease("shared", "bob", { least: 60, most: 60 }, stop.signal).then((given) => {
    order.push("given");
    return given;
  });
  order.push("ended");
  await portion.end(60);
  expect((await waiting).units).toBe(60);
  expect(order).toEqual(["ended", "given"]);
});

import { createSecretKey, randomBytes } from "node:crypto";

import { alarmMemoryContract } from "../../../test/contracts/alarm-memory.ts";
import { grantsContract } from "../../../test/contracts/grants.ts";
import { learnedLimitsContract } from "../../../test/contracts/learned-limits.ts";
import { pendingSignInsContract } from "../../../test/contracts/pending-sign-ins.ts";
import { recentCallsContract } from "../../../test/contracts/recent-calls.ts";
import { systemClock as clock } from "../../clock.ts";
import { always, jumpingClock } from "../../google/testing.ts";
import { postgresAlarmMemory } from "./alarm-memory.ts";
import type { Database } from "./database.ts";
import { postgresGrants } from "./grants.ts";
import { postgresLearnedLimits } from "./learned-limits.ts";
import { createLeases } from "./leases.ts";
import { postgresPendingSignIns } from "./pending-sign-ins.ts";
import { postgresRecentCalls } from "./recent-calls.ts";
import { postgresStage } from "./testing.ts";

const keys = always(createSecretKey(randomBytes(32)));

/** A part of the state as several processes have it, on tables of its own. */
async function stageOf<T>(part: (database: Database) => T) {
  const stage = await postgresStage();
  const another = (): T => part(stage.another());
  return { part: another(), another, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

grantsContract("postgres", async () => {
  const { part, ...rest } = await stageOf((database) => postgresGrants(database, keys, createLeases(database, clock)));
  return { grants: part, ...rest };
});

learnedLimitsContract("postgres", async () => {
  const { part, ...rest } = await stageOf(postgresLearnedLimits);
  return { limits: part, ...rest };
});

recentCallsContract("postgres", async () => {
  const { part, ...rest } = await stageOf(postgresRecentCalls);
  return { recent: part, ...rest };
});

alarmMemoryContract("postgres", async () => {
  const { part, ...rest } = await stageOf((database) => postgresAlarmMemory(database, createLeases(database, clock)));
  return { memory: part, ...rest };
});

pendingSignInsContract("postgres", async () => {
  const jumping = jumpingClock();
  const { part, ...rest } = await stageOf((database) => postgresPendingSignIns(database, keys, jumping));
  return { pending: part, clock: jumping, ...rest };
});

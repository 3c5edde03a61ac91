import { refuse } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { State } from "../../core/ports/state.ts";
import type { Secret } from "../../core/secret.ts";
import { keyInSettings } from "../grants/key-in-settings.ts";
import { rotateKey } from "../grants/rotate-key.ts";
import { assertNotMoved } from "../move/move-mark.ts";
import { postgresAlarmMemory } from "./alarm-memory.ts";
import { postgresBudget } from "./budget/postgres-budget.ts";
import { openDatabase } from "./database.ts";
import { postgresGrants } from "./grants.ts";
import { postgresHolds } from "./holds.ts";
import { postgresJobQueue } from "./job-queue.ts";
import { postgresLearnedLimits } from "./learned-limits.ts";
import { createLeases } from "./leases.ts";
import { lookOnly } from "./look-only.ts";
import { readMark } from "./moved-mark.ts";
import { postgresPendingSignIns } from "./pending-sign-ins.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { postgresRecentCalls } from "./recent-calls.ts";

/** Where the state lies, and what it is made with. */
type PostgresOptions = Readonly<{
  settings: Readonly<{
    databaseUrl: Secret;
    encryptionKey: Secret;
    formerEncryptionKey: Secret | undefined;
    projectUnitsPerMinute: number;
  }>;
  /** Nothing is made that is missing. */
  onlyLooks: boolean;
  /** The name under which this process runs exports. */
  worker: string;
  clock: Clock;
  log?: Pick<Log, "warn"> | undefined;
}>;

/** The state of a deployment of many machines, in PostgreSQL. */
export function postgresState({ settings, onlyLooks, worker, clock, log }: PostgresOptions): State {
  const { databaseUrl, encryptionKey, formerEncryptionKey, projectUnitsPerMinute } = settings;
  const opened = openDatabase(databaseUrl, clock);
  const database = onlyLooks ? lookOnly(opened) : opened;
  const key = keyInSettings(encryptionKey, formerEncryptionKey);
  const leases = createLeases(database, clock);
  const grants = postgresGrants(database, key.keys, leases);
  const queue = postgresJobQueue(database, clock, log, worker);
  return {
    async prepare() {
      await prepareDatabase(database, clock, key.keys, onlyLooks);
      assertNotMoved(await readMark(database), "database", database.address);
    },
    async hasQueue() {
      const [found] = await database.query<{ there: boolean }>(
        "select to_regclass('gmail_export.exports') is not null as there",
      );
      return found?.there === true;
    },
    queue,
    grants,
    async rotateKey(signal) {
      await using held = await leases.take("key", 0, signal);
      if (held === undefined)
        throw refuse("not_in_this_state", "Another process is changing the key.", "Wait until it has ended.");
      return rotateKey(key, grants, signal);
    },
    pendingSignIns: postgresPendingSignIns(database, key.keys, clock),
    limits: postgresLearnedLimits(database),
    recent: postgresRecentCalls(database),
    budget: postgresBudget(projectUnitsPerMinute, database, clock),
    alarms: postgresAlarmMemory(database, leases),
    holds: postgresHolds(database, clock),
    async [Symbol.asyncDispose]() {
      await queue.close();
      await opened[Symbol.asyncDispose]();
    },
  };
}

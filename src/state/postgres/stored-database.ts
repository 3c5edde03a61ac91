import type { Clock } from "../../core/ports/clock.ts";
import type { LearnedLimit } from "../../core/ports/learned-limits.ts";
import type { RecentMinute } from "../../core/ports/recent-calls.ts";
import type { StoredState } from "../../core/ports/stored-state.ts";
import type { Secret } from "../../core/secret.ts";
import { keyInSettings } from "../grants/key-in-settings.ts";
import { inUse } from "../move/in-use.ts";
import { validEntries } from "../move/valid-entries.ts";
import { learnedLimit } from "../rows/learned-limit.ts";
import { recentMinute } from "../rows/recent-minute.ts";
import { postgresAlarmMemory } from "./alarm-memory.ts";
import { openDatabase, PROGRAM } from "./database.ts";
import { postgresGrants } from "./grants.ts";
import { createLeases } from "./leases.ts";
import { readMark, writeMark } from "./moved-mark.ts";
import { prepareDatabase } from "./prepare-database.ts";
import { createRuns } from "./runs.ts";
import { storedTables } from "./stored-tables.ts";

/** The name of who moves the state, and what its connections are called: so they are told from those of the deployment. */
const MOVE = "state move";

/** Milliseconds: longer than a lease, so that a move that was killed is not waited for by hand. */
const MOVE_WAIT_MS = 40_000;

/** Milliseconds between two looks whether the connections of who stopped are gone, and for how long it is looked. */
const LOOK_MS = 100;
const STOPPING_MS = 1_000;

type Options = Readonly<{
  settings: Readonly<{ databaseUrl: Secret; encryptionKey: Secret; formerEncryptionKey: Secret | undefined }>;
  clock: Clock;
}>;

/** The state of a deployment in PostgreSQL, for who moves it. */
export function storedDatabase({ settings, clock }: Options): StoredState {
  const { databaseUrl, encryptionKey, formerEncryptionKey } = settings;
  const database = openDatabase(databaseUrl, clock, undefined, `${PROGRAM} ${MOVE}`);
  const { keys } = keyInSettings(encryptionKey, formerEncryptionKey);
  const leases = createLeases(database, clock);
  const runs = createRuns(database, () => {}); // its calls reject, too
  const tables = storedTables(database, runs);

  /** Other processes of the deployment stay connected as long as they run. */
  const hasConnections = async (): Promise<boolean> => {
    const sql = "select 1 from pg_stat_activity where datname = current_database() and application_name = $1";
    return (await database.query(sql, [PROGRAM])).length > 0;
  };

  const replaceAll = (table: string, values: ReadonlyMap<string, object>): Promise<void> =>
    database.transaction(async (query) => {
      await query(`delete from gmail_export.${table}`);
      for (const [name, value] of values)
        await query(`insert into gmail_export.${table} values ($1, $2)`, [name, JSON.stringify(value)]);
    });

  return {
    ...tables,
    kind: "database",
    place: database.address,
    async prepare() {
      await prepareDatabase(database, clock, keys, false);
      await runs.start();
    },
    readMark: () => readMark(database),
    writeMark: (mark) => writeMark(database, mark),
    async assertAtRest() {
      // A server that was stopped just now is seen for a moment.
      for (let waited = 0; await hasConnections(); waited += LOOK_MS) {
        if (waited >= STOPPING_MS) throw inUse(database.address);
        await clock.sleep(LOOK_MS);
      }
      if (await tables.hasLeases(MOVE)) throw inUse(database.address);
    },
    holdMove: () => leases.take(MOVE, MOVE_WAIT_MS),
    async limits() {
      const rows = await database.query<{ client: string; learned: unknown }>(
        "select client, learned from gmail_export.learned_limits order by client",
      );
      return validEntries<LearnedLimit>(
        rows.map(({ client, learned }) => [client, learned]),
        learnedLimit,
      );
    },
    replaceLimits: (limits) => replaceAll("learned_limits", limits),
    async recent() {
      const rows = await database.query<{ name: string; minute: unknown }>(
        "select name, minute from gmail_export.recent_calls order by name",
      );
      return validEntries<RecentMinute>(
        rows.map(({ name, minute }) => [name, minute]),
        recentMinute,
      );
    },
    replaceRecent: (recent) => replaceAll("recent_calls", recent),
    grants: postgresGrants(database, keys, leases),
    alarms: postgresAlarmMemory(database, leases),
    async [Symbol.asyncDispose]() {
      await runs.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

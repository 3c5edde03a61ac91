import { ExportError, failureOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { KeyHolder } from "../grants/keys.ts";
import { checkKey } from "./check-key.ts";
import { checkServer } from "./check-server.ts";
import type { Database } from "./database.ts";
import { checkVersion, migrate } from "./migrations.ts";

/**
 * Sees that a database can carry the state, and makes the tables that are missing; none for who only looks. Throws
 * `database` or `key_unusable`.
 */
export async function prepareDatabase(
  database: Database,
  clock: Clock,
  keys: KeyHolder["keys"],
  onlyLooks: boolean,
): Promise<void> {
  await atTheStart(async () => {
    await keys();
    await checkServer(database, clock);
    await (onlyLooks ? checkVersion(database) : migrate(database));
    await checkKey(database, keys, { onlyLooks });
  });
}

/** A database that does not answer passes by itself, but not for who starts: that is for a person to see. */
async function atTheStart(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.code !== "database" || failure.retry === "never") throw error;
    const { message, next } = failure;
    throw new ExportError({ code: "database", retry: "never", message, next }, { cause: error });
  }
}

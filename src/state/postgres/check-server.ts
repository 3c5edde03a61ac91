import { refuse } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Database } from "./database.ts";

/** The oldest PostgreSQL that is tried; what is older is no longer kept by its makers. */
const OLDEST = 15;

/** Milliseconds that a machine's clock may be off from the database's: leases and budgets go by both. */
const MOST_APART_MS = 5_000;

/** Whether the server can carry the state, and its clock goes with ours. Throws `database`. */
export async function checkServer(database: Database, clock: Clock): Promise<void> {
  const asked = clock.now();
  const [answer] = await database.query<{ version: number; now: number }>(
    `select current_setting('server_version_num')::int as version,
       extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  );
  const answered = clock.now();
  if (answer === undefined) throw new Error("no answer to a question about the server");
  const major = Math.floor(answer.version / 10_000);
  if (major < OLDEST)
    throw refuse(
      "database",
      `The database at ${database.address} is PostgreSQL ${major}, and gmail-export needs ${OLDEST} or newer.`,
      "Move it to a newer server (pg_upgrade, or a dump), or name another in DATABASE_URL.",
    );
  // It was told at some moment between the question and the answer.
  const apart = Math.max(0, answer.now - answered, asked - answer.now);
  if (apart > MOST_APART_MS)
    throw refuse(
      "database",
      `The clock of this machine and that of the database at ${database.address} are ${Math.round(apart / 1_000)} seconds apart.`,
      "Set both by the network (sudo timedatectl set-ntp true; of a container or virtual machine, on its host).",
    );
}

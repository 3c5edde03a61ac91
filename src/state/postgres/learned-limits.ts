import type { LearnedLimits } from "../../core/ports/learned-limits.ts";
import { learnedLimit } from "../rows/learned-limit.ts";
import type { Database } from "./database.ts";

/** What was learned of each Cloud project, in a table. */
export function postgresLearnedLimits(database: Database): LearnedLimits {
  let writing: Promise<void> = Promise.resolve();
  return {
    async read(clientId) {
      const sql = "select learned from gmail_export.learned_limits where client = $1";
      const [row] = await database.query<{ learned: unknown }>(sql, [clientId]).catch(() => []);
      return learnedLimit.safeParse(row?.learned).data;
    },
    remember(clientId, learned) {
      const write = async (): Promise<void> => {
        await database.query(
          `insert into gmail_export.learned_limits (client, learned) values ($1, $2)
           on conflict (client) do update set learned = excluded.learned`,
          [clientId, JSON.stringify(learned)],
        );
      };
      writing = writing.then(write).catch(() => {});
      return writing;
    },
  };
}

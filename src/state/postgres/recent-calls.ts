import type { RecentCalls } from "../../core/ports/recent-calls.ts";
import { recentMinute, recentName } from "../rows/recent-minute.ts";
import type { Database } from "./database.ts";

/** What was sent a moment ago: a row for each client id and account, whose name tells neither. */
export function postgresRecentCalls(database: Database): RecentCalls {
  const writing = new Map<string, Promise<void>>();
  return {
    async read(clientId, account) {
      const sql = "select minute from gmail_export.recent_calls where name = $1";
      const [row] = await database.query<{ minute: unknown }>(sql, [recentName(clientId, account)]).catch(() => []);
      return recentMinute.safeParse(row?.minute).data;
    },
    keep(clientId, account, minute) {
      const name = recentName(clientId, account);
      const write = async (): Promise<void> => {
        await database.query(
          `insert into gmail_export.recent_calls (name, minute) values ($1, $2)
           on conflict (name) do update set minute = excluded.minute`,
          [name, JSON.stringify(minute)],
        );
      };
      const written = (writing.get(name) ?? Promise.resolve()).then(write).catch(() => {});
      writing.set(name, written);
      return written;
    },
  };
}

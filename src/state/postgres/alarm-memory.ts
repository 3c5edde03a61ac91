import { HoldLost } from "../../core/errors.ts";
import type { AlarmMemory, AlarmRecord } from "../../core/ports/alarm-memory.ts";
import { alarmRecord } from "../rows/alarm-record.ts";
import type { Database } from "./database.ts";
import type { Leases } from "./leases.ts";

/** What is remembered of alarms, in a row; who works on it has a lease, so that one process of all tells. */
export function postgresAlarmMemory(database: Database, leases: Leases): AlarmMemory {
  const read = async (): Promise<AlarmRecord> => {
    const [row] = await database.query<{ record: unknown }>("select record from gmail_export.alarms");
    return alarmRecord.safeParse(row?.record).data ?? {};
  };
  return {
    read: () => read().catch(() => ({})),
    async exclusively(work, signal) {
      await using lease = await leases.take("alarms", 0, signal);
      if (lease === undefined) return false;
      await work(await read(), (record) =>
        database.transaction(async (query) => {
          if (!(await lease.isHeld(query))) throw new HoldLost("Another process has taken over the alarms.");
          await query(
            `insert into gmail_export.alarms (single, record) values (true, $1)
             on conflict (single) do update set record = excluded.record`,
            [JSON.stringify(record)],
          );
        }),
      );
      return true;
    },
  };
}

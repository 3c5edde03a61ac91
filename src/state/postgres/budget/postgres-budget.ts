import type { Budget } from "../../../core/ports/budget.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { Database, Query } from "../database.ts";
import { EMPTY, ledger, settle, type Ledger } from "./ledger.ts";
import { sharedBudget } from "./shared-budget.ts";

/**
 * The project's budget for all processes: a row for each project, which one of them at a time changes. The database's
 * clock decides.
 */
export function postgresBudget(
  unitsPerMinute: number,
  database: Database,
  clock: Clock,
  readNow: (query: Query) => Promise<EpochMs> = askNow,
): Budget {
  return sharedBudget(
    unitsPerMinute,
    (client, reports, asked) =>
      database.transaction(async (query) => {
        const before = await lockLedger(query, client);
        const after = settle(before, unitsPerMinute, await readNow(query), reports, asked);
        await query("update gmail_export.budgets set ledger = $2 where client = $1", [
          client,
          JSON.stringify(after.ledger),
        ]);
        return after.answer;
      }),
    clock,
  );
}

async function lockLedger(query: Query, client: string): Promise<Ledger> {
  const select = "select ledger from gmail_export.budgets where client = $1 for update";
  const [found] = await query<{ ledger: unknown }>(select, [client]);
  if (found !== undefined) return ledger.parse(found.ledger);
  await query("insert into gmail_export.budgets (client, ledger) values ($1, $2) on conflict do nothing", [
    client,
    JSON.stringify(EMPTY),
  ]);
  const [made] = await query<{ ledger: unknown }>(select, [client]);
  return ledger.parse(made?.ledger);
}

/** Asked after the row was locked: until then time may have passed. */
async function askNow(query: Query): Promise<EpochMs> {
  const [answer] = await query<{ now: number }>("select extract(epoch from clock_timestamp())::float8 * 1000 as now");
  return answer?.now ?? NaN;
}

import { createLedger } from "../core/ledger.ts";
import type { ExportRequest } from "../core/job.ts";
import type { MailboxSource } from "../core/mailbox.ts";
import { PROJECT_UNITS_PER_DAY, type Pacer, type Tier } from "../core/quota.ts";
import { listAll } from "./list.ts";
import { costOf, plan } from "./plan.ts";

/** What bringing a whole mailbox would cost, at list price and at the pace the pacer allows now. */
export type Estimate = Readonly<{
  messages: number;
  conversations: number;
  calls: number;
  units: number;
  tier: Tier;
  unitsPerMinute: number;
  /** From beginning to end, without refusals. */
  ms: number;
  /** Part of what a Cloud project may spend a day, all its users together: 1 is all of it. */
  shareOfDay: number;
}>;

/** Lists and plans, but fetches nothing (5 units per 500 messages). Text that Gmail keeps apart for its size is not foreseen. */
export async function estimate(
  request: Pick<ExportRequest, "filter" | "maxEmails">,
  source: MailboxSource,
  pacer: Pacer,
  signal: AbortSignal,
): Promise<Estimate> {
  const ledger = createLedger();
  for await (const page of listAll(source, request.filter, request.maxEmails, signal))
    for (const ref of page) ledger.add(ref);
  const { prices } = pacer;
  const { calls, units } = costOf(plan(ledger.pending(), prices), prices);
  let conversations = 0;
  for (const _ of ledger.pending()) conversations += 1;
  const { unitsPerMinute } = pacer.pace();
  return {
    messages: ledger.size,
    conversations,
    calls,
    units,
    tier: pacer.spent().tier,
    unitsPerMinute,
    ms: Math.round((units / unitsPerMinute) * 60_000),
    shareOfDay: units / PROJECT_UNITS_PER_DAY,
  };
}

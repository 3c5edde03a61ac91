import type { ExportRequest } from "../core/export/job.ts";
import { createLedger } from "../core/export/ledger.ts";
import { TEXT_ALONE, type Cost, type MailboxSource } from "../core/ports/mailbox-source.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { PROJECT_UNITS_PER_DAY, type Tier } from "../core/quota.ts";
import { withLabelIds } from "./labels.ts";
import { findLackingRecords } from "./lacking.ts";
import { listAll } from "./list.ts";

/** What bringing a whole mailbox would cost: units at list price, minutes at the pace that is allowed now. */
export type Estimate = Readonly<{
  messages: number;
  conversations: number;
  tier: Tier;
  unitsPerMinute: number;
  /** Part of what a Cloud project may spend a day, all its users together: 1 is all of it. Of the text. */
  shareOfDay: number;
  /** Of each kind of export, from beginning to end. */
  text: Cost;
  /** With the contents of attachments. What Gmail's search says of those is a fair hint, not the truth. */
  attachments: Cost;
  /** With the original of every message, of which attachments are a part. */
  originals: Cost;
  /** What it takes beside new messages to complete the records that are in the directory already; left out where they lack nothing. */
  completing?: Cost & Readonly<{ messages: number }>;
}>;

/**
 * Lists and plans, but fetches nothing (5 units per 500 messages, per 500 of those with attachments, and per 500 chats);
 * with `asksSizes` the sizes of at most 20 messages, from which `bytes` are reckoned. Text that Gmail keeps apart for its
 * size is not foreseen.
 */
export async function estimate(
  request: ExportRequest,
  source: MailboxSource,
  read: ReadDirectory,
  signal: AbortSignal,
  asksSizes = false,
): Promise<Estimate> {
  const filter =
    request.filter.labels.length > 0 ? withLabelIds(request.filter, await source.labels(signal)) : request.filter;
  const ledger = createLedger();
  for await (const page of listAll(source, filter, request.maxEmails, signal)) for (const ref of page) ledger.add(ref);
  const withAttachments = { ...TEXT_ALONE, attachments: true };
  await source.foresee(filter, withAttachments, signal);
  if (asksSizes) await source.weigh(ledger.pending(), signal);
  const text = await source.cost(ledger.pending(), TEXT_ALONE);
  const attachments = await source.cost(ledger.pending(), withAttachments);
  const originals = await source.cost(ledger.pending(), { attachments: true, originals: true });
  const lacking = await findLackingRecords({ ...request, filter }, read, signal);
  const completing = lacking && {
    messages: lacking.count,
    ...(await source.cost(lacking.messages(), lacking.want)),
  };
  let conversations = 0;
  for (const _ of ledger.pending()) conversations += 1;
  return {
    messages: ledger.size,
    conversations,
    tier: source.spent().tier,
    unitsPerMinute: source.pace().unitsPerMinute,
    shareOfDay: text.units / PROJECT_UNITS_PER_DAY,
    text,
    attachments,
    originals,
    ...(completing && { completing }),
  };
}

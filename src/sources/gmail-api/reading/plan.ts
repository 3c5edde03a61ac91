import { TEXT_ALONE, type Want } from "../../../core/ports/mailbox-source.ts";
import type { Conversation } from "../../../core/mail/ref.ts";
import type { Prices } from "../../../core/quota.ts";

/**
 * One read from Gmail: a message, or a whole conversation of which `ids` are wanted. `units` is what it takes with all that
 * has to be asked for behind it, as far as that is foreseen.
 */
export type Call = Readonly<{ units: number }> &
  (
    | Readonly<{ method: "messages.get"; format: "full" | "raw"; id: string }>
    | Readonly<{ method: "threads.get"; threadId: string; ids: readonly string[] }>
  );

/**
 * The most messages taken in one answer. threads.get cannot be paged: a whole conversation comes in one response, one per
 * call in flight, and memory must stay flat. Gmail itself breaks conversations at 100.
 */
export const MAX_MESSAGES_PER_CALL = 100;

/** Which messages are thought to have attachments, and which to have no bytes of their own: hints, never the truth. */
export type Hints = Readonly<{ attached: ReadonlySet<string>; chats: ReadonlySet<string> }>;

export const NO_HINTS: Hints = { attached: new Set(), chats: new Set() };

/**
 * The cheapest calls that bring these refs, in their order: per conversation one threads.get or one messages.get each,
 * whichever costs fewer units; at equal cost the fewer calls. With attachments a message that has some costs one more call,
 * unless it is read `raw`, which brings everything at once, and alone brings originals. Lazy: one conversation is planned at a time.
 */
export function* plan(
  conversations: Iterable<Conversation>,
  prices: Prices,
  { attachments, originals, text }: Want = TEXT_ALONE,
  { attached, chats }: Hints = NO_HINTS,
): Generator<Call> {
  const each = prices["messages.get"];
  const formatOf = (id: string): "full" | "raw" => ((attachments || originals) && !chats.has(id) ? "raw" : "full");
  for (const { threadId, ids } of conversations) {
    const behind = attachments ? each * ids.filter((id) => attached.has(id)).length : 0;
    const units = prices["threads.get"] + behind;
    // What is read for its attachments alone has some: nothing is cheaper than its bytes.
    const mayBeWhole = !originals && text !== false;
    if (mayBeWhole && isCheaperWhole(ids.length, units, each, attachments))
      yield { method: "threads.get", threadId, ids, units };
    else for (const id of ids) yield { method: "messages.get", format: formatOf(id), id, units: each };
  }
}

/** What a plan comes to: how many calls of it, and their list price. */
type Cost = Readonly<{ calls: number; units: number }>;

export function costOf(calls: Iterable<Call>): Cost {
  let count = 0;
  let sum = 0;
  for (const { units } of calls) {
    count += 1;
    sum += units;
  }
  return { calls: count, units: sum };
}

/** At equal cost what is read `raw` brings no surprise: an attachment that was not foreseen. */
function isCheaperWhole(wanted: number, whole: number, each: number, isRaw: boolean): boolean {
  const apart = wanted * each;
  return wanted <= MAX_MESSAGES_PER_CALL && (whole < apart || (whole === apart && wanted > 1 && !isRaw));
}

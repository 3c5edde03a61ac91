import type { Conversation } from "../../../core/mail/ref.ts";
import type { Prices } from "../../../core/quota.ts";

/** One read from Gmail: a message, or a whole conversation of which `ids` are wanted. */
export type Call =
  | Readonly<{ method: "messages.get"; id: string }>
  | Readonly<{ method: "threads.get"; threadId: string; ids: readonly string[] }>;

/**
 * The most messages taken in one answer. threads.get cannot be paged: a whole conversation comes in one response, one per
 * call in flight, and memory must stay flat. Gmail itself breaks conversations at 100.
 */
export const MAX_MESSAGES_PER_CALL = 100;

/**
 * The cheapest calls that bring these refs, in their order: per conversation one threads.get or one messages.get each,
 * whichever costs fewer units; at equal cost the fewer calls. Lazy: one conversation is planned at a time.
 */
export function* plan(conversations: Iterable<Conversation>, prices: Prices): Generator<Call> {
  for (const { threadId, ids } of conversations) {
    if (isCheaperWhole(ids.length, prices)) yield { method: "threads.get", threadId, ids };
    else for (const id of ids) yield { method: "messages.get", id };
  }
}

/** What a plan comes to: how many calls of it, and their list price. */
type Cost = Readonly<{ calls: number; units: number }>;

export function costOf(calls: Iterable<Call>, prices: Prices): Cost {
  let count = 0;
  let units = 0;
  for (const { method } of calls) {
    count += 1;
    units += prices[method];
  }
  return { calls: count, units };
}

function isCheaperWhole(wanted: number, prices: Prices): boolean {
  const whole = prices["threads.get"];
  const each = wanted * prices["messages.get"];
  return wanted <= MAX_MESSAGES_PER_CALL && (whole < each || (whole === each && wanted > 1));
}

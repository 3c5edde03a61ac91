import type { Conversation } from "../../../core/mail/ref.ts";
import { TEXT_ALONE, type Want } from "../../../core/ports/mailbox-source.ts";
import type { Method, ReadFormat } from "../../../core/quota.ts";

/** Units that such a call is charged, by the list or really. */
export type Price = (method: Method, format?: ReadFormat) => number;

/**
 * One read from Gmail: a message, or a whole conversation of which `ids` are wanted. `behind` is how many answers have to be
 * asked for after it, as far as that is foreseen: attachments, each of one message.
 */
export type Call = Readonly<{ behind: number }> &
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
 * unless it is read `raw`, which brings everything at once, and alone brings originals. Lazy: one conversation is planned
 * at a time, at the prices of then.
 */
export function* plan(
  conversations: Iterable<Conversation>,
  price: Price,
  want: Want = TEXT_ALONE,
  hints: Hints = NO_HINTS,
): Generator<Call> {
  for (const { threadId, ids } of conversations) {
    const apart = ids.map((id) => planMessage(id, price, want, hints));
    const whole = planWhole(threadId, ids, want, hints);
    if (whole && isCheaperWhole(whole, apart, price, want)) yield whole;
    else yield* apart;
  }
}

/** The cheapest way to one message; at equal price the one that brings no surprise, such as an attachment that was not foreseen. */
function planMessage(
  id: string,
  price: Price,
  { attachments, originals, text }: Want,
  { attached, chats }: Hints,
): Call {
  const behind = attachments && attached.has(id) ? 1 : 0;
  const full = { method: "messages.get", format: "full", id, behind } as const;
  if (chats.has(id) || !(attachments || originals)) return full;
  const raw = { method: "messages.get", format: "raw", id, behind: 0 } as const;
  // What is read for its attachments alone has some: nothing is cheaper than its bytes.
  return originals || text === false || chargeOf(raw, price) <= chargeOf(full, price) ? raw : full;
}

function planWhole(
  threadId: string,
  ids: readonly string[],
  { attachments, originals, text }: Want,
  { attached }: Hints,
): Call | undefined {
  if (originals || text === false || ids.length > MAX_MESSAGES_PER_CALL) return undefined;
  const behind = attachments ? ids.filter((id) => attached.has(id)).length : 0;
  return { method: "threads.get", threadId, ids, behind };
}

/** At equal cost what is read `raw` brings no surprise. */
function isCheaperWhole(whole: Call, apart: readonly Call[], price: Price, { attachments }: Want): boolean {
  const charge = chargeOf(whole, price);
  const each = apart.reduce((sum, call) => sum + chargeOf(call, price), 0);
  return charge < each || (charge === each && apart.length > 1 && !attachments);
}

/** Units of a call with what has to be asked for behind it: the attachment by itself, or all of its message once more. */
export function chargeOf(call: Call, price: Price): number {
  const first = call.method === "threads.get" ? price(call.method) : price(call.method, call.format);
  return first + call.behind * Math.min(price("messages.attachments.get"), price("messages.get", "raw"));
}

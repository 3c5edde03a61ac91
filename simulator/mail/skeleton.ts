import { random } from "./random.ts";

/** Where a generated message stands: all that must be known before its content is asked for. */
export type Seeded = Readonly<{
  index: number;
  id: string;
  threadId: string;
  /** Epoch milliseconds. */
  internalDate: number;
  /** Indexes of the conversation's messages, oldest first; shared by all of them. */
  conversation: readonly number[];
}>;

/** The newest generated mail is older than this, whenever the simulator runs. */
const END = Date.UTC(2026, 9, 1);
const HOUR = 3_600_000;

export type Layout = Readonly<{ seed: number; email: string; messages: number; messagesPerThread: number }>;

/** Dates, ids and conversations of a mailbox, oldest message first. */
export function skeleton({ seed, email, messages, messagesPerThread }: Layout): Seeded[] {
  const draw = random(seed, email, "skeleton");
  const span = Math.min(messages * 3 * HOUR, 18 * 365 * 24 * HOUR) + 24 * HOUR;

  const dated: { date: number; thread: number }[] = [];
  for (let thread = 0; dated.length < messages; thread++) {
    const size = Math.min(threadSize(draw.next(), draw.next(), messagesPerThread), messages - dated.length);
    let date = END - Math.floor(draw.next() * span) - HOUR;
    for (let i = 0; i < size; i++) {
      dated.push({ date, thread });
      date = Math.min(date + 60_000 + Math.floor(-Math.log(1 - draw.next()) * 8 * HOUR), END - draw.int(HOUR));
    }
  }
  dated.sort((a, b) => a.date - b.date);

  const taken = new Set<string>();
  const threads = new Map<number, { id: string; conversation: number[] }>();
  return dated.map(({ date, thread }, index) => {
    const id = freshId(taken, idDate(date, draw.int(1_000), draw.next()), () => draw.int(2 ** 20));
    let at = threads.get(thread);
    if (at === undefined) {
      // Five of 651 observed conversations were not named after their first message.
      const threadId = draw.chance(1 / 100) ? freshId(taken, date, () => draw.int(2 ** 20)) : id;
      threads.set(thread, (at = { id: threadId, conversation: [] }));
    }
    at.conversation.push(index);
    return { index, id, threadId: at.id, internalDate: date, conversation: at.conversation };
  });
}

/** X-GM-MSGID in hex: milliseconds in the upper 44 bits, anything below. */
export function freshId(taken: Set<string>, epochMs: number, lowBits: () => number): string {
  for (;;) {
    const id = ((BigInt(epochMs) << 20n) | BigInt(lowBits())).toString(16).padStart(16, "0");
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}

/** Ids tell the date to about a second, except for the odd imported message whose date is older than its id. */
function idDate(internalDate: number, jitterMs: number, luck: number): number {
  if (luck < 0.005) return Math.min(internalDate + 400 * 24 * HOUR, END);
  return luck < 0.05 ? internalDate + jitterMs : internalDate;
}

/** Many of one message, some long: mean `mean`, with a tenth of the longer ones drawn from a much longer tail. */
function threadSize(luck: number, tail: number, mean: number): number {
  const singles = mean < 1.4 ? 2 - mean : 0.6;
  if (luck < singles || mean <= 1) return 1;
  const extra = (mean - singles) / (1 - singles) - 2;
  const scale = extra * ((luck - singles) / (1 - singles) < 0.1 ? 5.5 : 0.5);
  return 2 + Math.max(0, scale > 0 ? Math.floor(Math.log(1 - tail) / Math.log(scale / (1 + scale))) : 0);
}

import type { Kind } from "./bodies.ts";
import { writer, type Mail } from "./generate.ts";
import { openHistory, type Change, type HistoryRecord } from "./history.ts";
import { compose, type NewMessage } from "./new-message.ts";
import { openLabels } from "./own-labels.ts";
import { random } from "./random.ts";
import { freshId, skeleton, type Seeded } from "./skeleton.ts";

/** A message as the mailbox holds it; its content is written when asked for. */
export type Entry = {
  readonly id: string;
  readonly threadId: string;
  /** Epoch milliseconds. */
  readonly internalDate: number;
  labelIds: readonly string[];
  /** Of the last change to this message. */
  historyId: number;
  readonly origin: Origin;
};

type Origin = Readonly<{ at: Seeded; labelIds: readonly string[]; kind?: Kind }> | Mail;

export type Mailbox = ReturnType<typeof openMailbox>;

export type MailboxOptions = Readonly<{
  seed: number;
  email: string;
  messages: number;
  messagesPerThread: number;
  bodyBytes?: number;
  attachmentBytes?: number;
  clock: () => number;
}>;

/** Where a message lies; in the archive it has no label that says so. */
const PLACES = ["INBOX", "SPAM", "TRASH"] as const;
export type Place = (typeof PLACES)[number] | "ARCHIVE";

/** What the history is to tell although it never happened. */
export type ForgedHistory = Pick<HistoryRecord, "change" | "message"> & Partial<Pick<HistoryRecord, "labelIds">>;

/** Mailboxes begin so that comparing history ids as text soon goes wrong. */
const HISTORY_BEFORE_DIGITS_GROW = 9_999_900;

/** One account's mail: a seeded mailbox that can be changed, and remembers how it was. */
export function openMailbox(options: MailboxOptions) {
  const { seed, email, messages, messagesPerThread, bodyBytes, attachmentBytes, clock } = options;
  const pen = writer(seed, email, bodyBytes, attachmentBytes);
  const draw = random(seed, email, "mailbox");
  const entries = new Map<string, Entry>();
  const gone = new Map<string, Entry>();
  const threads = new Map<string, Entry[]>();
  const taken = new Set<string>();
  const newestFirst: Entry[] = [];
  const labels = openLabels(random(seed, email, "labels"));
  let next = messages;
  let additions = 0;
  let historyId = Math.max(1_000, HISTORY_BEFORE_DIGITS_GROW - 2 * messages);

  const tick = () => (historyId += 1 + draw.int(3));

  const file = (entry: Entry) => {
    entries.set(entry.id, entry);
    taken.add(entry.id).add(entry.threadId);
    const thread = threads.get(entry.threadId);
    if (thread === undefined) threads.set(entry.threadId, [entry]);
    else thread.splice(thread.findLastIndex((other) => !isNewer(other, entry)) + 1, 0, entry);
  };

  for (const at of skeleton({ seed, email, messages, messagesPerThread })) {
    const { id, threadId, internalDate, index } = at;
    const labelIds = pen.labelIds(index);
    const entry: Entry = { id, threadId, internalDate, labelIds, historyId: tick(), origin: { at, labelIds } };
    file(entry);
    newestFirst.push(entry);
  }
  newestFirst.sort((a, b) => (isNewer(a, b) ? -1 : 1));
  historyId = Math.max(historyId, HISTORY_BEFORE_DIGITS_GROW);
  const history = openHistory(historyId);

  const existing = (id: string): Entry => {
    const entry = entries.get(id);
    if (entry === undefined) throw new Error(`no message ${id} in the simulated mailbox`);
    return entry;
  };

  const record = (change: Change, entry: Entry, labelIds: readonly string[] = []) => {
    entry.historyId = tick();
    const message = { id: entry.id, threadId: entry.threadId, labelIds: entry.labelIds };
    history.push({ historyId: entry.historyId, change, message, labelIds });
  };

  const add = (message: NewMessage = {}): string => {
    const index = next++;
    const internalDate = message.internalDate ?? clock();
    const id = freshId(taken, internalDate, () => draw.int(2 ** 20));
    const threadId = message.threadId ?? id;
    const labelIds = message.labelIds ?? pen.labelIds(index, message.kind);
    const at: Seeded = { index, id, threadId, internalDate, conversation: [index] };
    const { kind } = message;
    const origin = compose({ ...message, internalDate }, email, id) ?? {
      at,
      labelIds,
      ...(kind === undefined ? {} : { kind }),
    };
    const entry: Entry = { id, threadId, internalDate, labelIds, historyId, origin };
    file(entry);
    newestFirst.splice(position(newestFirst, entry), 0, entry);
    additions++;
    record("messageAdded", entry);
    return id;
  };

  const remove = (id: string): void => {
    const entry = existing(id);
    entries.delete(id);
    gone.set(id, entry);
    newestFirst.splice(position(newestFirst, entry), 1);
    const rest = threads.get(entry.threadId)!.filter((other) => other !== entry);
    if (rest.length === 0) threads.delete(entry.threadId);
    else threads.set(entry.threadId, rest);
    record("messageDeleted", entry);
  };

  const setLabels = (id: string, labelIds: readonly string[]): void => {
    const entry = existing(id);
    const before = entry.labelIds;
    const added = labelIds.filter((label) => !before.includes(label));
    const removed = before.filter((label) => !labelIds.includes(label));
    if (added.length > 0) {
      entry.labelIds = [...before, ...added];
      record("labelAdded", entry, added);
    }
    if (removed.length > 0) {
      entry.labelIds = [...labelIds];
      record("labelRemoved", entry, removed);
    }
  };

  return {
    email,
    /** Live, newest first. */
    newestFirst: newestFirst as readonly Entry[],
    history,
    get historyId() {
      return historyId;
    },
    /** How many messages came since the mailbox was opened. */
    get additions() {
      return additions;
    },
    get threadsTotal() {
      return threads.size;
    },
    entry: (id: string) => entries.get(id),
    /** Removed messages too: their truth outlives them. */
    everHeld: (id: string) => entries.get(id) ?? gone.get(id),
    /** Oldest first; empty when there is no such conversation. */
    thread: (threadId: string): readonly Entry[] => threads.get(threadId) ?? [],
    mail: ({ origin }: Entry): Mail => ("at" in origin ? pen.write(origin.at, origin.labelIds, origin.kind) : origin),

    add,
    remove,
    setLabels,

    moveTo: (id: string, place: Place): void => {
      const rest = existing(id).labelIds.filter((label) => !PLACES.some((other) => other === label));
      setLabels(id, place === "ARCHIVE" ? rest : [...rest, place]);
    },

    editDraft: (id: string, message: NewMessage = {}): string => {
      const { threadId, labelIds } = existing(id);
      if (!labelIds.includes("DRAFT")) throw new Error(`message ${id} is no draft`);
      const edited = add({ threadId, labelIds, ...message });
      remove(id);
      return edited;
    },

    labels,
    removeLabel: (labelId: string, tellsHistory = false): void => {
      labels.remove(labelId);
      for (const entry of newestFirst) {
        if (!entry.labelIds.includes(labelId)) continue;
        entry.labelIds = entry.labelIds.filter((label) => label !== labelId);
        if (tellsHistory) record("labelRemoved", entry, [labelId]);
      }
    },

    forgeHistory: ({ labelIds = [], ...told }: ForgedHistory): void =>
      history.push({ historyId: tick(), ...told, labelIds }),

    /** What Google does after a week or so, even to the current id of a mailbox where nothing happens. */
    expireHistory: (upTo: "current" | "past" = "current"): void =>
      history.forgetBefore(upTo === "current" ? historyId + 1 : historyId),
  };
}

/** Where an entry is, or belongs, in a list that is newest first. */
export function position(newestFirst: readonly Entry[], entry: Pick<Entry, "internalDate" | "id">): number {
  let low = 0;
  let high = newestFirst.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isNewer(newestFirst[middle]!, entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isNewer(a: Pick<Entry, "internalDate" | "id">, b: Pick<Entry, "internalDate" | "id">): boolean {
  return a.internalDate > b.internalDate || (a.internalDate === b.internalDate && a.id > b.id);
}

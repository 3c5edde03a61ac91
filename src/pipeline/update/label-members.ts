import { ExportError, failureOf } from "../../core/errors.ts";
import { growing } from "../../core/export/growing.ts";
import { createNames } from "../../core/export/names.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { Change, Cursor, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { listAll } from "../list.ts";
import { createLabelSets } from "./label-sets.ts";

/**
 * Every message of a mailbox, spam and trash included, and its labels, as listings tell them: 5 units per 500 messages, and
 * per 500 members of each label, and not one message read. About 60 bytes a message.
 */
export type LabelMembers = Readonly<{
  /** Up to where the mailbox's history goes: all of this is true as of then. */
  cursor: Cursor;
  size: number;
  has(id: string): boolean;
  /** Those that were listed, in the order of the listing. What came after it is in `unsettled`. */
  refs(): Generator<Ref>;
  /**
   * The labels of a message that are not in `refused`, in the order in which they were asked about. Undefined where the
   * message is not there, or in `unsettled`.
   */
  labelIds(id: string): readonly string[] | undefined;
  /** Labels whose members are known: those that were asked about, without `refused`. */
  told: ReadonlySet<string>;
  /** Labels whose members Gmail did not tell, or not all of them: whoever was said to have one keeps it until it is read. */
  refused: ReadonlySet<string>;
  /** What changed while the listings went on and was not told clearly: these messages must be read, be they there or not. */
  unsettled: ReadonlySet<string>;
}>;

/** Listings that go on at once: one after the other, a page's way to Google and back would be waited for each time. */
const AT_ONCE = 4;

/** A mailbox whose history cannot tell what happened while it was listed is listed again. */
const ROUNDS = 5;

/**
 * Reads the members of these labels, which should be all that the mailbox has and all that the records name: they are asked
 * for when the cursor is known, since of a label that is made before it no history tells who got it. What changes meanwhile is
 * settled by the history. Throws what concerns the whole account, or where a listing of all mail breaks off;
 * `malformed_response` when the mailbox moves all the time and its history does not tell how. `report` gets the messages found.
 */
export async function readLabelMembers(
  source: MailboxSource,
  findLabels: () => Promise<Iterable<string>>,
  signal: AbortSignal,
  report: (listed: number) => void = () => {},
): Promise<LabelMembers> {
  let wasIncomplete = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { cursor, messagesTotal } = await source.profile(signal);
    const members = createMembers([...new Set(await findLabels())]);
    await listMembers(source, members, signal, report);
    if (members.size() === 0 && messagesTotal > 0) continue; // a listing of nothing
    const changes = await readChangesSince(cursor, source, signal);
    if (!changes) continue;
    const named = new Set(changes.told.map(({ ref }) => ref.id));
    const isIncomplete = members.unlisted().some((id) => !named.has(id));
    if (!isIncomplete || wasIncomplete) return members.settle(changes);
    wasIncomplete = true; // labels have messages that are not among all: it has left out others, too
  }
  throw new ExportError({
    code: "malformed_response",
    retry: "backoff",
    message: "The mailbox changed whenever it was listed, and Gmail did not tell how.",
    next: "Start the export again: it keeps everything it has.",
  });
}

/** Lists all mail, and then what has each label. A label that Gmail refuses, or lists in part, is told apart. */
async function listMembers(
  source: MailboxSource,
  members: Members,
  signal: AbortSignal,
  report: (listed: number) => void,
): Promise<void> {
  for await (const refs of listAll(source, { ...EVERYWHERE, labels: [] }, null, signal)) {
    members.add(refs);
    report(members.size());
  }
  const failed = new AbortController();
  const limit = AbortSignal.any([signal, failed.signal]);
  const left = members.labels.values();
  const listNext = async (): Promise<void> => {
    for (const label of left) {
      limit.throwIfAborted();
      try {
        for await (const refs of listLabel(label, source, limit)) members.add(refs, label);
      } catch (error) {
        await assertOfLabel(error, source, limit);
        members.refuse(label);
      }
    }
  };
  const all = Array.from({ length: AT_ONCE }, () =>
    listNext().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(all);
  await Promise.all(all);
}

const EVERYWHERE = { query: "", includeSpamTrash: true };

/** Who has a label, in pages. That nobody has it is believed when it was said twice: else they would all lose it. */
export async function* listLabel(
  label: string,
  source: MailboxSource,
  signal: AbortSignal,
): AsyncGenerator<readonly Ref[]> {
  let hasMembers = false;
  for (let round = 0; round < 2 && !hasMembers; round += 1)
    for await (const refs of listAll(source, { ...EVERYWHERE, labels: [label] }, null, signal)) {
      hasMembers ||= refs.length > 0;
      yield refs;
    }
}

/** Resolves when the failure is about the label alone: the account answers. Throws it otherwise. */
export async function assertOfLabel(error: unknown, source: MailboxSource, signal: AbortSignal): Promise<void> {
  const failure = failureOf(error);
  if (!failure || signal.aborted) throw error;
  const mayBeOfLabel = failure.retry === "backoff" ? failure.outage !== true : OF_LABEL.has(failure.code);
  if (!mayBeOfLabel) throw error;
  await source.profile(signal);
}

const OF_LABEL: ReadonlySet<string> = new Set([
  "bad_request",
  "forbidden",
  "not_found",
  "no_mailbox",
  "page_token_invalid",
]);

type Changes = Readonly<{ told: readonly Exclude<Change, { change: "cursor" }>[]; cursor: Cursor }>;

/** What happened since the listings began; undefined when that cannot be known, and something may have happened. */
async function readChangesSince(
  since: Cursor,
  source: MailboxSource,
  signal: AbortSignal,
): Promise<Changes | undefined> {
  const { cursor: now } = await source.profile(signal);
  // The history of a mailbox where nothing happens for long has expired, up to its very end.
  if (now.value === since.value && now.value !== "") return { told: [], cursor: since };
  const told: Changes["told"][number][] = [];
  let cursor = now;
  try {
    for await (const change of source.changes(since, signal)) {
      if (change.change === "cursor") cursor = change.cursor;
      else told.push(change);
    }
  } catch (error) {
    const failure = failureOf(error);
    if (!failure || signal.aborted) throw error;
    if (failure.retry === "backoff" ? failure.outage === true : !OF_LABEL.has(failure.code)) throw error;
    return undefined;
  }
  return { told, cursor };
}

type Members = ReturnType<typeof createMembers>;

function createMembers(labels: readonly string[]) {
  const names = createNames();
  const sets = createLabelSets();
  const refOf = growing(Int32Array, -1); // name → ref, for names that are message ids
  const nameOf = growing(Int32Array, -1); // ref → name of its id
  const threadOf = growing(Int32Array, -1); // ref → name of its thread
  const setOf = growing(Int32Array, 0); // ref → set of labels
  const numbers = new Map(labels.map((label, number) => [label, number]));
  const known = [...labels]; // and those that only the history names
  const refused = new Set<string>();
  const unlisted: string[] = []; // what only labels name
  let size = 0;

  const find = (id: string): number => {
    const name = names.find(id);
    return name === -1 ? -1 : refOf.at(name);
  };

  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? known.push(label) - 1;
    numbers.set(label, number);
    return number;
  };

  return {
    labels,
    size: () => size,
    unlisted: (): readonly string[] => unlisted,
    refuse: (label: string): void => void refused.add(label),

    /** These messages are there, and have the label where one is named. */
    add(refs: readonly Ref[], label?: string): void {
      for (const { id, threadId } of refs) {
        const name = names.intern(id);
        let ref = refOf.at(name);
        if (ref === -1) {
          ref = size;
          size += 1;
          refOf.set(name, ref);
          nameOf.set(ref, name);
          threadOf.set(ref, names.intern(threadId));
          if (label !== undefined) unlisted.push(id);
        }
        if (label !== undefined) setOf.set(ref, sets.with(setOf.at(ref), numberOf(label)));
      }
    },

    /** The same as of later. Labels that the history tells are a message's latest; whatever else happened to one is read. */
    settle({ told, cursor }: Changes): LabelMembers {
      const unsettled = new Set<string>();
      for (const { ref } of told.filter(({ change }) => change !== "labels")) unsettled.add(ref.id);
      const latest = new Map<string, readonly string[] | undefined>();
      for (const change of told) if (change.change === "labels") latest.set(change.ref.id, change.labelIds);
      for (const [id, labelIds] of latest) {
        const ref = find(id);
        if (labelIds === undefined || ref === -1) unsettled.add(id);
        else setOf.set(ref, sets.of(labelIds.map(numberOf)));
      }
      return {
        cursor,
        size,
        told: new Set(labels).difference(refused),
        refused,
        unsettled,
        has: (id) => find(id) !== -1,
        *refs() {
          for (let ref = 0; ref < size; ref += 1)
            yield { id: names.text(nameOf.at(ref)), threadId: names.text(threadOf.at(ref)) };
        },
        labelIds(id) {
          const ref = find(id);
          if (ref === -1 || unsettled.has(id)) return undefined;
          return sets
            .labels(setOf.at(ref))
            .map((number) => known[number]!)
            .filter((label) => !refused.has(label));
        },
      };
    },
  };
}

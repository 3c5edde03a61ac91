import type { ChangeEntry } from "../../core/export/change.ts";
import type { BatchEntry, FailedMessage, Manifest, Without } from "../../core/export/manifest.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { Storage } from "../../core/ports/storage.ts";
import type { Spent } from "../../core/quota.ts";
import { checkedLines, checkedValues, readCheckedLines, type CheckedEnd } from "../../formats/checked-lines.ts";
import { journalBegin, journalEntry, type JournalBegin, type JournalEntry } from "./journal-entries.ts";

/**
 * What an unfinished export knows besides its records: what was listed, and which messages have no record and why.
 * Gone when the export is finished: the manifest has it then.
 *
 * Holds always: what `append` resolved for is durable, and stays so until a whole journal that says it again takes its
 * place, or a manifest does.
 */
export const JOURNAL = ".journal";

/**
 * A batch that another file is to take the place of: that is written beside, from the file with this hash. `purpose` tells
 * what changes in it: what was begun for another is not gone on with.
 */
export type Rewriting = Readonly<{ file: string; sha256: string; purpose: string }>;

/** The files of a batch that are to have its names, all of them durable: those there now are as the hash `was` says, or these. */
export type Rewritten = Readonly<{ was: string; entry: BatchEntry }>;

/** What a journal was found to say, and how far it was whole. */
export type FoundJournal = CheckedEnd &
  Readonly<{
    begin: JournalBegin;
    listed: boolean;
    gone: ReadonlySet<string>;
    /** What was gone and was listed again since: what was known of it counts no more. */
    relisted: ReadonlySet<string>;
    /** See `Manifest.confirmedGone`; undefined where an earlier version began the journal. */
    confirmedGone: readonly string[] | undefined;
    failed: readonly FailedMessage[];
    without: Readonly<Record<"attachments" | "originals", readonly Without[]>>;
    /** See `Originals`. */
    earlier: readonly string[];
    /** The last that was begun and that did not come to its end. */
    rewriting: Rewriting | undefined;
    /** In the order in which they were. */
    rewritten: readonly Rewritten[];
    /** Label names: those that records were written with, and those that all records had last, where that is known. */
    names: readonly NamePairs[];
    labelNames: NamePairs | undefined;
    /** The number of the last batch of which it is told that its messages were added. */
    toldUpTo: number | undefined;
    spent: Spent | undefined;
    seconds: number;
    guessedCharsets: number;
  }>;

/** Of each label its id and its name. */
export type NamePairs = NonNullable<Manifest["labelNames"]>;

/**
 * Reads the journal up to its torn tail; undefined when there is none, or nothing whole in it. `onChanges` gets what changed
 * in Gmail, in the order in which it was noted, `onPruned` whose records were to be taken out.
 */
export async function readJournal(
  storage: Storage,
  onRef: (ref: Ref) => void,
  onChanges: (changes: readonly ChangeEntry[]) => void,
  onPruned: (ids: readonly string[]) => void,
): Promise<FoundJournal | undefined> {
  await using content = await storage.open(JOURNAL, "growing");
  if (!content) return undefined;
  let first: JournalBegin | undefined;
  let listed = false;
  const gone = new Set<string>();
  const relisted = new Set<string>();
  let confirmedGone: readonly string[] | undefined;
  let failed: FailedMessage[] = [];
  const without = { attachments: [] as Without[], originals: [] as Without[] };
  const earlier: string[] = [];
  let rewriting: Rewriting | undefined;
  const rewritten: Rewritten[] = [];
  let spent: Spent | undefined;
  const names: NamePairs[] = [];
  let labelNames: NamePairs | undefined;
  let toldUpTo: number | undefined;
  let seconds = 0;
  let guessedCharsets = 0;
  const end = await readCheckedLines(content.read(), (line) => {
    if (first === undefined) {
      const parsed = journalBegin.safeParse(line);
      first = parsed.data;
      return parsed.success;
    }
    const { success, data: value } = journalEntry.safeParse(line);
    if (!success) return false;
    if ("changes" in value && value.changes) onChanges(value.changes);
    if ("refs" in value)
      for (const [id, threadId] of value.refs) {
        if (gone.delete(id)) {
          relisted.add(id);
          failed = failed.filter((one) => one.id !== id);
        }
        onRef({ id, threadId });
      }
    else if ("listed" in value) listed = true;
    else if ("gone" in value) for (const id of value.gone) gone.add(id);
    else if ("confirmedGone" in value) ({ confirmedGone } = value);
    else if ("failed" in value) failed.push(...value.failed);
    else if ("without" in value) {
      without.attachments.push(...(value.without.attachments ?? []));
      without.originals.push(...(value.without.originals ?? []));
    } else if ("earlier" in value) earlier.push(...value.earlier);
    else if ("rewriting" in value) ({ rewriting } = value);
    else if ("rewritten" in value) {
      rewritten.push(value.rewritten);
      rewriting = undefined;
    } else if ("pruned" in value) onPruned(value.pruned);
    else if ("names" in value) names.push(value.names);
    else if ("labelNames" in value) ({ labelNames } = value);
    else if ("changes" in value) toldUpTo = value.toldUpTo ?? toldUpTo;
    else ({ spent, seconds, guessedCharsets } = value);
    return true;
  });
  if (!first) return undefined;
  const found = { gone, relisted, confirmedGone, failed, without, earlier, rewriting, rewritten };
  return { begin: first, listed, ...found, spent, seconds, guessedCharsets, names, labelNames, toldUpTo, ...end };
}

/** The changes that a journal tells of, in order, without keeping all of them in memory. */
export async function* changesInJournal(storage: Storage): AsyncGenerator<ChangeEntry> {
  await using content = await storage.open(JOURNAL, "growing");
  if (!content) return;
  for await (const { value } of checkedValues(content.read())) {
    const { data } = journalEntry.safeParse(value);
    if (data && "changes" in data) yield* data.changes ?? [];
  }
}

/** Whose export a journal is of, without reading all of it; undefined when there is none, or nothing whole in it. */
export async function readJournalBegin(storage: Storage): Promise<JournalBegin | undefined> {
  await using content = await storage.open(JOURNAL, "growing");
  if (!content) return undefined;
  let first: JournalBegin | undefined;
  await readCheckedLines(content.read(), (line) => {
    if (first === undefined) first = journalBegin.safeParse(line).data;
    return false; // one is enough
  });
  return first;
}

/** A journal being written. */
export type Journal = AsyncDisposable &
  Readonly<{
    /** Appends entries and makes them durable. */
    append(entries: readonly JournalEntry[]): Promise<void>;
  }>;

/** Begins a journal anew with these entries; the one before is there until all of them are durable. */
export async function beginJournal(
  storage: Storage,
  first: JournalBegin,
  entries: readonly JournalEntry[],
): Promise<Journal> {
  const { bytes, checksum } = checkedLines([first, ...entries]);
  return appendingTo(await storage.grow(JOURNAL, 0, bytes), checksum);
}

/** Goes on behind what was found whole. */
export async function continueJournal(storage: Storage, found: CheckedEnd): Promise<Journal> {
  return appendingTo(await storage.grow(JOURNAL, found.bytes), found.checksum);
}

function appendingTo(file: Awaited<ReturnType<Storage["grow"]>>, before: number): Journal {
  let checksum = before;
  return {
    async append(entries) {
      const lines = checkedLines(entries, checksum);
      checksum = lines.checksum;
      await file.append(lines.bytes);
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

import { FORMATS, type DerivedFormat } from "../../core/export/format.ts";
import type { BatchEntry } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { batchName, batchNumber, recordsInPart } from "../../formats/batch.ts";
import type { Attachments } from "./attachments.ts";
import { derivedNames, hasDerivedFiles, withDerivedFiles } from "./derived-files.ts";
import { createEncoder } from "./encode-lines.ts";
import { growBatch, type GrowingBatch, type RecordLine, type UnfinishedBatch } from "./growing-batch.ts";
import type { KnownBatches } from "./known-batches.ts";
import { mboxName } from "./mbox-file.ts";
import { originalsIn, type Originals } from "./originals.ts";
import type { RecordFiles } from "./record-files.ts";
import type { RewrittenBatch } from "./rewriting/rewrite-batch.ts";

/** What stood in a directory's batches when it was opened. */
export type FoundBatches = Readonly<{
  entries: readonly BatchEntry[];
  /** Names of those that count no more, for no record is left of them. Their files may be there. */
  dropped: readonly string[];
  /** In the finished ones. */
  replacementCharacters: number;
  unfinished: UnfinishedBatch | undefined;
  /** What stands of one that another file is to take the place of. */
  rewriting: UnfinishedBatch | undefined;
  known: KnownBatches;
}>;

/**
 * The batches of a directory, one of which grows.
 *
 * Holds always: a record that `append` resolved for is durable in exactly one batch; the entry of a finished batch is
 * the hash of the very bytes that were written or read back, and its file has its name, durably. Numbers only rise: no
 * file is written over, but by one that was rewritten as a whole (rewriting/). The number of a batch that was dropped is
 * not used again before all of its files are gone and nothing speaks of them.
 */
export type Batches = AsyncDisposable &
  Readonly<{
    entries: readonly BatchEntry[];
    /** Whether there is no record, in no batch. */
    isEmpty(): boolean;
    /** The records of the batch that grows, also of one that an earlier run left, as they stand there. */
    readGrowing(): AsyncIterable<Buffer>;
    /** In the finished batches. */
    replacementCharacters(): number;
    /** What the records point at of the batch that grows, also of one that an earlier run left. */
    growingFiles(): readonly RecordFiles[];
    /** Appends records and makes them durable; a batch that is full is finished. */
    append(records: readonly RecordLine[]): Promise<void>;
    /** Finishes the batch that grows, also one that an earlier run left. */
    finish(): Promise<void>;
    /** Makes the derived files that finished batches lack; `beforeChange` is called before the first, if there is one. */
    deriveMissing(beforeChange: () => Promise<void>): Promise<void>;
    /** The finished batches in which one of these messages may be. */
    findHolding(isOne: (id: string) => boolean): Promise<ReadonlySet<string>>;
    /** Other files have taken the place of a finished batch's. */
    replace(rewritten: RewrittenBatch): Promise<void>;
    /** A finished batch counts no more; `before` is what it was. Its files stay. */
    drop(file: string, before: RewrittenBatch["before"]): Promise<void>;
    /** Removes the files of batches that were dropped, in this run or before: to be called when no manifest names them. */
    removeDropped(): Promise<void>;
  }>;

/** What is made of the records of each finished batch, and the account it is of. */
export type Derived = Readonly<{ formats: readonly DerivedFormat[]; email: string }>;

/** `onFinished` is called behind each batch that was finished. `attachments` and `originals` are left out where none are kept. */
export function createBatches(
  storage: Storage,
  found: FoundBatches,
  batchSize: number,
  derived: Derived,
  onFinished: () => Promise<void>,
  attachments?: Attachments,
  originals?: Originals,
): Batches {
  const entries = [...found.entries];
  const dropped = new Set(found.dropped);
  let replacementCharacters = found.replacementCharacters;
  let unfinished = found.unfinished; // until it is opened
  const numbers = [...entries.map(({ file }) => file), ...dropped].map((file) => batchNumber(file)?.number ?? 0);
  let last = Math.max(0, ...numbers);
  let growing: GrowingBatch | undefined;
  const hasMbox = originals?.formats.includes("mbox") === true;
  const encode = createEncoder();

  const open = async (): Promise<GrowingBatch> => {
    if (!growing) {
      const number = unfinished?.number ?? last + 1;
      growing = await growBatch(storage, number, unfinished, hasMbox ? originals.open : undefined);
      last = Math.max(last, number);
      unfinished = undefined;
    }
    return growing;
  };

  /** What the records of a batch point at, remembered with it, and counted, in place of what others did. */
  const settle = async (
    entry: BatchEntry,
    { refs, files, replacementCharacters: its }: GrowingBatch,
    stamp: string,
    before?: readonly RecordFiles[],
  ): Promise<void> => {
    const stored = await attachments?.of(files);
    const theirs = originals && originalsIn(files);
    await found.known.remember({
      entry,
      stamp,
      replacementCharacters: its,
      refs,
      ...(stored && { attachments: stored }),
      ...(theirs && { originals: theirs }),
    });
    if (stored) attachments?.count(entry.file, stored, before && (await attachments.of(before)));
    if (theirs) originals?.count(entry.file, theirs, before && originalsIn(before));
  };

  const finish = async (): Promise<void> => {
    if (!growing) return;
    const { entry: sealed, stamp } = await growing.seal();
    const entry = await withDerivedFiles(storage, sealed, derived.formats, derived.email);
    entries.push(entry);
    replacementCharacters += growing.replacementCharacters;
    await growing[Symbol.asyncDispose]();
    const finished = growing;
    growing = undefined;
    await settle(entry, finished, stamp);
    await onFinished();
  };

  return {
    entries,
    isEmpty: () => entries.length === 0 && !growing && !unfinished?.found.count,
    async *readGrowing() {
      const number = growing ? last : unfinished?.number;
      await using content = number === undefined ? undefined : await storage.open(batchName(number), "growing");
      if (content) for await (const { text } of recordsInPart(content.read(), 0)) yield Buffer.from(text);
    },
    replacementCharacters: () => replacementCharacters,
    growingFiles: () => growing?.files ?? unfinished?.files ?? [],
    async append(records) {
      for (let done = 0; done < records.length;) {
        const batch = await open();
        const next = records.slice(done, done + Math.max(0, batchSize - batch.refs.length)); // none, when a larger batch was left
        if (next.length > 0) {
          await batch.append(next, encode);
          if (hasMbox) await originals.release(next.map(({ files }) => files));
        }
        done += next.length;
        if (batch.refs.length >= batchSize) await finish();
      }
    },
    async finish() {
      if (unfinished && unfinished.found.count > 0) await open();
      else if (unfinished) {
        await storage.remove(batchName(unfinished.number), "growing");
        if (originals) await storage.remove(mboxName(unfinished.number), "growing");
      }
      unfinished = undefined;
      await finish();
    },
    async deriveMissing(beforeChange) {
      let hasChanged = false;
      for (const [index, entry] of entries.entries()) {
        if (await hasDerivedFiles(storage, entry, derived.formats)) continue;
        if (!hasChanged) await beforeChange();
        hasChanged = true;
        entries[index] = await withDerivedFiles(storage, entry, derived.formats, derived.email);
      }
    },
    async findHolding(isOne) {
      const holding = new Set(entries.map(({ file }) => file));
      const known = new Set<string>();
      for await (const { file, ids } of found.known.ids()) {
        if (ids.some(isOne)) known.delete(file);
        else known.add(file);
      }
      return holding.difference(known);
    },
    async replace({ entry: published, stamp, batch, before }) {
      const entry = await withDerivedFiles(storage, published, derived.formats, derived.email);
      entries[entries.findIndex(({ file }) => file === entry.file)] = entry;
      replacementCharacters += batch.replacementCharacters - before.replacementCharacters;
      await settle(entry, batch, stamp, before.files);
    },
    async drop(file, before) {
      entries.splice(
        entries.findIndex((one) => one.file === file),
        1,
      );
      dropped.add(file);
      replacementCharacters -= before.replacementCharacters;
      attachments?.count(file, { pointers: [], unstored: [] }, await attachments.of(before.files));
      originals?.count(file, { written: [], without: [] }, originalsIn(before.files));
    },
    async removeDropped() {
      for (const file of dropped) {
        const mbox = mboxName(batchNumber(file)?.number ?? 0);
        for (const one of [...derivedNames(file, FORMATS), mbox, file]) {
          await storage.remove(one, "growing");
          await storage.remove(one);
        }
      }
      dropped.clear();
    },
    async [Symbol.asyncDispose]() {
      await growing?.[Symbol.asyncDispose]();
      await found.known[Symbol.asyncDispose]();
    },
  };
}

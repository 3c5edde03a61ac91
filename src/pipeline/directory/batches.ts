import { createHash } from "node:crypto";

import type { DerivedFormat } from "../../core/export/format.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { BatchEntry } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { countReplacementCharacters } from "../../core/mail/replacement-characters.ts";
import { BATCH_END, batchLine, batchName, batchNumber, type FoundPart } from "../../formats/batch.ts";
import type { Attachments } from "./attachments.ts";
import { hasDerivedFiles, withDerivedFiles } from "./derived-files.ts";
import { growMbox, mboxName } from "./mbox-file.ts";
import { originalsIn, type Originals } from "./originals.ts";
import type { RecordFiles } from "./record-files.ts";
import type { KnownBatches } from "./known-batches.ts";

/** A batch that an earlier run left unfinished. */
export type UnfinishedBatch = Readonly<{
  number: number;
  found: FoundPart;
  replacementCharacters: number;
  refs: readonly Ref[];
  files: readonly RecordFiles[];
}>;

/** What stood in a directory's batches when it was opened. */
export type FoundBatches = Readonly<{
  entries: readonly BatchEntry[];
  /** In the finished ones. */
  replacementCharacters: number;
  unfinished: UnfinishedBatch | undefined;
  known: KnownBatches;
}>;

/** A record as it stands in a batch: in pieces, made when they are written. */
export type RecordLine = Ref & Readonly<{ line: Iterable<string>; files: RecordFiles }>;

/**
 * The batches of a directory, one of which grows.
 *
 * Holds always: a record that `append` resolved for is durable in exactly one batch; the entry of a finished batch is
 * the hash of the very bytes that were written or read back, and its file has its name, durably. Numbers only rise: no
 * file is ever written over.
 */
export type Batches = AsyncDisposable &
  Readonly<{
    entries: readonly BatchEntry[];
    /** In the finished batches. */
    replacementCharacters(): number;
    /** Appends records and makes them durable; a batch that is full is finished. */
    append(records: readonly RecordLine[]): Promise<void>;
    /** Finishes the batch that grows, also one that an earlier run left. */
    finish(): Promise<void>;
    /** Makes the derived files that finished batches lack; `beforeChange` is called before the first, if there is one. */
    deriveMissing(beforeChange: () => Promise<void>): Promise<void>;
  }>;

/** For what is usually appended at once, and the most that is, if not for a piece that is larger. */
const ROOM_BYTES = 1 << 20;
const MOST_ROOM_BYTES = 8 << 20;

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
  let replacementCharacters = found.replacementCharacters;
  let unfinished = found.unfinished; // until it is opened
  let last = entries.reduce((highest, { file }) => Math.max(highest, batchNumber(file)?.number ?? 0), 0);
  let growing: GrowingBatch | undefined;

  // One buffer for all that is written: large ones made anew live on until the next full garbage collection.
  let room = Buffer.allocUnsafe(ROOM_BYTES);
  const encode = function* (texts: Iterable<string>): Generator<Buffer> {
    let end = 0;
    for (const text of texts) {
      const size = Buffer.byteLength(text);
      if (end > 0 && end + size > MOST_ROOM_BYTES) {
        yield room.subarray(0, end);
        end = 0;
      }
      if (end + size > room.length) {
        const larger = Buffer.allocUnsafe(Math.max(end + size, Math.min(2 * room.length, MOST_ROOM_BYTES)));
        room.copy(larger, 0, 0, end);
        room = larger;
      }
      end += room.write(text, end);
    }
    if (end > 0) yield room.subarray(0, end);
  };

  const open = async (): Promise<GrowingBatch> => {
    if (!growing) {
      const number = unfinished?.number ?? last + 1;
      growing = await growBatch(storage, number, unfinished, originals);
      last = Math.max(last, number);
      unfinished = undefined;
    }
    return growing;
  };

  const finish = async (): Promise<void> => {
    if (!growing) return;
    const { entry: sealed, stamp } = await growing.seal();
    const entry = await withDerivedFiles(storage, sealed, derived.formats, derived.email);
    entries.push(entry);
    replacementCharacters += growing.replacementCharacters;
    await growing[Symbol.asyncDispose]();
    const { replacementCharacters: its, refs, files } = growing;
    growing = undefined;
    const pointers = await attachments?.pointersOf(files.flatMap(({ hashes }) => hashes));
    const theirs = originals && originalsIn(files);
    await found.known.remember({
      entry,
      stamp,
      replacementCharacters: its,
      refs,
      ...(pointers && { pointers }),
      ...(theirs && { originals: theirs }),
    });
    attachments?.count(pointers ?? []);
    if (theirs) originals?.count(theirs);
    await onFinished();
  };

  return {
    entries,
    replacementCharacters: () => replacementCharacters,
    async append(records) {
      for (let done = 0; done < records.length;) {
        const batch = await open();
        const next = records.slice(done, done + Math.max(0, batchSize - batch.refs.length)); // none, when a larger batch was left
        if (next.length > 0) await batch.append(next, encode);
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
    async [Symbol.asyncDispose]() {
      await growing?.[Symbol.asyncDispose]();
      await found.known[Symbol.asyncDispose]();
    },
  };
}

type GrowingBatch = AsyncDisposable &
  Readonly<{
    refs: readonly Ref[];
    files: readonly RecordFiles[];
    readonly replacementCharacters: number;
    append(records: readonly RecordLine[], encode: (texts: Iterable<string>) => Iterable<Buffer>): Promise<void>;
    seal(): Promise<{ entry: BatchEntry; stamp: string }>;
  }>;

/** Begins batch `number`, or goes on behind what was found of it. */
async function growBatch(
  storage: Storage,
  number: number,
  before: UnfinishedBatch | undefined,
  originals: Originals | undefined,
): Promise<GrowingBatch> {
  const name = batchName(number);
  const hash = before?.found.hash ?? createHash("sha256");
  const refs = [...(before?.refs ?? [])];
  const files = [...(before?.files ?? [])];
  let replacementCharacters = before?.replacementCharacters ?? 0;
  let bytes = before?.found.bytes ?? 0;
  const mbox = originals?.formats.includes("mbox") ? await growMbox(storage, number, files, originals.open) : undefined;
  const file = await storage.grow(name, bytes).catch(async (error: unknown) => {
    await mbox?.[Symbol.asyncDispose]();
    throw error;
  });
  return {
    refs,
    files,
    get replacementCharacters() {
      return replacementCharacters;
    },
    async append(records, encode) {
      const texts = function* (): Generator<string> {
        for (const [index, { line }] of records.entries()) {
          yield batchLine("", refs.length + index);
          for (const piece of line) {
            yield piece;
            replacementCharacters += countReplacementCharacters(piece);
          }
        }
      };
      const theirs = records.map((record) => record.files);
      await mbox?.append(theirs); // content first
      for (const chunk of encode(texts())) {
        await file.append(chunk);
        hash.update(chunk);
        bytes += chunk.length;
      }
      for (const { id, threadId, files: its } of records) {
        refs.push({ id, threadId });
        files.push(its);
      }
      if (mbox) await originals?.release(theirs);
    },
    async seal() {
      const end = Buffer.from(BATCH_END);
      const { stamp } = await file.seal(end);
      const sha256 = hash.update(end).digest("hex");
      const entry = { file: name, count: refs.length, bytes: bytes + end.length, sha256 };
      return { entry: mbox ? { ...entry, files: [await mbox.seal()] } : entry, stamp };
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await mbox?.[Symbol.asyncDispose]();
    },
  };
}

import { refuse } from "../../core/errors.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { BatchEntry, Manifest } from "../../core/export/manifest.ts";
import type { Storage, StoredEntry } from "../../core/ports/storage.ts";
import { countReplacementCharacters } from "../../core/mail/replacement-characters.ts";
import { batchName, batchNumber, idOf, isRecord, recoverPart, scanRecords } from "../../formats/batch.ts";
import type { Attachments } from "./attachments.ts";
import { finishedMbox } from "./mbox-file.ts";
import { originalsIn, type Originals } from "./originals.ts";
import { filesInLine, type RecordFiles } from "./record-files.ts";
import type { FoundBatches, UnfinishedBatch } from "./batches.ts";
import { openKnownBatches, type KnownBatch, type KnownBatches } from "./known-batches.ts";

/** What is kept beside the records; left out where none is. */
type KeptFiles = Readonly<{ attachments?: Attachments | undefined; originals?: Originals | undefined }>;

/**
 * The finished batches that are there, each held against the manifest, and what was written behind them. A batch that
 * was removed is no fault: its messages are fetched again. One that was changed is: going on would call it exported.
 */
export async function findBatches(
  storage: Storage,
  manifest: Manifest | undefined,
  hasJournal: boolean,
  onExported: (ref: Ref) => void,
  signal: AbortSignal,
  { attachments, originals }: KeptFiles = {},
): Promise<FoundBatches> {
  const known = await openKnownBatches(storage);
  try {
    return await findKnowing(known, storage, manifest, hasJournal, onExported, signal, { attachments, originals });
  } catch (error) {
    await known[Symbol.asyncDispose]();
    throw error;
  }
}

async function findKnowing(
  known: KnownBatches,
  storage: Storage,
  manifest: Manifest | undefined,
  hasJournal: boolean,
  onExported: (ref: Ref) => void,
  signal: AbortSignal,
  { attachments, originals }: KeptFiles,
): Promise<FoundBatches> {
  const expected = new Map(manifest?.batches.map((entry) => [entry.file, entry]));
  const files = (await storage.list()) ?? [];
  const finished = files
    .flatMap((file) => {
      const number = batchNumber(file.name)?.number;
      return number === undefined ? [] : [{ ...file, number }];
    })
    .toSorted((a, b) => a.number - b.number);

  const found: FoundBatches["entries"][number][] = [];
  let replacementCharacters = 0;
  for (const file of finished.filter(({ growing }) => !growing)) {
    const its = expected.get(file.name);
    // Without an entry it can only be the batch that was finished right before a crash.
    if (!its && !hasJournal) throw foreignBatch(storage.place, file.name);
    assertRegularFile(storage.place, file);
    signal.throwIfAborted();
    const remembered = await known.find(file);
    const suffices =
      remembered &&
      (remembered.pointers !== undefined || !attachments) &&
      (remembered.originals !== undefined || !originals);
    const batch = suffices
      ? remembered
      : await read(storage, file, its !== undefined, known, { attachments, originals });
    if (!batch || (its && its.sha256 !== batch.entry.sha256)) throw changedBatch(storage.place, file.name);
    for (const ref of batch.refs) onExported(ref);
    replacementCharacters += batch.replacementCharacters;
    attachments?.count(batch.pointers ?? []);
    if (batch.originals) originals?.count(batch.originals);
    found.push(await withFiles(storage, files, batch.entry, its, originals));
  }
  const promised = [...expected.keys()].map((name) => batchNumber(name)?.number ?? 0);
  const last = Math.max(0, ...promised, ...finished.map(({ growing, number }) => (growing ? 0 : number)));
  const part = finished.find(({ growing, number }) => growing && number > last);
  const pointsBeside = attachments !== undefined || originals !== undefined;
  const unfinished = part && (await readUnfinished(storage, part, part.number, pointsBeside));
  for (const ref of unfinished?.refs ?? []) onExported(ref);
  return { entries: found, replacementCharacters, unfinished, known };
}

/** The entry of a finished batch with the files beside it: the mbox, which a run that broke off may not have finished. */
async function withFiles(
  storage: Storage,
  there: readonly StoredEntry[],
  { files: known, ...entry }: BatchEntry,
  promised: BatchEntry | undefined,
  originals: Originals | undefined,
): Promise<BatchEntry> {
  const named = promised?.files ?? known ?? [];
  const files = named.filter(({ format }) => format !== "mbox"); // what is missing of those is made again
  if (originals?.formats.includes("mbox")) {
    const mbox = named.find(({ format }) => format === "mbox");
    if (
      promised &&
      mbox &&
      !there.some(({ name, growing, bytes }) => name === mbox.file && !growing && bytes === mbox.bytes)
    )
      throw changedBatch(storage.place, mbox.file);
    files.unshift(mbox ?? (await finishedMbox(storage, batchNumber(entry.file)!.number)));
  }
  return files.length > 0 ? { ...entry, files } : entry;
}

/** Reads a batch as a whole, and remembers it. Undefined when it is not laid out as it was written and no manifest knows it so. */
async function read(
  storage: Storage,
  file: StoredEntry,
  isPromised: boolean,
  known: KnownBatches,
  { attachments, originals }: KeptFiles,
): Promise<KnownBatch | undefined> {
  await using content = await storage.open(file.name);
  if (!content) return undefined;
  let sound = true; // as far as that shows without a hash
  let replacementCharacters = 0;
  const refs: Ref[] = [];
  const files: RecordFiles[] = [];
  const { whole, ...entry } = await scanRecords(content.read(), (line) => {
    const record = line.toString();
    if (attachments || originals) files.push(filesInLine(line));
    sound &&= isPromised || isRecord(record);
    replacementCharacters += countReplacementCharacters(record);
    const ref = idOf(record);
    if (ref) refs.push(ref);
  });
  if (!isPromised && !(whole && sound)) return undefined;
  const pointers = await attachments?.pointersOf(files.flatMap(({ hashes }) => hashes));
  const batch = {
    entry: { file: file.name, ...entry },
    stamp: content.stamp,
    replacementCharacters,
    refs,
    ...(pointers && { pointers }),
    ...(originals && { originals: originalsIn(files) }),
  };
  if (refs.length === entry.count) await known.remember(batch);
  return batch;
}

/** What stands of the batch that was being written. */
async function readUnfinished(
  storage: Storage,
  file: StoredEntry,
  number: number,
  pointsBeside: boolean,
): Promise<UnfinishedBatch | undefined> {
  assertRegularFile(storage.place, file);
  await using content = await storage.open(batchName(number), "growing");
  if (!content) return undefined;
  let replacementCharacters = 0;
  const refs: Ref[] = [];
  const files: RecordFiles[] = [];
  const found = await recoverPart(content.read(), (record) => {
    if (pointsBeside) files.push(filesInLine(Buffer.from(record)));
    replacementCharacters += countReplacementCharacters(record);
    const ref = idOf(record);
    if (ref) refs.push(ref);
  });
  return { number, found, replacementCharacters, refs, files };
}

function assertRegularFile(place: string, { name, odd }: StoredEntry): void {
  if (odd !== undefined)
    throw refuse(
      "directory_damaged",
      `${name} in ${place} is ${odd}, not a file that gmail-export made.`,
      "Move it away and start the same export again: its messages are fetched again.",
    );
}

function foreignBatch(place: string, file: string): Error {
  return refuse(
    "directory_foreign",
    `${place} holds ${file}, which no manifest describes.`,
    "Choose an empty output directory; nothing here was touched.",
  );
}

function changedBatch(place: string, file: string): Error {
  return refuse(
    "directory_damaged",
    `${file} in ${place} is not what was written.`,
    "Move that file away and start the same export again: its messages are fetched again.",
  );
}

import { refuse } from "../../core/errors.ts";
import type { BatchEntry, BatchFile, Manifest } from "../../core/export/manifest.ts";
import type { Ref } from "../../core/mail/ref.ts";
import { countReplacementCharacters } from "../../core/mail/replacement-characters.ts";
import type { Storage, StoredEntry } from "../../core/ports/storage.ts";
import { batchName, batchNumber, idOf, isRecord, recoverPart, scanRecords } from "../../formats/batch.ts";
import type { Attachments } from "./attachments.ts";
import type { FoundBatches } from "./batches.ts";
import { changedBatch } from "./finished-records.ts";
import type { UnfinishedBatch } from "./growing-batch.ts";
import type { FoundJournal } from "./journal.ts";
import { openKnownBatches, type KnownBatch, type KnownBatches } from "./known-batches.ts";
import { finishedMbox } from "./mbox-file.ts";
import { originalsIn, type Originals } from "./originals.ts";
import { filesInLine, type RecordFiles } from "./record-files.ts";

type JournalOfBatches = Pick<FoundJournal, "rewriting" | "rewritten">;

/** What is kept beside the records; left out where none is. */
type KeptFiles = Readonly<{ attachments?: Attachments | undefined; originals?: Originals | undefined }>;

/**
 * The finished batches that are there, each held against the manifest, and what was written behind them. A batch that
 * was removed is no fault: its messages are fetched again. One that was changed is: going on would call it exported.
 */
export async function findBatches(
  storage: Storage,
  manifest: Manifest | undefined,
  journal: JournalOfBatches | undefined,
  onExported: (ref: Ref) => void,
  signal: AbortSignal,
  { attachments, originals }: KeptFiles = {},
): Promise<FoundBatches> {
  const known = await openKnownBatches(storage);
  try {
    return await findKnowing(known, storage, manifest, journal, onExported, signal, { attachments, originals });
  } catch (error) {
    await known[Symbol.asyncDispose]();
    throw error;
  }
}

async function findKnowing(
  known: KnownBatches,
  storage: Storage,
  manifest: Manifest | undefined,
  journal: JournalOfBatches | undefined,
  onExported: (ref: Ref) => void,
  signal: AbortSignal,
  { attachments, originals }: KeptFiles,
): Promise<FoundBatches> {
  const expected = new Map(manifest?.batches.map((entry) => [entry.file, entry]));
  const rewritten = Map.groupBy(journal?.rewritten ?? [], ({ entry }) => entry.file);
  const files = (await storage.list()) ?? [];
  const finished = files
    .flatMap((file) => {
      const number = batchNumber(file.name)?.number;
      return number === undefined ? [] : [{ ...file, number }];
    })
    .toSorted((a, b) => a.number - b.number);

  const dropped = [...rewritten].flatMap(([file, rewrites]) => (rewrites.at(-1)?.entry.count === 0 ? [file] : []));
  const found: FoundBatches["entries"][number][] = [];
  let replacementCharacters = 0;
  for (const file of finished.filter(({ growing, name }) => !growing && !dropped.includes(name))) {
    const promised = expected.get(file.name);
    const rewrites = rewritten.get(file.name)?.map(({ entry }) => entry) ?? [];
    // Without an entry it can only be the batch that was finished right before a crash.
    if (!promised && !journal) throw foreignBatch(storage.place, file.name);
    assertRegularFile(storage.place, file);
    signal.throwIfAborted();
    const remembered = await known.find(file);
    const suffices =
      remembered &&
      (remembered.attachments !== undefined || !attachments) &&
      (remembered.originals !== undefined || !originals);
    const batch = suffices
      ? remembered
      : await read(storage, file, promised !== undefined, known, { attachments, originals });
    const its = [promised, ...rewrites].findLast((entry) => entry?.sha256 === batch?.entry.sha256);
    if (!batch || (promised && !its)) throw changedBatch(storage.place, file.name);
    for (const ref of batch.refs) onExported(ref);
    replacementCharacters += batch.replacementCharacters;
    if (batch.attachments) attachments?.count(file.name, batch.attachments);
    if (batch.originals) originals?.count(file.name, batch.originals);
    found.push(withFiles(storage.place, files, batch.entry, its));
  }
  const promised = [...expected.keys(), ...dropped].map((name) => batchNumber(name)?.number ?? 0);
  const last = Math.max(0, ...promised, ...finished.map(({ growing, number }) => (growing ? 0 : number)));
  const part = finished.find(({ growing, number }) => growing && number > last);
  const pointsBeside = attachments !== undefined || originals !== undefined;
  const unfinished = part && (await readUnfinished(storage, part, part.number, pointsBeside));
  /** What stands of the batch that was being rewritten, where it is still made of what is there. */
  const findRewriting = async (): Promise<UnfinishedBatch | undefined> => {
    const { rewriting } = journal ?? {};
    const entry = found.find(({ file, sha256 }) => file === rewriting?.file && sha256 === rewriting.sha256);
    const begun = entry && finished.find(({ growing, name }) => growing && name === entry.file);
    return begun && (await readUnfinished(storage, begun, begun.number, pointsBeside));
  };
  for (const ref of unfinished?.refs ?? []) onExported(ref);
  return { entries: found, dropped, replacementCharacters, unfinished, rewriting: await findRewriting(), known };
}

/** The entry of a finished batch with the files that belong to it. What is missing of those that are made of records is made again. */
function withFiles(
  place: string,
  there: readonly StoredEntry[],
  { files: remembered, ...entry }: BatchEntry,
  promised: BatchEntry | undefined,
): BatchEntry {
  const mbox = promised?.files?.find(({ format }) => format === "mbox");
  if (mbox && !there.some((one) => one.name === mbox.file && !one.growing && one.bytes === mbox.bytes))
    throw changedBatch(place, mbox.file);
  const files = promised?.files ?? remembered ?? [];
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
  const stored = await attachments?.of(files);
  // A run may have broken off right before it gave the mbox its name.
  let mbox: BatchFile | undefined;
  if (!isPromised && originals?.formats.includes("mbox"))
    mbox = await finishedMbox(storage, batchNumber(file.name)!.number, files);
  const batch = {
    entry: { file: file.name, ...entry, ...(mbox && { files: [mbox] }) },
    stamp: content.stamp,
    replacementCharacters,
    refs,
    ...(stored && { attachments: stored }),
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

import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { sameAccount } from "../../core/account.ts";
import type { OpenDirectory, Purpose } from "../../core/directory.ts";
import { refuse } from "../../core/errors.ts";
import { createLedger } from "../../core/ledger.ts";
import { sameFilter, type BatchEntry, type Manifest } from "../../core/manifest.ts";
import type { Clock, Lock } from "../../core/ports.ts";
import { NOTHING_SPENT } from "../../core/quota.ts";
import { countReplacementCharacters } from "../../core/text.ts";
import { batchName, batchNumber, idOf, isRecord, recoverPart, scanBatch, type FoundPart } from "./batch-file.ts";
import { holdDirectory, type Found } from "./directory.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import { readJournal, type FoundJournal } from "./journal.ts";
import { readManifest } from "./manifest-file.ts";

const LOCK = ".lock";

/** Looking whether a directory is free takes its lock for an instant: that long nobody is told that it is busy. */
const GLANCE_MS = 200;

/** Opens export directories on this machine's file system, one writer each, across processes too. */
export function openDirectoryWith(lock: Lock, clock: Clock, tool: string): OpenDirectory {
  return (path, purpose, spent, signal) =>
    onDisk(path, async () => {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const hold = await lock(join(path, LOCK), GLANCE_MS);
      if (!hold) throw busy(path);
      try {
        return holdDirectory(hold, path, purpose, await find(path, purpose, signal), { clock, tool, spent });
      } catch (error) {
        await hold[Symbol.asyncDispose]();
        throw error;
      }
    });
}

/** Throws `directory_busy` while some process, this one or another, writes to the directory. */
export async function mustBeFree(lock: Lock, path: string): Promise<void> {
  const file = join(path, LOCK);
  if ((await unlessMissing(stat(file))) === undefined) return;
  await using hold = await onDisk(path, () => lock(file, 0));
  if (!hold) throw busy(path);
}

/** Reads all that is durable in a directory. */
async function find(path: string, purpose: Purpose, signal: AbortSignal): Promise<Found> {
  const manifest = await readManifest(path);
  if (manifest) mustBelong(path, manifest, purpose);

  let ledger = createLedger();
  const journal = await readJournal(path, (ref) => ledger.add(ref));
  if (journal) mustBelong(path, journal.begin, purpose);
  const goesOn = journal !== undefined && journal.listed && journal.begin.maxEmails === purpose.maxEmails;
  if (!goesOn) ledger = createLedger();

  const isKnown = (id: string): boolean => !journal?.relisted.has(id);
  const failedBefore = (manifest?.failed ?? []).filter(({ id }) => isKnown(id));
  const failures = new Map([...failedBefore, ...(journal?.failed ?? [])].map((one) => [one.id, one]));
  // It is tried again also when it is no longer listed: then it turns out to be gone.
  for (const id of failures.keys()) ledger.recover({ id, threadId: id }, "failed");
  const gone = [...(manifest?.gone ?? []).filter(isKnown), ...(journal?.gone ?? [])];
  for (const id of gone) ledger.recover({ id, threadId: id }, "gone");

  let replacementCharacters = 0;
  const onRecord = (record: string): void => {
    replacementCharacters += countReplacementCharacters(record);
    const ids = idOf(record);
    if (ids) ledger.recover(ids, "exported");
  };
  const { batches, last } = await findBatches(path, manifest, journal, onRecord, signal);
  const inBatches = replacementCharacters;
  const growing = await findPart(path, last, onRecord);
  const part = growing && { ...growing, replacementCharacters: replacementCharacters - inBatches };
  const failed = [...failures.values()].filter(({ id }) => ledger.outcome(id) === "failed"); // not exported or gone since

  return {
    ledger,
    journal: goesOn ? journal : undefined,
    batches,
    part,
    replacementCharacters: inBatches,
    historyId: (goesOn ? journal.begin.historyId : manifest?.historyId) ?? "",
    spent: journal?.spent ?? manifest?.quota ?? NOTHING_SPENT,
    seconds: journal?.spent ? journal.seconds : (manifest?.duration_seconds ?? 0),
    failed,
  };
}

/**
 * The finished batches on the disk, each held against the manifest, and the last number that was given. A batch that was
 * removed is no fault: its messages are fetched again. One that was changed is: going on would call it exported.
 */
async function findBatches(
  path: string,
  manifest: Manifest | undefined,
  journal: FoundJournal | undefined,
  onRecord: (record: string) => void,
  signal: AbortSignal,
): Promise<{ batches: BatchEntry[]; last: number }> {
  const known = new Map(manifest?.batches.map((entry) => [entry.file, entry]));
  const numbers = (await numbersIn(path)).filter((name) => !name.part).map((name) => name.number);
  numbers.sort((a, b) => a - b);

  const batches: BatchEntry[] = [];
  for (const number of numbers) {
    const file = batchName(number);
    const expected = known.get(file);
    // Without an entry it can only be the batch that was finished right before a crash.
    if (!expected && !journal) throw foreignBatch(path, file);
    signal.throwIfAborted();
    let sound = true; // as far as that shows without a hash
    const { whole, ...entry } = await scanBatch(join(path, file), file, (record) => {
      sound &&= expected !== undefined || isRecord(record);
      onRecord(record);
    });
    if (expected ? expected.sha256 !== entry.sha256 : !(whole && sound)) throw changedBatch(path, file);
    batches.push(entry);
  }
  const promised = [...known.keys()].map((name) => batchNumber(name)?.number ?? 0);
  return { batches, last: Math.max(0, ...numbers, ...promised) };
}

/** What stands of the batch that was being written, behind the finished ones. */
async function findPart(
  path: string,
  last: number,
  onRecord: (record: string) => void,
): Promise<{ number: number; found: FoundPart } | undefined> {
  const part = (await numbersIn(path)).find((name) => name.part && name.number > last);
  if (!part) return undefined;
  return { number: part.number, found: await recoverPart(join(path, `${batchName(part.number)}.part`), onRecord) };
}

async function numbersIn(path: string): Promise<{ number: number; part: boolean }[]> {
  return (await readdir(path)).map(batchNumber).filter((name) => name !== undefined);
}

function mustBelong(path: string, found: Pick<Manifest, "email" | "filter">, purpose: Purpose): void {
  if (!sameAccount(found.email, purpose.email))
    throw refuse(
      "directory_foreign",
      `${path} holds the export of another account.`,
      "Choose another output directory for this account.",
    );
  if (!sameFilter(found.filter, purpose.filter))
    throw refuse(
      "directory_foreign",
      `${path} holds an export with another filter (query, labels, or spam and trash).`,
      "Choose another output directory for this filter, or ask for the same filter as before.",
    );
}

function busy(path: string): Error {
  return refuse(
    "directory_busy",
    `Another export is writing to ${path}.`,
    "Wait until it has ended, or choose another output directory.",
  );
}

function foreignBatch(path: string, file: string): Error {
  return refuse(
    "directory_foreign",
    `${path} holds ${file}, which no manifest describes.`,
    "Choose an empty output directory; nothing here was touched.",
  );
}

function changedBatch(path: string, file: string): Error {
  return refuse(
    "directory_damaged",
    `${file} in ${path} is not what was written.`,
    "Move that file away and start the same export again: its messages are fetched again.",
  );
}

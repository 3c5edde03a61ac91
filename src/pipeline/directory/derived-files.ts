import { DERIVED_FORMATS, type DerivedFormat, type Format } from "../../core/export/format.ts";
import type { BatchEntry, BatchFile } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { batchNumber } from "../../formats/batch.ts";
import { ndjson } from "../../formats/ndjson.ts";
import { parquet } from "../../formats/parquet.ts";
import { finishedRecords } from "./finished-records.ts";

/** The formats among these that are made of records alone. */
export function derivedAmong(formats: readonly Format[]): readonly DerivedFormat[] {
  return DERIVED_FORMATS.filter((one) => formats.includes(one));
}

function derivedName(batch: number, format: DerivedFormat): string {
  return `emails_batch_${batch}.${format === "ndjson" ? "ndjson.gz" : format}`;
}

/** The files of these formats that are made of a batch. */
export function derivedNames(batch: string, formats: readonly Format[] = []): readonly string[] {
  return derivedAmong(formats).map((format) => derivedName(batchNumber(batch)?.number ?? 0, format));
}

/**
 * The entry of a finished batch with the files of these formats, each made where the entry does not name it, or where it
 * is not there in that size; `email` is whose export it is. Made of the batch as it lies there, and put in place as a
 * whole: making one again makes the same. Memory is that of 8 MiB of records, or of the largest of them.
 * Throws `directory_damaged` where the batch is not what its entry says.
 */
export async function withDerivedFiles(
  storage: Storage,
  entry: BatchEntry,
  formats: readonly DerivedFormat[],
  email: string,
): Promise<BatchEntry> {
  if (formats.length === 0) return entry;
  const files: BatchFile[] = [...(entry.files ?? [])];
  for (const format of formats) {
    const at = files.findIndex((one) => one.format === format);
    if (at !== -1 && (await isThere(storage, files[at]!))) continue;
    files.splice(at === -1 ? files.length : at, at === -1 ? 0 : 1, await deriveFile(storage, entry, format, email));
  }
  return { ...entry, files: files.toSorted((a, b) => ORDER.indexOf(a.format) - ORDER.indexOf(b.format)) };
}

/** Whether the entry of a batch names a file of each of these formats, and they are there in the size that it says. */
export async function hasDerivedFiles(
  storage: Storage,
  { files = [] }: BatchEntry,
  formats: readonly DerivedFormat[],
): Promise<boolean> {
  for (const format of formats) {
    const file = files.find((one) => one.format === format);
    if (!file || !(await isThere(storage, file))) return false;
  }
  return true;
}

const ORDER: readonly BatchFile["format"][] = ["mbox", ...DERIVED_FORMATS];

async function isThere(storage: Storage, { file, bytes }: BatchFile): Promise<boolean> {
  await using content = await storage.open(file);
  return content?.bytes === bytes;
}

/** Makes one file of a finished batch. */
async function deriveFile(
  storage: Storage,
  entry: BatchEntry,
  format: DerivedFormat,
  email: string,
): Promise<BatchFile> {
  const batch = batchNumber(entry.file)?.number ?? 0;
  const records = finishedRecords(storage, entry);
  const chunks = format === "ndjson" ? ndjson({ email, batch, version: 1 }, records) : parquet(records);
  const { name: file, bytes, sha256 } = await storage.put(derivedName(batch, format), chunks);
  return { format, file, bytes, sha256 };
}

import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import { countReplacementCharacters } from "../../../core/mail/replacement-characters.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { scanRecords } from "../../../formats/batch.ts";
import { lineWith, withoutBody } from "../../../formats/record-line.ts";
import { changedBatch } from "../finished-records.ts";
import type { RecordLine } from "../growing-batch.ts";
import { filesOf, type RecordFiles } from "../record-files.ts";
import type { OldMbox } from "./old-mbox.ts";
import type { Before } from "./rewrite-batch.ts";

/** A record as it stands in a batch: its line, and what it says beside the text of its Body. `place` counts from 0. */
export type OldRecord = Readonly<{ line: Buffer; record: ExportRecord; files: RecordFiles; place: number }>;

/** The record as it was. */
export function unchanged({ line, record, files }: OldRecord): RecordLine {
  return { id: files.id, threadId: record["Thread-ID"], line: [line], files };
}

/** The record with these values in the place of its own, or behind them. */
export function withValues({ line, record, files }: OldRecord, values: Partial<ExportRecord>): RecordLine {
  const its = filesOf({ ...record, ...values });
  return { id: files.id, threadId: record["Thread-ID"], line: lineWith(line, values), files: its };
}

/**
 * Goes through the records of a finished batch that is being written anew; each is known to `oldMbox` when it is told.
 * Resolves with what they were. Throws `directory_damaged` behind the last where the batch is not what its entry says.
 */
export async function readOldRecords(
  storage: Storage,
  entry: BatchEntry,
  oldMbox: OldMbox | undefined,
  onRecord: (old: OldRecord) => Promise<void> | void,
): Promise<Before> {
  const files: RecordFiles[] = [];
  let replacementCharacters = 0;
  await using content = await storage.open(entry.file);
  if (!content) throw changedBatch(storage.place, entry.file);
  const found = await scanRecords(content.read(), async (line) => {
    const record: ExportRecord = JSON.parse(withoutBody(line) ?? line.toString());
    const its = filesOf(record);
    files.push(its);
    replacementCharacters += countReplacementCharacters(line.toString());
    if (its.original) oldMbox?.add(its.id);
    await onRecord({ line, record, files: its, place: files.length - 1 });
  });
  if (found.sha256 !== entry.sha256) throw changedBatch(storage.place, entry.file);
  return { files, replacementCharacters };
}

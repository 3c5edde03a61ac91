import type { ChangeEntry } from "../../../core/export/change.ts";
import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import type { RecordLine } from "../growing-batch.ts";
import type { JournalEntry } from "../journal-entries.ts";
import type { Originals } from "../originals.ts";
import type { RecordFiles } from "../record-files.ts";
import { openOldMbox } from "./old-mbox.ts";
import { readOldRecords, type OldRecord } from "./old-records.ts";
import { rewriteBatch, type RewrittenBatch } from "./rewrite-batch.ts";

/** What is appended together at most. */
const MOST_BYTES = 4 << 20;

type Ports = Readonly<{
  storage: Storage;
  originals: Originals | undefined;
  note(entries: readonly JournalEntry[]): Promise<void>;
}>;

/**
 * Writes a batch anew from its records as `renew` gives them, without those for which it gives none; its mbox too, where it
 * has one. `changes` are noted together with the intent to put the new files in the place of the old: both count, or neither.
 */
export async function rewriteRecords(
  { storage, originals, note }: Ports,
  entry: BatchEntry,
  purpose: string,
  renew: (old: OldRecord) => RecordLine | undefined,
  changes: readonly ChangeEntry[] = [],
): Promise<RewrittenBatch> {
  await using stack = new AsyncDisposableStack();
  const oldMbox = await openOldMbox(storage, entry);
  if (oldMbox) stack.use(oldMbox);
  const openOriginal = async (its: RecordFiles) => (await originals?.find(its)) ?? oldMbox!.open(its);
  const rewrite = stack.use(
    await rewriteBatch(storage, entry, { begun: undefined, purpose, openOriginal: oldMbox && openOriginal, note }),
  );
  let lines: RecordLine[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    await rewrite.append(lines);
    [lines, bytes] = [[], 0];
  };
  const before = await readOldRecords(storage, entry, oldMbox, async (old) => {
    const renewed = renew(old);
    if (!renewed) return;
    lines.push(renewed);
    bytes += old.line.length;
    if (bytes >= MOST_BYTES) await flush();
  });
  await flush();
  return await rewrite.finish(before, changes);
}

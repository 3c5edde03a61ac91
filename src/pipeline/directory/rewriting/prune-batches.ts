import type { Pruned } from "../../../core/export/job.ts";
import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { idOf } from "../../../formats/batch.ts";
import type { Attachments } from "../attachments.ts";
import type { Batches } from "../batches.ts";
import { finishedRecords } from "../finished-records.ts";
import type { JournalEntry } from "../journal-entries.ts";
import type { Mutex } from "../mutex.ts";
import type { Originals } from "../originals.ts";
import { readOldRecords, unchanged, type OldRecord } from "./old-records.ts";
import { rewriteRecords } from "./rewrite-records.ts";

type Ports = Readonly<{
  storage: Storage;
  batches: Batches;
  attachments: Attachments | undefined;
  originals: Originals | undefined;
  /** Everything that writes is done in turn. */
  mutex: Mutex;
  /** Appends to the journal, with what was spent so far. */
  note(entries: readonly JournalEntry[]): Promise<void>;
  beforeChange(): Promise<void>;
  afterBatch(): Promise<void>;
}>;

export type PruneBatches = (
  isWanted: (id: string) => boolean,
  onPruned: (ids: readonly string[]) => void,
  signal: AbortSignal,
) => Promise<Pruned>;

/**
 * Takes the records of some messages out of the finished batches, batch by batch; one of which none are left counts no more.
 *
 * Holds always: whose records are to go is in the journal before a batch is written without them; no file that a manifest
 * or a record speaks of is removed here. What nobody needs any more is removed when the export is finished.
 */
export function createPruneBatches(ports: Ports): PruneBatches {
  const { storage, batches, attachments, originals, mutex, note } = ports;

  const idsIn = async (entry: BatchEntry, isWanted: (id: string) => boolean): Promise<string[]> => {
    const ids: string[] = [];
    for await (const line of finishedRecords(storage, entry)) {
      const { id } = idOf(line.toString()) ?? {};
      if (id !== undefined && isWanted(id)) ids.push(id);
    }
    return ids;
  };

  /** The batch without these: under its name, or dropped where none are left. */
  const pruneBatch = async (entry: BatchEntry, ids: ReadonlySet<string>): Promise<void> => {
    if (ids.size < entry.count) {
      const renew = (old: OldRecord) => (ids.has(old.files.id) ? undefined : unchanged(old));
      await batches.replace(await rewriteRecords(ports, entry, "prune", renew));
      return;
    }
    const before = await readOldRecords(storage, entry, undefined, () => {});
    await note([{ rewritten: { was: entry.sha256, entry: { ...entry, count: 0, bytes: 0, sha256: "" } } }]);
    await batches.drop(entry.file, before);
  };

  /** Files and bytes that the directory holds for its records. */
  const measure = (): Readonly<{ files: number; bytes: number }> => {
    const all = batches.entries.flatMap((entry) => [entry, ...(entry.files ?? [])]);
    const stored = attachments?.totals();
    const written = originals?.formats.includes("eml") ? originals.totals() : undefined;
    return {
      files: all.length + (stored?.blobs ?? 0) + (written?.count ?? 0),
      bytes: all.reduce((sum, one) => sum + one.bytes, 0) + (stored?.blobBytes ?? 0) + (written?.bytes ?? 0),
    };
  };

  return async (isWanted, onPruned, signal) => {
    const before = measure();
    let messages = 0;
    const holding = await batches.findHolding(isWanted);
    for (const entry of batches.entries.filter(({ file }) => holding.has(file))) {
      signal.throwIfAborted();
      const ids = await idsIn(entry, isWanted);
      if (ids.length === 0) continue;
      await mutex.run(async () => {
        await ports.beforeChange();
        await note([{ pruned: ids }]);
        await pruneBatch(entry, new Set(ids));
        onPruned(ids);
        await ports.afterBatch();
      });
      messages += ids.length;
    }
    const after = measure();
    return { messages, files: before.files - after.files, bytes: Math.max(0, before.bytes - after.bytes) };
  };
}

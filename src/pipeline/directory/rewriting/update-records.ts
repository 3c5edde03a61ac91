import type { ChangeEntry } from "../../../core/export/change.ts";
import type { BatchEntry } from "../../../core/export/manifest.ts";
import type { ExportRecord } from "../../../core/mail/record.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Standings } from "../../../core/ports/export-directory.ts";
import type { Storage } from "../../../core/ports/storage.ts";
import { batchNumber } from "../../../formats/batch.ts";
import { withoutBody } from "../../../formats/record-line.ts";
import type { Batches } from "../batches.ts";
import { finishedRecords } from "../finished-records.ts";
import { pairsOf, type Followed } from "../followed.ts";
import type { RecordLine } from "../growing-batch.ts";
import type { JournalEntry } from "../journal-entries.ts";
import type { Mutex } from "../mutex.ts";
import type { Originals } from "../originals.ts";
import { namesOneOf } from "./find-carriers.ts";
import { unchanged, withValues, type OldRecord } from "./old-records.ts";
import { rewriteRecords } from "./rewrite-records.ts";

export type UpdatePorts = Readonly<{
  storage: Storage;
  clock: Clock;
  batches: Batches;
  originals: Originals | undefined;
  followed: Followed;
  /** Everything that writes is done in turn. */
  mutex: Mutex;
  /** Appends to the journal, with what was spent so far. */
  note(entries: readonly JournalEntry[]): Promise<void>;
  beforeChange(): Promise<void>;
  afterBatch(): Promise<void>;
}>;

/** Labels of a record, and their names. */
type Labelling = Pick<ExportRecord, "Labels" | "Label-Names">;

export type UpdateRecords = (standings: Standings, signal: AbortSignal) => Promise<void>;

/**
 * Brings the records of finished batches to what is known of their messages, batch by batch, and notes what changed.
 *
 * Holds always: that a message has other labels is noted with the intent to put the batch that says so in its place; so a
 * run that breaks off has told of exactly those changes that are in the records. That labels have other names is noted
 * when all records follow them: until then every run looks through all of them.
 */
export function createUpdateRecords(ports: UpdatePorts): UpdateRecords {
  const { storage, batches, followed, mutex, note } = ports;

  const tell = async (changes: readonly ChangeEntry[]): Promise<void> => {
    if (changes.length === 0) return;
    await ports.beforeChange();
    await note([{ changes }]);
  };

  const isTold = ({ file }: BatchEntry): boolean => (batchNumber(file)?.number ?? 0) <= (followed.toldUpTo ?? 0);

  /** Resolves with what is to be told of the batch behind that its messages were added. */
  const updateBatch = async (entry: BatchEntry, standings: Standings, at: string): Promise<readonly ChangeEntry[]> => {
    const { labellings, relabelled, other } = await findChanges(entry, standings, at);
    if (labellings.size > 0) {
      await ports.beforeChange();
      const relabel = (old: OldRecord): RecordLine => {
        const labelling = labellings.get(old.files.id);
        return labelling ? withValues(old, labelling) : unchanged(old);
      };
      await batches.replace(await rewriteRecords(ports, entry, `labels ${at}`, relabel, relabelled));
      await ports.afterBatch();
    }
    if (!isTold(entry)) return other;
    await tell(other);
    return [];
  };

  /** What changes in a batch: labels of records, and what is to be told of that and of messages that are deleted or back. */
  const findChanges = async (entry: BatchEntry, standings: Standings, at: string) => {
    const { find, cursor: historyId, withdrawn } = standings;
    const labellings = new Map<string, Labelling>();
    const relabelled: ChangeEntry[] = [];
    const other: ChangeEntry[] = [];
    for await (const { "Message-ID": id, Labels: before, "Label-Names": namesBefore } of recordsIn(storage, entry)) {
      const standing = find(id);
      const isDeleted = followed.seen.deleted.has(id);
      if (standing && "deleted" in standing) {
        if (!isDeleted) other.push({ at, id, change: "deleted", labels: before, historyId });
        continue;
      }
      if (isDeleted && !standing) continue; // it stays as it was
      const isLeft = (label: string): boolean => withdrawn.get(label)?.has(id) !== false;
      const now = standing?.labels ?? before.filter(isLeft);
      const labels = isSameSet(now, before) ? before : now;
      const names = labels.map((label) => followed.names.get(label) ?? label);
      if (isDeleted) other.push({ at, id, change: "added", labels, historyId });
      else if (labels !== before && isTold(entry))
        relabelled.push({ at, id, change: "labels", labels, labelsBefore: before, historyId });
      if (labels !== before || names.some((name, n) => name !== namesBefore[n]))
        labellings.set(id, { Labels: labels, "Label-Names": names });
    }
    return { labellings, relabelled, other };
  };

  /** The messages of batches that are new since the export was finished the last time were added. */
  const tellAdditions = async (at: string, historyId: string, signal: AbortSignal): Promise<void> => {
    if (followed.toldUpTo === undefined) return;
    for (const entry of batches.entries) {
      if (isTold(entry)) continue;
      signal.throwIfAborted();
      await mutex.run(async () => {
        const changes: ChangeEntry[] = [];
        for await (const { "Message-ID": id, Labels: labels } of recordsIn(storage, entry))
          if (!followed.seen.deleted.has(id)) changes.push({ at, id, change: "added", labels, historyId });
        await ports.beforeChange();
        const toldUpTo = batchNumber(entry.file)?.number ?? 0;
        await note([{ changes, toldUpTo }]);
        followed.settleTold(toldUpTo);
      });
    }
  };

  return async (standings, signal) => {
    const at = new Date(ports.clock.now()).toISOString();
    const renamed = followed.findRenamed();
    const isKnown = (id: string): boolean => standings.find(id) !== undefined;
    const holding = renamed && (await batches.findHolding(standings.size > 0 ? isKnown : () => false));
    const later: ChangeEntry[] = [];
    for (const entry of batches.entries) {
      signal.throwIfAborted();
      const mayChange = !holding || holding.has(entry.file) || (await namesOneOf(storage, entry, renamed ?? new Set()));
      if (mayChange) await mutex.run(async () => later.push(...(await updateBatch(entry, standings, at))));
    }
    await tellAdditions(at, standings.cursor, signal);
    await mutex.run(async () => {
      await tell(later);
      const changes = followed.changedNames(at);
      if (changes.length > 0) {
        await ports.beforeChange();
        await note([{ labelNames: [...pairsOf(followed.names)], changes }]);
      }
      followed.settleNames();
    });
  };
}

async function* recordsIn(storage: Storage, entry: BatchEntry): AsyncGenerator<ExportRecord> {
  for await (const line of finishedRecords(storage, entry)) yield JSON.parse(withoutBody(line) ?? line.toString());
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).symmetricDifference(new Set(b)).size === 0;
}

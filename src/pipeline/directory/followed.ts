import type { ChangeEntry } from "../../core/export/change.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { LabelNames } from "../../core/ports/mailbox-source.ts";
import { batchNumber } from "../../formats/batch.ts";
import type { ChangesSeen } from "./changes-seen.ts";
import type { JournalBegin, JournalEntry } from "./journal-entries.ts";
import type { FoundJournal, NamePairs } from "./journal.ts";

/** What an export knows of labels, deletions and what was told of them, when it is opened. */
export type FoundFollowed = Readonly<{
  /** See `Followed`. */
  since: string | undefined;
  /** Names that all records have, where that is known. */
  labelNames: LabelNames | undefined;
  /** Names that some records may have been written with since. */
  written: readonly LabelNames[];
  /** Whether these are all: not where an earlier version wrote records. */
  isNamed: boolean;
  /** What there was of changes.ndjson when it was finished the last time. */
  changes: Manifest["changes"];
  /** Batches up to this number need not be told of; undefined in a first run, of which no addition is told. */
  toldUpTo: number | undefined;
  seen: ChangesSeen;
  /** When an earlier version finished it, which wrote no change down, and its cursor then. */
  finishedBefore: Readonly<{ at: string; historyId: string }> | undefined;
  checkedAt: string | undefined;
  unprovenLabels: readonly string[];
}>;

/** `isOfOne` tells whether all records are of messages that the journal listed. */
export function findFollowed(
  manifest: Manifest | undefined,
  journal: FoundJournal | undefined,
  seen: ChangesSeen,
  isOfOne: boolean,
): FoundFollowed {
  const begun = journal?.begin.followed;
  const isFinished = manifest !== undefined && journal === undefined;
  const ofEarlierVersion = isOfOne ? journal?.begin.historyId : undefined;
  return {
    since: begun ? begun.since : journal ? ofEarlierVersion : manifest?.labelNames && manifest.historyId,
    labelNames: mapOf(journal ? journal.labelNames : manifest?.labelNames),
    written: (journal?.names ?? []).map((pairs) => new Map(pairs)),
    isNamed: journal ? begun !== undefined && !begun.unnamed : !manifest || manifest.labelNames !== undefined,
    changes: journal ? begun?.changes : manifest?.changes,
    toldUpTo: findToldUpTo(manifest, journal),
    seen,
    finishedBefore: isFinished
      ? { at: manifest.export_date, historyId: manifest.historyId }
      : journal?.begin.followed?.finishedBefore,
    checkedAt: manifest?.checkedAt,
    unprovenLabels: manifest?.unprovenLabels ?? [],
  };
}

/** A manifest that is finished has told of all its batches, also where a kill left the journal of its run behind. */
function findToldUpTo(manifest: Manifest | undefined, journal: FoundJournal | undefined): number | undefined {
  const last = manifest?.batches.reduce((most, { file }) => Math.max(most, batchNumber(file)?.number ?? 0), 0);
  if (!journal) return last;
  const told = journal.toldUpTo ?? journal.begin.followed?.toldUpTo;
  return manifest?.labelNames ? Math.max(last ?? 0, told ?? 0) : told;
}

/**
 * What a directory knows of labels and deletions while it is open.
 *
 * Holds always: a label whose name some record may have in another spelling than that of now is among `findRenamed`; a
 * change that was noted is told in changes.ndjson once, and it is noted together with what it changes.
 */
export type Followed = Readonly<{
  /** The place in the history from which on changes of labels and deletions are not in the records yet; undefined: not known. */
  readonly since: string | undefined;
  /** What a journal begins with, and notes behind its beginning. */
  begin(): NonNullable<JournalBegin["followed"]>;
  entries(): JournalEntry[];
  /** Nothing was here before this cursor. */
  beginAt(cursor: string): void;
  /** Records are written with these names from now on; false where the journal knows that already. */
  useNames(names: LabelNames): boolean;
  readonly names: LabelNames;
  /** Labels that the mailbox had before this was opened. */
  knownLabels: ReadonlySet<string>;
  /** Labels whose names records may have otherwise; undefined where those of no record are known. */
  findRenamed(): ReadonlySet<string> | undefined;
  /** All records follow the names of now; resolves with the lines that tell which have changed. */
  changedNames(at: string): ChangeEntry[];
  settleNames(): void;
  readonly toldUpTo: number | undefined;
  settleTold(batch: number): void;
  /** The first line of all, where it was never written. */
  begunLine(at: string, historyId: string): ChangeEntry[];
  readonly changes: Manifest["changes"];
  readonly seen: ChangesSeen;
}>;

export function createFollowed(found: FoundFollowed): Followed {
  let { since, labelNames, toldUpTo } = found;
  const written = [...found.written];
  let { isNamed } = found;
  let names: LabelNames = written.at(-1) ?? labelNames ?? new Map();
  let isNoted = written.length > 0;
  return {
    get since() {
      return since;
    },
    begin: () => ({
      ...(since !== undefined && { since }),
      ...(toldUpTo !== undefined && { toldUpTo }),
      ...(found.changes && { changes: found.changes }),
      ...(found.finishedBefore && { finishedBefore: found.finishedBefore }),
      ...(!isNamed && { unnamed: true as const }),
    }),
    entries: () => [
      ...(labelNames ? [{ labelNames: pairsOf(labelNames) }] : []),
      ...written.map((one) => ({ names: pairsOf(one) })),
    ],
    beginAt(cursor) {
      since = cursor;
    },
    useNames(now) {
      if (isNoted && sameNames(now, names)) return false;
      names = now;
      isNoted = true;
      written.push(now);
      return true;
    },
    get names() {
      return names;
    },
    knownLabels: [found.labelNames ?? new Map(), ...found.written].reduce<ReadonlySet<string>>(
      (known, one) => known.union(new Set(one.keys())),
      new Set(),
    ),
    findRenamed() {
      if (!isNamed) return undefined;
      const renamed = new Set<string>();
      for (const others of labelNames ? [labelNames, ...written] : written)
        for (const id of [...others.keys(), ...names.keys()]) if (others.get(id) !== names.get(id)) renamed.add(id);
      return renamed;
    },
    changedNames(at) {
      if (!labelNames) return [];
      const ids = [...new Set([...labelNames.keys(), ...names.keys()])].toSorted();
      return ids.flatMap((label): ChangeEntry[] => {
        const [was = null, name = null] = [labelNames?.get(label), names.get(label)];
        return was === name ? [] : [{ at, change: "label", label, name, was }];
      });
    },
    settleNames() {
      isNamed = true;
      labelNames = names;
      written.splice(0, written.length, names);
    },
    get toldUpTo() {
      return toldUpTo;
    },
    settleTold(batch) {
      toldUpTo = batch;
    },
    begunLine(at, historyId) {
      if (found.changes || found.seen.hasBegun()) return [];
      const begun = found.finishedBefore ?? { at, historyId };
      return [{ ...begun, change: "begun", names: pairsOf(labelNames ?? names).filter(([id, name]) => id !== name) }];
    },
    changes: found.changes,
    seen: found.seen,
  };
}

/** In the order of the ids: what is listed in another order is the same. */
export function pairsOf(names: LabelNames): NamePairs {
  return [...names].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function sameNames(a: LabelNames, b: LabelNames): boolean {
  return a.size === b.size && [...a].every(([id, name]) => b.get(id) === name);
}

function mapOf(pairs: NamePairs | undefined): LabelNames | undefined {
  return pairs && new Map(pairs);
}

import type { Format } from "../../core/export/format.ts";
import type { Ledger } from "../../core/export/ledger.ts";
import type { DeletedMessage, FailedMessage, Manifest } from "../../core/export/manifest.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ExportDirectory, Purpose } from "../../core/ports/export-directory.ts";
import type { Hold, Storage } from "../../core/ports/storage.ts";
import { addSpent, type Spent } from "../../core/quota.ts";
import type { Attachments } from "./attachments.ts";
import { createBatches, type Batches, type FoundBatches } from "./batches.ts";
import { writeChanges } from "./change-log.ts";
import { derivedAmong } from "./derived-files.ts";
import { createFollowed, pairsOf, type FoundFollowed } from "./followed.ts";
import { createGroupTimer } from "./group-timer.ts";
import { createPendingGroup } from "./group.ts";
import { holdAgainstFiles } from "./hold-against-files.ts";
import type { JournalBegin, JournalEntry } from "./journal-entries.ts";
import {
  beginJournal,
  changesInJournal,
  continueJournal,
  JOURNAL,
  type FoundJournal,
  type Journal,
  type Rewriting,
  type Rewritten,
} from "./journal.ts";
import { createManifestKeeper } from "./manifest-keeper.ts";
import { createMutex } from "./mutex.ts";
import { NO_BYTES, type Originals } from "./originals.ts";
import type { RecordFiles } from "./record-files.ts";
import { createCompleteBatches } from "./rewriting/complete-batches.ts";
import { findCarriers } from "./rewriting/find-carriers.ts";
import { createPruneBatches } from "./rewriting/prune-batches.ts";
import { createUpdateRecords } from "./rewriting/update-records.ts";

/** All that was durable in a directory when it was opened. */
export type Found = Readonly<{
  ledger: Ledger;
  /** Of a listing that is whole and still good; undefined when there must be another. */
  journal: FoundJournal | undefined;
  batches: FoundBatches;
  /** What any journal said of batches that were written anew. */
  rewriting: Rewriting | undefined;
  rewritten: readonly Rewritten[];
  historyId: string;
  /** What is here was finished, and all that came since can be followed from there: no listing is needed. */
  isFinished: boolean;
  followed: FoundFollowed;
  /** An earlier run took records out, and may not have come to its end. */
  isPruned: boolean;
  spent: Spent;
  seconds: number;
  guessedCharsets: number;
  failed: readonly FailedMessage[];
  confirmedGone: readonly string[];
  formerly: readonly string[];
  /** See `ExportDirectory.formerly`. */
  renamedFrom: string | undefined;
  /** What is written beside the records: what was asked for, now or in an earlier run. */
  formats: readonly Format[];
  /** Left out where none are kept. */
  attachments?: Attachments;
  originals?: Originals;
  /** What stands there was proven complete, and nothing has changed since. */
  isProven: boolean;
}>;

export type Surroundings = Readonly<{ clock: Clock; tool: string; spent: () => Spent }>;

/**
 * An export directory that is ours while `hold` lasts: its parts, joined so that everything happens one at a time.
 *
 * This file stays whole though it is long: journal and manifest are written from one state, in an order that must hold
 * across all operations. Each half would need nearly all of what the other has.
 */
export function holdDirectory(
  hold: Hold,
  storage: Storage,
  purpose: Purpose,
  found: Found,
  { clock, tool, spent: spentNow }: Surroundings,
): ExportDirectory {
  const { ledger, formats, attachments, originals } = found;
  const failed = new Map(found.failed.map((message) => [message.id, message]));
  const confirmedGone = new Set(found.confirmedGone);
  const openedAt = clock.now();
  let historyId = found.historyId;
  let listed = found.journal !== undefined || found.isFinished;
  const followed = createFollowed(found.followed);
  let { changes } = followed;
  let { checkedAt } = found.followed;
  let unprovenLabels: ReadonlySet<string> = new Set(found.followed.unprovenLabels);
  let journal: Journal | undefined;

  const spent = (): Spent => addSpent(found.spent, spentNow());
  const seconds = (): number => found.seconds + (clock.now() - openedAt) / 1000;
  let guessedCharsets = found.guessedCharsets;
  let rewriting = found.rewriting;
  const rewritten = [...found.rewritten];
  const tally = () => ({ spent: spent(), seconds: seconds(), guessedCharsets });
  const formerly = [...found.formerly, ...(found.renamedFrom === undefined ? [] : [found.renamedFrom])];

  const confirmedNow = (): string[] => [...ledger.ids("gone")].filter((id) => confirmedGone.has(id));

  /** A record that was to be taken out may be there still. */
  const deletedMessages = (): DeletedMessage[] =>
    Array.from(followed.seen.deleted.values(), ({ id, seenAt, pruned }) =>
      pruned && ledger.outcome(id) !== "exported" ? { id, seenAt, pruned } : { id, seenAt },
    );

  const describe = (complete: boolean, isFinished = false): Manifest => ({
    version: 1,
    email: purpose.email,
    ...(formerly.length > 0 ? { formerly } : {}),
    complete,
    total_emails: totalOf(batches),
    total_batches: batches.entries.length,
    max_emails: purpose.maxEmails,
    export_date: new Date(clock.now()).toISOString(),
    duration_seconds: Math.round(seconds() * 10) / 10,
    filter: purpose.filter,
    batches: batches.entries,
    failed: [...failed.values()],
    gone: [...ledger.ids("gone")],
    ...(confirmedGone.size > 0 && { confirmedGone: confirmedNow() }),
    ...(followed.seen.deleted.size > 0 && { deleted: deletedMessages() }),
    ...(attachments && { attachments: attachments.totals() }),
    ...(formats.length > 0 && { formats }),
    ...(originals && { originals: originals.totals() }),
    replacementCharacters: batches.replacementCharacters(),
    ...(guessedCharsets > 0 ? { guessedCharsets } : {}),
    historyId,
    ...(checkedAt !== undefined && { checkedAt }),
    ...(unprovenLabels.size > 0 && { unprovenLabels: [...unprovenLabels].toSorted() }),
    ...(isFinished && { labelNames: pairsOf(followed.names) }),
    ...(changes && { changes }),
    quota: spent(),
    tool,
  });
  const manifest = createManifestKeeper(storage, found.isProven, () => describe(false));
  const batches: Batches = createBatches(
    storage,
    found.batches,
    purpose.batchSize,
    { formats: derivedAmong(formats), email: purpose.email },
    () => manifest.afterBatch(batches.entries.length),
    attachments,
    originals,
  );
  const begin = (): JournalBegin => ({
    ...beginning(purpose, historyId),
    ...(attachments && { attachments: true }),
    ...(formats.length > 0 && { formats: [...formats] }),
    followed: followed.begin(),
  });
  /** What a journal that is begun anew must still tell: a manifest may lag behind it. */
  const keptOfBatches = (): JournalEntry[] => [
    ...(attachments ? [{ without: { attachments: [...attachments.shortfall.reasons()] } }] : []),
    ...(originals ? [{ without: { originals: [...originals.shortfall.reasons()] } }] : []),
    ...(originals && originals.earlier.size > 0 ? [{ earlier: [...originals.earlier] }] : []),
    ...rewritten.map((one) => ({ rewritten: one })),
    ...(rewriting ? [{ rewriting }] : []),
  ];
  const beforeKeeping = async (): Promise<void> => {
    if (manifest.isProven) await mutex.run(beforeChange);
  };

  const keptOfAll = (): JournalEntry[] => [
    { gone: [...ledger.ids("gone")] },
    { confirmedGone: confirmedNow() },
    { failed: [...failed.values()] },
    ...keptOfBatches(),
    ...followed.entries(),
    ...(isPruned ? [{ pruned: deletedMessages().flatMap(({ id, pruned }) => (pruned ? [id] : [])) }] : []),
    tally(),
  ];
  const openJournal = async (): Promise<Journal> => {
    if (journal) return journal;
    if (found.journal) journal = await continueJournal(storage, found.journal);
    else
      journal = await beginJournal(storage, begin(), [
        ...keptOfAll(),
        ...(found.isFinished ? [{ listed: true as const }] : []),
      ]);
    return journal;
  };

  /** The journal comes first: without it nobody could say from where to go on, once nothing is proven any more. */
  const beforeChange = async (): Promise<void> => {
    if (manifest.isProven) await openJournal();
    await manifest.beforeChange();
  };

  const group = createPendingGroup();

  /** Makes the group durable, and only then counts it. */
  const flush = async (): Promise<void> => {
    const ended = group.take();
    if (!ended) return;
    await beforeChange();
    await openJournal(); // it tells with which names the records are written
    const failures = ended.failed.map(({ id, reason, attempts }) => {
      return { id, reason, attempts: attempts + (failed.get(id)?.attempts ?? 0) };
    });
    const all = [...ended.records.map(({ id }) => id), ...ended.gone, ...failures.map(({ id }) => id)];
    for (const id of all) failed.delete(id); // before a manifest is written that names them in a batch
    const withoutOriginal = ended.records.filter(({ files }) => originals && !files.original);
    if (withoutOriginal.length > 0) {
      const reasons = withoutOriginal.map(({ id }) => ({ id, reason: NO_BYTES }));
      await (await openJournal()).append([{ without: { originals: reasons } }]);
      originals?.shortfall.explain(reasons);
    }
    if (ended.records.length > 0) await batches.append(ended.records);
    guessedCharsets += ended.guessedCharsets;
    await (
      await openJournal()
    ).append([
      ...(ended.gone.length > 0 ? [{ gone: [...ended.gone] }] : []),
      ...(failures.length > 0 ? [{ failed: failures }] : []),
      tally(),
    ]);
    for (const { id } of ended.records) ledger.mark(id, "exported");
    for (const id of ended.gone) ledger.mark(id, "gone");
    for (const message of failures) {
      ledger.mark(message.id, "failed");
      failed.set(message.id, message);
    }
  };

  const mutex = createMutex();
  const flushNow = async (): Promise<void> => {
    timer.stop();
    await flush();
  };
  const timer = createGroupTimer(clock, () => mutex.run(flushNow));

  const purposeOfRewriting = JSON.stringify([attachments !== undefined, originals?.formats ?? []]);
  const rewritingPorts = {
    storage,
    clock,
    batches,
    originals,
    mutex,
    async note(entries: readonly JournalEntry[]) {
      await (await openJournal()).append([...entries, tally()]);
      for (const entry of entries) {
        if ("rewriting" in entry) ({ rewriting } = entry);
        if ("changes" in entry) followed.seen.add(entry.changes ?? []);
        if (!("rewritten" in entry)) continue;
        rewritten.push(entry.rewritten);
        rewriting = undefined;
      }
    },
    beforeChange,
    afterBatch: () => manifest.afterRewrite(batches.entries.length),
  };
  const completing = createCompleteBatches({
    ...rewritingPorts,
    attachments,
    begun: found.batches.rewriting,
    begunFor: found.rewriting?.purpose,
    purpose: purposeOfRewriting,
  });
  const updateRecords = createUpdateRecords({ ...rewritingPorts, followed });
  const pruneBatches = createPruneBatches({ ...rewritingPorts, attachments });
  let { isPruned } = found;
  const isDeleted = (id: string): boolean => followed.seen.deleted.has(id);

  return {
    ledger,
    batches: batches.entries,
    formerly: found.renamedFrom,
    want: { attachments: attachments !== undefined, originals: originals !== undefined },
    keep: {
      async attachment(chunks) {
        if (!attachments) throw new RangeError("this directory keeps no attachments");
        await beforeKeeping();
        return attachments.keep(chunks);
      },
      async original(id, chunks, internalDate) {
        if (!originals) throw new RangeError("this directory keeps no originals");
        await beforeKeeping();
        return originals.keep(id, chunks, internalDate);
      },
    },
    spent,
    get listedAt() {
      return listed ? historyId : undefined;
    },
    beginListing: (cursor) =>
      mutex.run(async () => {
        await journal?.[Symbol.asyncDispose]();
        historyId = cursor;
        listed = false;
        if (followed.since === undefined && batches.isEmpty()) followed.beginAt(cursor);
        const told = await Array.fromAsync(changesInJournal(storage));
        journal = await beginJournal(storage, begin(), [
          ...keptOfAll(),
          ...(told.length > 0 ? [{ changes: told }] : []),
        ]);
      }),
    addRefs: (refs) =>
      mutex.run(async () => {
        const mayBeNew = refs.some(({ id }) => (ledger.outcome(id) ?? "gone") === "gone");
        const open = mayBeNew ? await openJournal() : undefined; // which tells what was gone by then
        const unknown = refs.filter((ref) => ledger.add(ref));
        for (const { id } of unknown) confirmedGone.delete(id);
        if (unknown.length > 0) await open?.append([{ refs: unknown.map(({ id, threadId }) => [id, threadId]) }]);
      }),
    endListing: () =>
      mutex.run(async () => {
        await (await openJournal()).append([{ listed: true }]);
        listed = true;
      }),
    write: (ended) =>
      mutex.run(async () => {
        group.add(ended);
        if (group.isFull()) await flushNow();
        else timer.start();
      }),
    checkpoint: () =>
      mutex.run(async () => {
        await flushNow();
        if (manifest.isProven) await journal?.append([tally()]);
        await manifest.checkpoint();
      }),
    async findLacking() {
      await mutex.run(async () => {
        await flushNow();
        const isShort = (one: RecordFiles): boolean =>
          (attachments?.shortfall.isOpen(one.id) === true && one.isUnstored) ||
          (originals?.shortfall.isOpen(one.id) === true && !one.original);
        if (completing.isLacking() || batches.growingFiles().some(isShort)) await batches.finish();
      });
      return completing.findLacking();
    },
    complete: completing.complete,
    get followedTo() {
      return followed.since;
    },
    isDeleted,
    isConfirmedGone: (id) => confirmedGone.has(id),
    confirmGone(isConfirmed) {
      for (const id of ledger.ids("gone")) if (isConfirmed(id)) confirmedGone.add(id);
    },
    get unprovenLabels() {
      return unprovenLabels;
    },
    leaveUnproven(labels) {
      unprovenLabels = labels;
    },
    changed: () => (followed.toldUpTo === undefined ? undefined : followed.seen.counts()),
    labelNames: followed.names,
    knownLabels: followed.knownLabels,
    useNames: (names) =>
      mutex.run(async () => {
        if (followed.useNames(names) && (journal || found.journal))
          await (await openJournal()).append([{ names: [...pairsOf(names)] }]);
      }),
    async findCarriers(isWanted) {
      await mutex.run(flushNow);
      return findCarriers(storage, batches, isWanted, (id) => !isDeleted(id));
    },
    async update(standings, signal) {
      await mutex.run(async () => {
        await flushNow();
        await batches.finish();
        const begun = followed.begunLine(new Date(clock.now()).toISOString(), standings.cursor);
        if (begun.length > 0) await rewritingPorts.note([{ changes: begun }]);
      });
      await updateRecords(standings, signal);
    },
    async prune(signal) {
      await mutex.run(async () => {
        await flushNow();
        await batches.finish();
      });
      return pruneBatches(
        isDeleted,
        (ids) => {
          isPruned = true;
          followed.seen.prune(ids);
          for (const id of ids) {
            ledger.forget(id);
            originals?.earlier.delete(id);
          }
        },
        signal,
      );
    },
    commit: (caughtUpTo, provenAt) =>
      mutex.run(async () => {
        await flushNow();
        historyId = caughtUpTo ?? historyId;
        await batches.finish();
        await batches.deriveMissing(beforeChange);
        if (isPruned) await manifest.checkpoint(); // before anything is removed that the one before may speak of
        await batches.removeDropped();
        await attachments?.tidy();
        await originals?.tidy();
        await holdAgainstFiles(storage, batches, ledger);
        const complete = ledger.count("pending") === 0 && failed.size === 0 && !completing.isLacking();
        const begun = followed.begunLine(new Date(clock.now()).toISOString(), historyId);
        if (begun.length > 0) await rewritingPorts.note([{ changes: begun }]);
        if (journal ?? found.journal) changes = await writeChanges(storage, followed.changes);
        const isExplained = confirmedNow().length === ledger.count("gone");
        if (complete && isExplained && provenAt !== undefined) checkedAt = new Date(provenAt).toISOString();
        const done = describe(complete, ledger.count("pending") === 0 && provenAt !== undefined);
        await manifest.commit(done);
        await journal?.[Symbol.asyncDispose]();
        journal = undefined;
        await storage.remove(JOURNAL, "growing");
        return done;
      }),
    async [Symbol.asyncDispose]() {
      timer.stop();
      await mutex.idle();
      await batches[Symbol.asyncDispose]();
      await journal?.[Symbol.asyncDispose]();
      await hold[Symbol.asyncDispose]();
    },
  };
}

function beginning({ email, filter, maxEmails }: Purpose, historyId: string): JournalBegin {
  return { journal: 2, email, filter, maxEmails, historyId };
}

function totalOf({ entries }: Batches): number {
  return entries.reduce((sum, { count }) => sum + count, 0);
}

import type { Format } from "../export/format.ts";
import type { Pruned } from "../export/job.ts";
import type { Ledger } from "../export/ledger.ts";
import type { BatchEntry, ChangeCounts, FailedMessage, Manifest } from "../export/manifest.ts";
import type { Filter } from "../mail/filter.ts";
import type { AttachmentRecord, ExportRecord } from "../mail/record.ts";
import type { Conversation, Ref } from "../mail/ref.ts";
import type { Spent } from "../quota.ts";
import type { EpochMs } from "../time.ts";
import type { Keepers, Kept, LabelNames, Want } from "./mailbox-source.ts";

/** A message's end: its record, or why there is none. */
export type Ended =
  /** `guessedCharsets` as `Manifest.guessedCharsets`; 0 when it is not said. */
  | Readonly<{ outcome: "exported"; id: string; record: ExportRecord; guessedCharsets?: number }>
  | Readonly<{ outcome: "gone"; id: string }>
  | Readonly<{ outcome: "failed" } & FailedMessage>;

/** What was found of what a record lacks. */
export type Completion =
  /**
   * `attachments` are those of the record, with their contents; `original` is left out where the mailbox has none.
   * `isEarlier` where the record is one that an earlier version made, and this one would make in another way.
   */
  | Readonly<{ outcome: "found"; attachments: readonly AttachmentRecord[]; original?: Kept; isEarlier?: true }>
  /** It is not to be had; where `isPassing` the next run asks again. */
  | Readonly<{ outcome: "without"; reason: string; isPassing: boolean }>;

/** Records that lack attachments or originals that are wanted now, and were not when they were written. */
export type Lacking = Readonly<{
  /** Batches in which something is to be done. */
  batches: number;
  /** Messages that must be read for it, in the order in which `complete` asks for them, each by itself. */
  count: number;
  messages(): Iterable<Conversation>;
  /** What is wanted of these messages. */
  want: Want;
  /** Whether chats are among them. */
  hasChats: boolean;
}>;

/** What is known of a message now that has a record: its labels, or that it was deleted in the mailbox. */
export type Standing = Readonly<{ labels: readonly string[] }> | Readonly<{ deleted: true }>;

/** What is known of a mailbox at one place in its history. */
export type Standings = Readonly<{
  cursor: string;
  /** Of a message; undefined where nothing says that anything has changed. */
  find(id: string): Standing | undefined;
  /** Of how many messages something is known: of none, no record need be looked at. */
  size: number;
  /** Labels that are no more, but on these messages. */
  withdrawn: ReadonlyMap<string, ReadonlySet<string>>;
}>;

/**
 * What an export directory is for. Account and filter never change in its life; `maxEmails` may, and the account's
 * address: `was` is a former one that the directory may still have.
 */
export type Purpose = Readonly<{
  email: string;
  was?: string;
  filter: Filter;
  maxEmails: number | null;
  batchSize: number;
  /** The contents of attachments too. Once asked for they stay so. */
  attachments?: boolean;
  /** What is written beside the records. Once asked for it stays so. */
  formats?: readonly Format[];
}>;

/**
 * An export directory held by this process alone. What is durable in it is never lost and never written again;
 * disposing it gives the directory back and drops nothing durable. Implemented by `pipeline/directory` over `Storage`.
 */
export type ExportDirectory = AsyncDisposable &
  Readonly<{
    /** Every message known here and what became of it: read from the disk on opening, changed as things become durable. */
    ledger: Ledger;
    /** The cursor of the listing a resume goes on with; undefined when there must be a new listing. */
    readonly listedAt: string | undefined;
    readonly batches: readonly BatchEntry[];
    /** What every message here has beside its text: what was asked for, now or in an earlier run. */
    readonly want: Want;
    /** Puts attachments and originals where they stay. What no record points at in the end is removed. */
    keep: Keepers;
    /** The address that stands in the directory, when it is not the account's of now but the former one that was named. */
    readonly formerly: string | undefined;
    /**
     * The place in the history from which on changes of labels and deletions are not in the records yet; undefined where
     * that is not known: then all of the mailbox must be compared.
     */
    readonly followedTo: string | undefined;
    /** Messages whose records stay though they were deleted in the mailbox. */
    isDeleted(id: string): boolean;
    /** Messages in `gone` that need not be looked for any more. */
    isConfirmedGone(id: string): boolean;
    /** `isConfirmed` tells of which messages in `gone` that is known; `commit` writes it down. */
    confirmGone(isConfirmed: (id: string) => boolean): void;
    /** Labels by which the mailbox did not list when all of it was compared, and has not listed since. */
    readonly unprovenLabels: ReadonlySet<string>;
    /** These are they now; `commit` writes it down. */
    leaveUnproven(labels: ReadonlySet<string>): void;
    /** What changed in the mailbox since the export was finished the last time, as far as it was told; undefined in a first run. */
    changed(): ChangeCounts | undefined;
    /** Label names that records were written with last; none where that is not known. */
    readonly labelNames: LabelNames;
    /** Labels that the mailbox had in earlier runs. */
    readonly knownLabels: ReadonlySet<string>;
    /** Records are written with these from now on. */
    useNames(names: LabelNames): Promise<void>;
    /** Labels among these that records carry, those of messages that were deleted apart, each with the ids of the others. */
    findCarriers(isWanted: (label: string) => boolean): Promise<ReadonlyMap<string, readonly string[]>>;
    /**
     * Brings records to what is known of their messages now: labels, and the names of labels. Those of messages that were
     * deleted stay as they are. Batches are written anew where something in them changes, each as a whole or not at all,
     * and what changed is told in changes.ndjson.
     */
    update(standings: Standings, signal: AbortSignal): Promise<void>;
    /**
     * Takes out the records of messages that were deleted in the mailbox. Their originals and the contents of attachments that
     * no other record points at are removed by `commit`, when no manifest speaks of them any more.
     */
    prune(signal: AbortSignal): Promise<Pruned>;
    /** What all runs of this export have spent together. */
    spent(): Spent;
    /** Begins a listing, forgetting one that was not finished. */
    beginListing(historyId: string): Promise<void>;
    /** Adds those refs that were not known, durably. */
    addRefs(refs: readonly Ref[]): Promise<void>;
    /** The listing is whole: from now on a resume needs no other. */
    endListing(): Promise<void>;
    /** Takes the ends of what one call brought; durable, and in the ledger, within a second or 32 messages. */
    write(ended: readonly Ended[]): Promise<void>;
    /**
     * Makes all that was written durable now, and says in manifest.json what is there so far. One that was proven
     * complete stays as it is while nothing of the export has changed.
     */
    checkpoint(): Promise<void>;
    /** Looks for records that lack something; if there are any, the batch that grows is finished first. */
    findLacking(): Promise<Lacking>;
    /**
     * Gives the records what they lack, from what is here, or as `find` says, which is asked in the order of `findLacking`.
     * Their batches are written anew, each as a whole or not at all; records stay in their places, and nothing else in
     * them changes. What was durable when it broke off is not asked for again.
     */
    complete(find: (record: ExportRecord) => Promise<Completion>): Promise<void>;
    /**
     * Closes the last batch, holds the files against what was written, and writes the manifest that says so, with the
     * cursor up to which everything that happened is in it; left out, that of the listing. `checkedAt` is the moment that
     * this cursor stands for; left out where not everything could be settled: then it is not proven anew.
     */
    commit(caughtUpTo?: string, checkedAt?: EpochMs): Promise<Manifest>;
  }>;

/**
 * Opens or makes a directory; `spent` tells what this run has spent so far.
 * Throws `directory_busy`, `directory_foreign`, `directory_damaged` or `disk`.
 */
export type OpenDirectory = (
  path: string,
  purpose: Purpose,
  spent: () => Spent,
  signal: AbortSignal,
) => Promise<ExportDirectory>;

/** What a mailbox says of itself at a moment: its place in the history, and its labels. */
export type Seen = Readonly<{ cursor: string; names: LabelNames; at: EpochMs }>;

/**
 * Says in the manifest that a directory has all there is, where that can be told at a glance; undefined where it must be
 * opened to find out.
 */
export type ConfirmCurrent = (
  path: string,
  purpose: Purpose,
  seen: Seen,
  spent: () => Spent,
  signal: AbortSignal,
) => Promise<Manifest | undefined>;

/**
 * Where an export of `account` goes: `outputDir` (relative to the working directory) or, left out, a folder of its own
 * under EXPORT_DIR. Throws `outside_export_dir` when that is not inside EXPORT_DIR once symbolic links are followed.
 */
export type ChooseDirectory = (account: string, outputDir: string | undefined) => Promise<string>;

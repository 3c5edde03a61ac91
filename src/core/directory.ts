import type { Ledger } from "./ledger.ts";
import type { Filter, Ref } from "./mailbox.ts";
import type { BatchEntry, FailedMessage, Manifest } from "./manifest.ts";
import type { Spent } from "./quota.ts";
import type { ExportRecord } from "./record.ts";

/** A message's end: its record, or why there is none. */
export type Ended =
  /** `guessedCharsets` as `Manifest.guessedCharsets`; 0 when it is not said. */
  | Readonly<{ outcome: "exported"; id: string; record: ExportRecord; guessedCharsets?: number }>
  | Readonly<{ outcome: "gone"; id: string }>
  | Readonly<{ outcome: "failed" } & FailedMessage>;

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
    /** The address that stands in the directory, when it is not the account's of now but the former one that was named. */
    readonly formerly: string | undefined;
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
    /**
     * Closes the last batch, holds the files against what was written, and writes the manifest that says so, with the
     * cursor up to which everything that was added is in it; left out, that of the listing.
     */
    commit(caughtUpTo?: string): Promise<Manifest>;
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

/** `sha256` is of its bytes, in hex. */
export type FinishedFile = Readonly<{ file: string; bytes: number; sha256: string }>;

/** A file held open: what is read of it stays one file's, also when another is given its name. */
export type OpenFile = AsyncDisposable &
  Readonly<{
    /** The bytes from `start` up to `end`, which is not among them. Throws `directory_damaged` when fewer are left. */
    read(start: number, end: number): AsyncIterable<Uint8Array>;
  }>;

/** A directory at one moment: what its manifest says, and the files that it names. */
export type Snapshot = Readonly<{
  manifest: Manifest;
  /** In the manifest's order, and itself last. */
  files: readonly FinishedFile[];
  /** Throws `directory_damaged` when the file is gone, or not of the size that the manifest says. */
  open(file: FinishedFile): Promise<OpenFile>;
}>;

/**
 * All files of a snapshot as one, in a folder of this name; its size is known before the first of them is opened.
 * Reading throws `directory_damaged` when a file is not what the manifest says: what came is not whole then.
 */
export type Archive = (
  folder: string,
  snapshot: Snapshot,
) => Readonly<{ bytes: number; content: AsyncIterable<Uint8Array> }>;

/** Reading an export directory without holding it. */
export type ReadDirectory = Readonly<{
  /** Undefined when there is none. Throws `directory_damaged` when it cannot be understood. */
  manifest(path: string): Promise<Manifest | undefined>;
  /** Undefined and thrown as with `manifest`. */
  snapshot(path: string): Promise<Snapshot | undefined>;
  /** Names of the files there, hidden ones and folders left out. Throws `directory_damaged` when there is no such directory. */
  files(path: string): Promise<readonly string[]>;
  /** A batch, streamed: `onRecord` gets each record's text. `whole` tells whether it is laid out as it was written. Undefined when there is no such file. */
  batch(
    path: string,
    file: string,
    onRecord: (text: string) => void,
  ): Promise<(BatchEntry & { whole: boolean }) | undefined>;
}>;

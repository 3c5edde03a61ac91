import type { Ledger } from "./ledger.ts";
import type { Filter, Ref } from "./mailbox.ts";
import type { BatchEntry, FailedMessage, Manifest } from "./manifest.ts";
import type { Spent } from "./quota.ts";

/** A message's end: its record as one line of JSON, or why there is none. */
export type Ended =
  | Readonly<{ id: string; outcome: "exported"; threadId: string; line: string; replacementCharacters: number }>
  | Readonly<{ id: string; outcome: "gone" }>
  | Readonly<{ id: string; outcome: "failed"; reason: string; attempts: number }>;

/** What a listing was made for; another purpose needs another listing. */
export type Purpose = Readonly<{ email: string; filter: Filter; maxEmails: number | null }>;

/** The numbers a manifest needs besides what the directory knows of itself. */
export type Summary = Readonly<{
  historyId: string;
  spent: Spent;
  durationSeconds: number;
  tool: string;
  exportDate: string;
}>;

/**
 * An export directory held by this process alone. What is durable in it is never lost and never written again;
 * disposing it drops nothing durable. Implemented by `adapters/files`.
 */
export type ExportDirectory = AsyncDisposable &
  Readonly<{
    /** Every message known here and what became of it, read from the disk when it was opened, kept as things become durable. */
    ledger: Ledger;
    /** The cursor of a listing that was finished here for the same purpose; undefined when there must be a new one. */
    listedAt: string | undefined;
    /** What earlier runs of this export spent, in units and seconds. */
    before: Readonly<{ spent: Spent; durationSeconds: number }>;
    batches: readonly BatchEntry[];
    failed: readonly FailedMessage[];
    /** Begins a listing: forgets an unfinished one. */
    beginListing(historyId: string): Promise<void>;
    /** Adds refs that were not known and makes them durable. */
    addRefs(refs: readonly Ref[]): Promise<void>;
    /** The listing is whole: from now on a resume needs no other. */
    endListing(): Promise<void>;
    /** Takes a message's end; durable within a second or 64 messages, and then in the ledger. */
    write(ended: Ended): Promise<void>;
    /** Makes all that was written durable, now. */
    flush(): Promise<void>;
    /** Writes manifest.json, not complete: what a reader may trust so far. */
    checkpoint(summary: Summary): Promise<void>;
    /** Closes the last batch, checks the files against what was written, and writes the manifest that says so. */
    commit(summary: Summary): Promise<Manifest>;
  }>;

/** Opens or makes a directory. Throws `directory_busy`, `directory_foreign`, `directory_damaged` or `disk`. */
export type OpenDirectory = (
  path: string,
  purpose: Purpose,
  batchSize: number,
  signal: AbortSignal,
) => Promise<ExportDirectory>;

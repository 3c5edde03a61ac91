import type { Filter } from "../mail/filter.ts";
import type { Spent } from "../quota.ts";
import type { DerivedFormat, Format } from "./format.ts";

/** A file that belongs to a batch, beside its records. */
export type BatchFile = Readonly<{ format: "mbox" | DerivedFormat; file: string; bytes: number; sha256: string }>;

/** `files` is left out where there are none. */
export type BatchEntry = Readonly<{
  file: string;
  count: number;
  bytes: number;
  sha256: string;
  files?: readonly BatchFile[];
}>;

export type FailedMessage = Readonly<{ id: string; reason: string; attempts: number }>;

/** A message that has a record, and not all that was asked for beside it. `attempts` where the next run tries again. */
export type Without = Readonly<{ id: string; reason: string; attempts?: number }>;

/**
 * Contents of attachments: how many records point at, and their bytes; and of how many files, each content being there
 * once. `without` are the messages whose attachments could not be had.
 */
export type StoredAttachments = Readonly<{
  stored: number;
  bytes: number;
  blobs: number;
  blobBytes: number;
  without?: readonly Without[];
}>;

/**
 * Originals that are stored, and the messages that have a record and none: Gmail keeps no bytes of them, as of chats.
 * `earlier` are the ids of those whose record an earlier version made, and this one would make in another way.
 */
export type StoredOriginals = Readonly<{
  count: number;
  bytes: number;
  without?: readonly Without[];
  earlier?: readonly string[];
}>;

/** A message that was deleted in Gmail after it was exported: its record stays, until `pruned`. `seenAt` is when a run saw it. */
export type DeletedMessage = Readonly<{ id: string; seenAt: string; pruned?: true }>;

/** Messages with which something happened in Gmail since the run before: found for the first time, with other labels, deleted. */
export type ChangeCounts = Readonly<{ added: number; relabelled: number; deleted: number }>;

/**
 * manifest.json (docs/format.md §3): what is in the directory, and whether that is all.
 * Readers ignore unknown fields; removing or re-typing one raises `version`.
 */
export type Manifest = Readonly<{
  version: 1;
  email: string;
  /** Former addresses of the account, oldest first; left out where there are none. */
  formerly?: readonly string[];
  /** True only when every listed message is in a batch or gone, and the files were found to be what is written here. */
  complete: boolean;
  total_emails: number;
  total_batches: number;
  max_emails: number | null;
  /** ISO 8601 UTC, when this manifest was written. */
  export_date: string;
  /** Seconds spent exporting, all runs together. */
  duration_seconds: number;
  filter: Filter;
  batches: readonly BatchEntry[];
  failed: readonly FailedMessage[];
  /** Listed, but deleted in Gmail before they could be read. */
  gone: readonly string[];
  /**
   * Those in `gone` of which more is known than that they were not found: the history told that they were deleted, or a later
   * listing does not have them any more. The next run looks for the others. Left out where there are none.
   */
  confirmedGone?: readonly string[];
  /** Left out where there are none. */
  deleted?: readonly DeletedMessage[];
  /** Left out where attachments were never asked for; else every attachment of a record is in a file. */
  attachments?: StoredAttachments;
  /** What is written beside the records; left out where nothing is. */
  formats?: readonly Format[];
  /** Left out where originals were never asked for. */
  originals?: StoredOriginals;
  /** U+FFFD written in place of what could not be decoded. */
  replacementCharacters: number;
  /** Bodies and headers in a charset that nobody knows, read as windows-1252; left out where there are none. */
  guessedCharsets?: number;
  /** Gmail's history cursor, taken before the listing: nothing that came later is missed by starting there. */
  historyId: string;
  /** ISO 8601 UTC: up to when it is proven that the export has all there was, as it was. Left out where that never was. */
  checkedAt?: string;
  /**
   * Ids of labels by which Gmail did not list when all of the mailbox had to be compared: who has them here has them, who got
   * one before that may lack it. Every run asks again. Left out where there are none.
   */
  unprovenLabels?: readonly string[];
  /**
   * Of each label its id and its name, as the run that finished it saw them: those of all records. Left out while it is
   * unfinished, and where an earlier version finished it.
   */
  labelNames?: readonly (readonly [id: string, name: string])[];
  /** What there is of changes.ndjson. Left out where there is none. */
  changes?: Readonly<{ bytes: number; sha256: string }>;
  quota: Spent;
  tool: string;
}>;

/** Messages that could not be read, or not all that was asked for beside their records: the next run tries again. */
export function failuresOf({ failed, attachments, originals }: Manifest): readonly FailedMessage[] {
  const without = [...(attachments?.without ?? []), ...(originals?.without ?? [])];
  const lacking = new Map<string, FailedMessage>();
  for (const { id, reason, attempts } of without) if (attempts !== undefined) lacking.set(id, { id, reason, attempts });
  return [...failed, ...lacking.values()];
}

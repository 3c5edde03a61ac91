import type { Manifest } from "../export/manifest.ts";
import type { EpochMs } from "../time.ts";

/** An export's directory, and what tells whether what a manifest or journal found there says is that export: if not, nothing in it is. */
export type IndexedExport = Readonly<{
  directory: string;
  owns: (found: Pick<Manifest, "email" | "formerly" | "filter">) => boolean;
}>;

/**
 * How far the index has got: `files` of `of` finished batches can be looked into, and what is there of the one that
 * grows. `complete` when no more will come of what is there now; with fewer files than there are, the others are not
 * what was written.
 */
export type IndexState = Readonly<{ files: number; of: number; complete: boolean }>;

/** Which records, and in what order. Texts are words that must all begin some word of the record; "" asks for nothing. */
export type RecordQuestion = Readonly<{
  /** Looked for in sender, recipients, subject and snippet. */
  search: string;
  from: string;
  subject: string;
  /** Id or name. */
  label: string | undefined;
  /** The first moment that counts, and the first that no longer does. */
  after: EpochMs | undefined;
  before: EpochMs | undefined;
  order: "newest" | "oldest";
}>;

/** Where a record stands among all of its directory, by date: stays the same when the index is made anew. */
export type RecordPosition = readonly [date: EpochMs, number: number];

/** What a table shows of a record. Texts may be cut; the record itself has all. */
export type RecordSummary = Readonly<{
  id: string;
  threadId: string;
  /** Undefined when Gmail gave none. */
  date: EpochMs | undefined;
  from: string;
  to: string;
  subject: string;
  snippet: string;
  labels: readonly string[];
  labelNames: readonly string[];
  sizeEstimate: number;
  attachments: number;
}>;

/** `total` counts all that match; `next` is where the following page begins, undefined behind the last. */
export type RecordPage = Readonly<{
  index: IndexState;
  total: number;
  records: readonly RecordSummary[];
  next: RecordPosition | undefined;
}>;

/** `bytes` are sums of `Size-Estimate`. Months are `YYYY-MM` in UTC, in order; senders and labels come with the most messages first. */
export type RecordStatistics = Readonly<{
  index: IndexState;
  messages: number;
  bytes: number;
  attachments: number;
  months: readonly Readonly<{ month: string; messages: number; bytes: number }>[];
  senders: readonly Readonly<{ address: string; name: string; messages: number; bytes: number }>[];
  /** By size, up to and including so many bytes; undefined: larger than all. */
  sizes: readonly Readonly<{ upToBytes: number | undefined; messages: number }>[];
  labels: readonly Readonly<{ id: string; name: string; messages: number }>[];
}>;

/** A record's line, the number of its batch, and the directory, links followed. */
export type FoundLine = Readonly<{ line: Buffer; directory: string; batch: number }>;

/**
 * What was exported, to be searched while the export still runs. Whatever is not indexed yet is begun by the first
 * call; calls wait for it a second at most and then answer with what is there. Implemented by `search`.
 */
export type Records = Readonly<{
  page(of: IndexedExport, question: RecordQuestion, limit: number, from?: RecordPosition): Promise<RecordPage>;
  statistics(of: IndexedExport): Promise<RecordStatistics>;
  /** The record's line as it stands in its batch. Throws `directory_damaged` when the batch was changed meanwhile. */
  line(of: IndexedExport, id: string): Promise<Readonly<{ index: IndexState } & (FoundLine | { line: undefined })>>;
  close(): Promise<void>;
}>;

/** A batch as it is now; `sha256` is what the manifest says, undefined while it does not name it. */
export type FoundBatch = Readonly<{
  number: number;
  file: string;
  /** It is not finished. There is one such batch at most, and it is the last. */
  growing: boolean;
  /** Changes whenever the file does. */
  stamp: string;
  sha256: string | undefined;
}>;

/** Reads batches: what the index is made of. Implemented by `pipeline/directory/reading/read-batches.ts`. */
export type ReadBatches = Readonly<{
  /** Undefined when there are none that are the export's. `path` is the directory's own, links followed. */
  find(of: IndexedExport): Promise<Readonly<{ path: string; batches: readonly FoundBatch[] }> | undefined>;
  /**
   * Every record's line in a finished batch and where in the file it begins, in order; resolves with the hash of the
   * file, and whether it is laid out as it was written. Undefined when it is no longer the file that was found.
   */
  read(
    path: string,
    batch: FoundBatch,
    onRecord: (line: Buffer, start: number) => Promise<void> | void,
    signal: AbortSignal,
  ): Promise<Readonly<{ sha256: string; whole: boolean }> | undefined>;
  /** Opens a batch that grows. Undefined when it does so no more: it was finished, or is gone. */
  openGrowing(path: string, batch: Pick<FoundBatch, "file">): Promise<OpenGrowing | undefined>;
  /**
   * Some bytes of a batch. Throws `directory_damaged` when it is not the file that was found; one that grew then may
   * have grown since, or been finished.
   */
  bytes(path: string, batch: Omit<FoundBatch, "number" | "sha256">, start: number, length: number): Promise<Buffer>;
}>;

/** A batch that grows, as it stands now. */
export type OpenGrowing = AsyncDisposable &
  Readonly<{
    /** Its whole records, in order, from the one that begins at byte `from`, or from the first when that is 0. */
    read(from: number, signal: AbortSignal): AsyncIterable<Readonly<{ line: Buffer; start: number }>>;
  }>;

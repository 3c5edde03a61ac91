import type { ChangeEntry } from "../export/change.ts";
import type { BatchEntry, Manifest } from "../export/manifest.ts";

/** `sha256` is of its bytes, in hex. */
export type FinishedFile = Readonly<{ file: string; bytes: number; sha256: string }>;

/** A file held open: what is read of it stays one file's, also when another is given its name. */
export type OpenFile = AsyncDisposable &
  Readonly<{
    /** The bytes from `start` up to `end`, which is not among them. Throws `directory_damaged` when fewer are left. */
    read(start: number, end: number): AsyncIterable<Uint8Array>;
  }>;

/** The same without a promise of its length: fewer bytes come when it was cut meanwhile. */
type OpenContent = AsyncDisposable & Readonly<{ read(start?: number, end?: number): AsyncIterable<Buffer> }>;

/** A directory at one moment: what its manifest says, and the files that it names. */
export type Snapshot = Readonly<{
  manifest: Manifest;
  /** In the manifest's order, and itself last. */
  files: readonly FinishedFile[];
  /** What lies beside the batches, by path: attachments, and originals, whose hashes only the records tell. */
  beside(): Promise<readonly (Omit<FinishedFile, "sha256"> & Readonly<{ sha256?: string }>)[]>;
  /** Throws `directory_damaged` when the file is gone, or not of the size that the manifest says. */
  open(file: Pick<FinishedFile, "file" | "bytes">): Promise<OpenFile>;
}>;

/**
 * All files of a snapshot as one, in a folder of this name; its size is known before the first of them is opened.
 * Reading throws `directory_damaged` when a file is not what the manifest says: what came is not whole then.
 */
export type Archive = (
  folder: string,
  snapshot: Snapshot,
) => Promise<Readonly<{ bytes: number; content: AsyncIterable<Uint8Array> }>>;

/** Reading an export directory without holding it. */
export type ReadDirectory = Readonly<{
  /** Undefined when there is none. Throws `directory_damaged` when it cannot be understood. */
  manifest(path: string): Promise<Manifest | undefined>;
  /**
   * What may stand in place of what the manifest of an unfinished export says: batches that were rewritten since it was
   * written, in the order in which they were. Their files may have their names yet or not.
   */
  rewritten(path: string): Promise<readonly BatchEntry[]>;
  /** What a run that has not ended yet saw of what changed in Gmail, and changed in records: the manifest does not speak of it. */
  changesUnderWay(path: string): AsyncIterable<ChangeEntry>;
  /** Undefined and thrown as with `manifest`. */
  snapshot(path: string): Promise<Snapshot | undefined>;
  /** Names of the files there, hidden ones and folders left out. Throws `directory_damaged` when there is no such directory. */
  files(path: string): Promise<readonly string[]>;
  /** Paths of the files in a folder of the directory, and of those in folders within it. */
  filesIn(path: string, folder: string): AsyncIterable<string>;
  /** Opens a file; undefined when there is none. */
  open(path: string, file: string): Promise<OpenContent | undefined>;
  /** A file's bytes counted and hashed. Undefined when there is none. */
  hash(path: string, file: string): Promise<FinishedFile | undefined>;
  /**
   * The line of each record of a finished batch. Throws `directory_damaged`, behind the last at the latest, where the batch
   * is not what its entry says.
   */
  records(path: string, batch: BatchEntry): AsyncIterable<Buffer>;
  /** A batch, streamed: `onRecord` gets each record's text. `whole` tells whether it is laid out as it was written. Undefined when there is no such file. */
  batch(
    path: string,
    file: string,
    onRecord: (text: string) => void,
  ): Promise<(BatchEntry & { whole: boolean }) | undefined>;
}>;

import type { OpenFile } from "./read-directory.ts";

/**
 * What a record points at, found on the disk and read: all of its bytes have the SHA-256 that the record says. `head` is
 * its beginning, from which its kind can be told.
 */
export type RecordContent = Readonly<{
  bytes: number;
  sha256: string;
  head: Uint8Array;
  /**
   * Opens it for reading, in whole or in part. Throws `directory_damaged` where it is another by now; reading does so too
   * when it was changed meanwhile, before the last bytes are given.
   */
  open(): Promise<OpenFile>;
}>;

/** What a record says of its original, and where it stands. */
export type OriginalPointer = Readonly<{
  id: string;
  /** As in the record: its file lies under this month. */
  internalDate: string;
  sha256: string;
  bytes: number;
  /** Number of the record's batch. */
  batch: number;
}>;

/**
 * Reads what records point at. A place is found by hash, id and date alone, never by a path that somebody sent or wrote.
 * Each throws `directory_damaged` where it is not there, or not what the record says.
 */
export type ReadRecordContent = Readonly<{
  /** `directory` as it is spelled in the record's place. */
  attachment(directory: string, sha256: string): Promise<RecordContent>;
  /** Byte for byte, whether it is a file of its own or stands in the mbox of its batch. */
  original(directory: string, pointer: OriginalPointer): Promise<RecordContent>;
}>;

import type { EpochMs } from "../time.ts";

/**
 * A folder that is made for somebody: all of it, or nothing. Names are paths within it, of names that a file may have;
 * folders are made where they are missing. What fails on the disk is a `disk` failure. Disposing of one that was not
 * published removes it.
 */
export type OutputFolder = AsyncDisposable &
  Readonly<{
    /** Makes a file. `modifiedAt` is when it says that it was changed last. */
    write(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, modifiedAt?: EpochMs): Promise<void>;
    /** Adds to the end of a file, which is made where there is none. */
    append(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
    /** A further name for a file made here: a hard link where the disk can, else a copy. */
    link(name: string, made: string): Promise<void>;
    /** The same for a file that lies elsewhere. Throws `directory_damaged` where there is none. */
    linkFrom(name: string, path: string): Promise<void>;
    makeFolder(name: string): Promise<void>;
    /** Files made, and their bytes; those of a further name count again. */
    made(): Readonly<{ files: number; bytes: number }>;
    /** All of it is durable and has its name when this resolves. */
    publish(): Promise<void>;
  }>;

/**
 * Opens a folder that is to have this path, where there is none, or an empty one. What an earlier try left of it, because
 * it was killed, is removed. Throws `directory_foreign` where something else is, `directory_busy` where another makes it.
 */
export type OpenOutputFolder = (path: string, signal: AbortSignal) => Promise<OutputFolder>;

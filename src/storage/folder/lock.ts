import { chmodSync, closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { isOutOfDescriptors, refuse } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Lock } from "../../core/ports/lock.ts";
import { unlessMissing } from "./disk.ts";
import { isSystemError, nodeFileSystem, oddity, openNew, unlinkIfThere, type FileSystem } from "./file-system.ts";

const POLL_MS = 50;

/**
 * A lock that the operating system takes back when its holder dies, however it dies: an exclusive SQLite transaction on
 * an empty file. A file with a process id in it cannot do that: ids are reused, and SIGKILL leaves the file behind.
 * The file stays: removing it would let two processes hold locks on two files of one name.
 * On a network file system it holds as far as that system's byte-range locks do.
 */
export function fileLock(clock: Clock, files: FileSystem = nodeFileSystem): Lock {
  return async (path, waitMs, signal) => {
    await makeLockFile(files, path);
    const giveUpAt = clock.now() + waitMs;
    for (;;) {
      const held = tryLock(path);
      if (held) return held;
      if (clock.now() >= giveUpAt) return undefined;
      await clock.sleep(POLL_MS, signal);
    }
  };
}

/**
 * Made private before SQLite would make it readable. Only a file that is not there may be opened by other means than
 * SQLite: POSIX drops a process's locks on a file when it closes any descriptor of it.
 */
async function makeLockFile(files: FileSystem, path: string): Promise<void> {
  try {
    await (await openNew(files, path)).close();
  } catch (error) {
    if (isOutOfDescriptors(error)) throw unusable(path, error instanceof Error ? error.message : "unknown", error);
    if (!isSystemError(error, "EEXIST")) throw error;
    // SQLite follows links, and would lock, or wait for, whatever it is led to.
    const stats = await unlessMissing(files.lstat(path));
    if (!stats) throw error;
    if (!stats.isFile()) throw unusable(path, `it is ${oddity(stats)}`);
    if (stats.nlink > 1n) throw unusable(path, "it has another name somewhere else");
    if (stats.size > 0n) throw unusable(path, "something is written in it");
    const own = process.getuid?.();
    if (own !== undefined && stats.uid === BigInt(own) && (stats.mode & 0o077n) !== 0n) chmodSync(path, 0o600);
  }
  // Of a lock there is neither: SQLite would take what stands there for changes to be undone.
  for (const name of ["-journal", "-wal"]) await unlinkIfThere(files, path + name);
}

function tryLock(path: string): AsyncDisposable | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    const cause = folderError(path) ?? error;
    throw unusable(path, cause instanceof Error ? cause.message : "unknown", cause);
  }
  const held = database;
  return {
    async [Symbol.asyncDispose]() {
      held.close();
    },
  };
}

/** SQLite says only that it cannot open a file. What the system says of the folder, where it refuses that as well. */
function folderError(path: string): unknown {
  try {
    closeSync(openSync(dirname(path), "r"));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A folder or foreign content in its place, or a file system that may only be read. */
function unusable(path: string, why: string, cause?: unknown): Error {
  return refuse(
    "disk",
    `This cannot be locked: ${path} (${why}).`,
    "See that this user may write there; if something else has that name, move it away. Then do the same again.",
    { cause },
  );
}

/** SQLITE_BUSY or SQLITE_LOCKED: somebody else holds it. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (error.errcode === 5 || error.errcode === 6);
}

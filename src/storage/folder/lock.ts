import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { refuse } from "../../core/errors.ts";
import type { Clock, Lock } from "../../core/ports.ts";

const POLL_MS = 50;

/**
 * A lock that the operating system takes back when its holder dies, however it dies: an exclusive SQLite transaction on
 * an empty file. A file with a process id in it cannot do that: ids are reused, and SIGKILL leaves the file behind.
 * The file stays: removing it would let two processes hold locks on two files of one name.
 * On a network file system it holds as far as that system's byte-range locks do.
 */
export function fileLock(clock: Clock): Lock {
  return async (path, waitMs, signal) => {
    // Made private before SQLite would make it readable. Only a file that is not there may be opened by other means
    // than SQLite: POSIX drops a process's locks on a file when it closes any descriptor of it.
    await writeFile(path, "", { flag: "wx", mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    const giveUpAt = clock.now() + waitMs;
    for (;;) {
      const held = tryLock(path);
      if (held) return held;
      if (clock.now() >= giveUpAt) return undefined;
      await clock.sleep(POLL_MS, signal);
    }
  };
}

function tryLock(path: string): AsyncDisposable | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw unusable(path, whyNot(path) ?? error);
  }
  const held = database;
  return {
    async [Symbol.asyncDispose]() {
      held.close();
    },
  };
}

/** SQLite says only that it cannot open a file. What the system says of the folder, where it refuses that as well. */
function whyNot(path: string): unknown {
  try {
    closeSync(openSync(dirname(path), "r"));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A folder or foreign content in its place, or a file system that may only be read. */
function unusable(path: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : "unknown";
  return refuse(
    "disk",
    `This cannot be locked: ${path} (${why}).`,
    "See that this user may write there; if something else has that name, move it away. Then do the same again.",
    { cause: error },
  );
}

/** SQLITE_BUSY or SQLITE_LOCKED: somebody else holds it. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (error.errcode === 5 || error.errcode === 6);
}

import { closeSync, constants, lstatSync, mkdirSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { refuse, type ExportError } from "../../core/errors.ts";

/** How long another process may hold the file before that is a failure. This thread waits, and nobody else. */
export const BUSY_MS = 5_000;

/** Durable at every step, and readers wait for no writer. */
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
`;

/** A file of SQLite. What the file system or SQLite refuses becomes a `disk` failure that names the file. */
export type DatabaseFile = Readonly<{
  database: DatabaseSync;
  reading<T>(work: () => T): T;
  /** One writer at a time, across processes; all or nothing. */
  atomically<T>(work: () => T): T;
}>;

/**
 * Opens a file that the processes of one machine share, or makes it, and gives what `use` makes of it. Where anything of
 * that fails the file is closed again. Throws `disk`.
 */
export function openDatabaseFile<T>(path: string, schema: string, use: (file: DatabaseFile) => T): T {
  const reading = <R>(work: () => R): R => onDisk(path, work);
  return reading(() => {
    const database = open(path);
    const atomically = <R>(work: () => R): R => reading(() => inTransaction(database, work));
    try {
      database.exec(PRAGMAS + schema);
      return use({ database, reading, atomically });
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK"); // a full disk has rolled back by itself
    throw error;
  }
}

/** SQLite follows links, and a pipe would be waited for: there must be a file, or nothing. */
const AS_A_FILE =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    const stats = lstatSync(path + suffix, { throwIfNoEntry: false });
    if (stats && (!stats.isFile() || stats.nlink > 1))
      throw unusable(path, `${basename(path)}${suffix} is no file, or has another name somewhere else`);
  }
  closeSync(openSync(path, AS_A_FILE, 0o600)); // before SQLite makes it with the umask's mode
  return new DatabaseSync(path, { timeout: BUSY_MS });
}

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isRefused = error instanceof Error && ("syscall" in error || "errstr" in error);
    if (!isRefused || !("code" in error)) throw error;
    const why = String("errstr" in error ? error.errstr : error.code);
    throw unusable(path, why, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): ExportError {
  return refuse(
    "disk",
    `The list of exports cannot be kept in ${path} (${why}).`,
    "See that there is room and that this user may write there, then do the same again. Exports on disk are not touched.",
    { cause },
  );
}

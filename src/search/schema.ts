import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";

/** Raised with every change of what is below or of what is put there: an index of another version is made anew. */
const VERSION = 4;

/** Letters and a sign that are marks or punctuation in SQLite's tables, which are of Unicode 6.1: most are New Tai Lue's vowels. */
const LATE_LETTERS =
  "\u166d\u19b0\u19b1\u19b2\u19b3\u19b4\u19b5\u19b6\u19b7\u19b8\u19b9" +
  "\u19ba\u19bb\u19bc\u19bd\u19be\u19bf\u19c0\u19c8\u19c9\u1cf2\u1cf3";

/**
 * `record.number` is the batch's number times 2^24 and the record's place in the batch: putting a record there twice is
 * putting it there once, and its place among all stays when a batch is read again.
 * `tally` is kept by the triggers, so that charts cost the same for any number of records.
 * Unassigned code points count as letters (Cn): SQLite's tables are older than some alphabets. Symbols do too (So), so
 * that an emoji can be found.
 */
const SCHEMA = `
  CREATE TABLE batch (
    number   INTEGER PRIMARY KEY,
    stamp    TEXT NOT NULL,     -- 'growing' of one that is not finished
    expected TEXT,              -- its SHA-256 in the manifest, when it was read; of one that grows, its stamp then
    sha256   TEXT               -- of what was read; null: not sound
  ) STRICT;
  CREATE TABLE sender (number INTEGER PRIMARY KEY, address TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
  CREATE TABLE labels (number INTEGER PRIMARY KEY, ids TEXT NOT NULL, names TEXT NOT NULL, UNIQUE (ids, names)) STRICT;
  CREATE TABLE record (
    number      INTEGER PRIMARY KEY,
    id          TEXT NOT NULL,
    thread_id   TEXT NOT NULL,
    date        INTEGER NOT NULL,
    sender      INTEGER NOT NULL,
    "from"      TEXT NOT NULL,
    "to"        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    snippet     TEXT NOT NULL,
    labels      INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    attachments INTEGER NOT NULL,
    start       INTEGER NOT NULL, -- of its line in the batch
    length      INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX record_id ON record (id);
  CREATE INDEX record_date ON record (date);
  CREATE VIRTUAL TABLE words USING fts5 (
    sender, recipients, subject, snippet,
    content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Cn So' tokenchars '${LATE_LETTERS}'"
  );
  CREATE TABLE tally (
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    messages INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  ${tallying("INSERT", "new", 1)}
  ${tallying("DELETE", "old", -1)}
  PRAGMA user_version = ${VERSION};
`;

function tallying(event: string, row: string, sign: 1 | -1): string {
  return `
  CREATE TRIGGER tally_${event} AFTER ${event} ON record BEGIN
    INSERT INTO tally (kind, key, messages, bytes) VALUES
      ('all', '', ${sign}, ${sign} * ${row}.size),
      ('attachments', '', ${sign} * ${row}.attachments, 0),
      ('month', coalesce(strftime('%Y-%m', ${row}.date / 1000, 'unixepoch'), ''), ${sign}, ${sign} * ${row}.size),
      ('size', max(4, length(${row}.size - 1)), ${sign}, 0),
      ('sender', ${row}.sender, ${sign}, ${sign} * ${row}.size),
      ('labels', ${row}.labels, ${sign}, 0)
    ON CONFLICT DO UPDATE SET messages = messages + excluded.messages, bytes = bytes + excluded.bytes;
  END;`;
}

/** Opens the index at `path`, making it where there is none, or none that this version can use. */
export function openIndex<Writer>(
  path: string,
  prepare: (database: DatabaseSync) => Writer,
): { database: DatabaseSync; writer: Writer } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return open(path, prepare);
  } catch (error) {
    if (!isBroken(error) && !isNoFile(error)) throw error;
    removeIndex(path);
    return open(path, prepare);
  }
}

export function removeIndex(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

/** SQLITE_CORRUPT, SQLITE_NOTADB; SQLITE_ERROR is a damaged schema, for the statements are always the same. */
const BROKEN: ReadonlySet<number> = new Set([11, 26, 1]);

/** The file is no index, or no longer one: nothing is lost by making it anew. */
export function isBroken(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && BROKEN.has(Number(error.errcode) & 0xff);
}

/** SQLite follows links, and a pipe would be waited for: there must be a file, or nothing. */
const AS_A_FILE =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A link, or a pipe or a socket. */
function isNoFile(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ELOOP", "EMLINK", "ENXIO"].includes(String(error.code));
}

function open<Writer>(
  path: string,
  prepare: (database: DatabaseSync) => Writer,
): { database: DatabaseSync; writer: Writer } {
  closeSync(openSync(path, AS_A_FILE, 0o600)); // before SQLite makes it with the umask's mode
  const database = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    atomically(database, () => {
      const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
      if (version === VERSION) return;
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL").all();
      for (const { name } of tables.filter((table) => !String(table["name"]).startsWith("words_")))
        database.exec(`DROP TABLE "${String(name)}"`);
      database.exec(SCHEMA);
    });
    return { database, writer: prepare(database) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Another process is writing: SQLite waits so long by itself, and everything else in this thread with it. */
const WAIT_MS = 50;

/** Writers are done in milliseconds; who is not after some seconds hangs. */
const MOST_WAITS = 100;

/** Does what needs the index to itself, or waits for it; between two tries everything else in the process has its turn. */
export async function retryWhenBusy<T>(work: () => T): Promise<T> {
  for (let waits = 1; ; waits += 1)
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || waits === MOST_WAITS) throw error;
      await yieldToEventLoop();
    }
}

/** SQLITE_BUSY or SQLITE_LOCKED: somebody else holds it. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && [5, 6].includes(Number(error.errcode) & 0xff);
}

/** All or nothing, one writer at a time across processes. */
export function atomically<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

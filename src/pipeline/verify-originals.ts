import { createHash } from "node:crypto";

import { failureOf } from "../core/errors.ts";
import type { BatchEntry, BatchFile, Manifest } from "../core/export/manifest.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { EML, emlPath } from "../formats/eml-path.ts";
import { MANIFEST } from "../formats/manifest.ts";
import { entriesIn, originalIn } from "../formats/mbox.ts";
import { readParts } from "../formats/rfc5322/read-parts.ts";
import { toRecord } from "../formats/to-record.ts";
import { createHashSet } from "./directory/hash-set.ts";
import { gistOf } from "./gist.ts";
import type { Find } from "./verify.ts";

/** What is held against the originals: what the records say of them, told one record after another. */
export type OriginalCheck = Readonly<{
  /** `record` is one, as `faultOfRecord` says. */
  record(record: ExportRecord): void;
  /**
   * Reads the originals of the records told since the last time: they are those of this batch, whose files may be those of
   * any of its `versions` while it is being rewritten.
   */
  read(batch: BatchEntry, versions: readonly BatchEntry[]): Promise<void>;
  /** Looks for what no record tells of; to be called when all were told. */
  finish(): Promise<void>;
}>;

/** The original of each record must be there, have its hash, and be the mail that the record shows. */
export function checkOriginals(
  path: string,
  { originals: promised, formats = [], complete }: Manifest,
  directory: ReadDirectory,
  find: Find,
  signal: AbortSignal,
): OriginalCheck {
  const told = createHashSet();
  let due: Due[] = [];
  const totals = { count: 0, bytes: 0 };
  const without = new Set(promised?.without?.map(({ id }) => id));
  const earlier = new Set(promised?.earlier);

  /** Holds what stands somewhere, under a name for people, against a record. */
  const holdAgainst = async ({ id, original, gist }: DueOriginal, where: string, chunks: AsyncIterable<Buffer>) => {
    const hash = createHash("sha256");
    let bytes = 0;
    const passing = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    const found = await gistOfMail(passing());
    if (hash.digest("hex") !== original.sha256 || bytes !== original.bytes)
      find("changed", where, "its bytes are not those that were stored");
    else if (found !== gist && !earlier.has(id)) find("changed", id, `its record is not what ${where} says`);
  };

  /** Where they stand in an mbox too, they may still be to be made files of, while the export is unfinished. */
  const readFiles = async (records: readonly DueOriginal[], isInMbox: boolean): Promise<void> => {
    for (const record of records) {
      signal.throwIfAborted();
      const name = emlPath(record.id, record.date);
      told.add(keyOf(name));
      await using content = await directory.open(path, name);
      if (content) await holdAgainst(record, name, content.read());
      else if (complete || !isInMbox) find("missing", name, "a record tells of it, but it is not on the disk");
    }
  };

  /** Entries stand in the order of the records. */
  const readMbox = async (
    { file, bytes, sha256 }: BatchFile,
    records: readonly DueOriginal[],
    others: readonly BatchFile[],
  ): Promise<void> => {
    const whole = await directory.hash(path, file);
    // The names of what was rewritten are given one after the other.
    if (others.length > 0 && (!whole || others.some((other) => other.sha256 === whole.sha256))) return;
    if (!whole) return find("missing", file, "is in the manifest, but not on the disk");
    if (whole.sha256 !== sha256 || whole.bytes !== bytes)
      return find("changed", file, `${whole.bytes} bytes where ${bytes} were written, or other ones`);
    await using content = await directory.open(path, file);
    const entries = content ? await Array.fromAsync(entriesIn(content.read())) : [];
    if (entries.length !== records.length)
      find("malformed", file, `holds ${entries.length} messages where its records tell of ${records.length}`);
    for (const [n, record] of records.entries()) {
      signal.throwIfAborted();
      const entry = entries[n];
      if (content && entry) await holdAgainst(record, file, originalIn(content.read(entry.start, entry.end)));
    }
  };

  return {
    record(record) {
      if (!promised) return;
      const { "Message-ID": id, "Internal-Date": date, Original: original } = record;
      due.push({ id, date, original, gist: original ? gistOf(record) : "" });
    },
    async read({ files = [] }, versions) {
      const records: DueOriginal[] = [];
      for (const { original, ...record } of due) {
        if (!original) {
          if (complete && !without.has(record.id)) find("missing", record.id, "its original was not stored");
          continue;
        }
        records.push({ ...record, original });
        totals.count += 1;
        totals.bytes += original.bytes;
      }
      due = [];
      const mboxIn = (batch: Pick<BatchEntry, "files">) => batch.files?.find(({ format }) => format === "mbox");
      const mbox = mboxIn({ files });
      if (formats.includes("eml")) await readFiles(records, mbox !== undefined);
      if (!formats.includes("mbox")) return;
      const others = versions.flatMap((version) => mboxIn(version) ?? []).filter((one) => one.sha256 !== mbox?.sha256);
      if (mbox) await readMbox(mbox, records, others);
      else if (complete) find("malformed", MANIFEST, "names a batch without its mbox");
    },
    async finish() {
      if (!promised) return;
      for await (const name of directory.filesIn(path, EML))
        if (complete && !told.has(keyOf(name))) find("extra", name, "no record tells of it");
      if (complete && (promised.count !== totals.count || promised.bytes !== totals.bytes))
        find("malformed", MANIFEST, "its totals of originals are not those of the records");
    },
  };
}

/** What is remembered of a record until its original has been read. */
type Due = Readonly<{ id: string; date: string; original: ExportRecord["Original"] | undefined; gist: string }>;
type DueOriginal = Due & Readonly<{ original: NonNullable<ExportRecord["Original"]> }>;

/** The gist of the record that follows from the bytes of a message; undefined where none does. */
async function gistOfMail(chunks: AsyncIterable<Buffer>): Promise<string | undefined> {
  try {
    const root = await readParts(chunks, { reserve: async () => {} });
    const message = { id: "", threadId: "", labelIds: [], snippet: "", internalDate: undefined, sizeEstimate: 0, root };
    return gistOf(toRecord(message, new Map()));
  } catch (error) {
    if (failureOf(error)?.code === "bad_request") return undefined;
    throw error;
  }
}

function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex");
}

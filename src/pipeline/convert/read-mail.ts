import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { BatchEntry, Manifest } from "../../core/export/manifest.ts";
import { faultOfRecord, isRecord, type ExportRecord } from "../../core/mail/record.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import { parseRecord } from "../../formats/batch.ts";
import { emlPath } from "../../formats/eml-path.ts";
import { entriesIn, originalIn, type MboxEntry } from "../../formats/mbox.ts";

/** A message of an export: its record, that record's line, and its own bytes where the export has any. */
export type Mail = Readonly<{
  record: ExportRecord;
  line: Buffer;
  /** From the beginning, each time. Throws `directory_damaged` where they are not those that the record tells of. */
  original: (() => AsyncIterable<Buffer>) | undefined;
}>;

/** All messages of an export, in its order, one record in memory at a time. `withOriginals` where those are wanted. */
export async function* readMail(
  path: string,
  manifest: Manifest,
  directory: ReadDirectory,
  withOriginals: boolean,
  signal: AbortSignal,
): AsyncGenerator<Mail> {
  for (const batch of manifest.batches) {
    // Where files were asked for later, some are still to be made of the mbox while the export is unfinished.
    const hasMbox = batch.files?.some(({ format }) => format === "mbox") === true;
    const isInFiles = manifest.formats?.includes("eml") === true && (manifest.complete || !hasMbox);
    await using mbox = withOriginals && !isInFiles ? await openMbox(path, batch, directory) : undefined;
    for await (const line of directory.records(path, batch)) {
      signal.throwIfAborted();
      const record = recordIn(line, `${path}/${batch.file}`);
      const { Original: told, "Message-ID": id, "Internal-Date": date } = record;
      if (!withOriginals || !told) {
        yield { record, line, original: undefined };
        continue;
      }
      if (isInFiles) {
        const file = emlPath(id, date);
        yield { record, line, original: () => provenBytes(fileBytes(path, file, directory), told, `${path}/${file}`) };
        continue;
      }
      const read = await mbox?.next();
      if (!read) throw damaged(`${path}/${batch.file}`, "has no original of one of its messages beside it");
      yield { record, line, original: () => provenBytes(read(), told, `${path}/${batch.file}`) };
    }
  }
}

function recordIn(line: Buffer, place: string): ExportRecord {
  const value = parseRecord(line.toString());
  if (!isRecord(value)) throw damaged(place, `holds a record that ${faultOfRecord(value)}`);
  return value;
}

/** The entries of a batch's mbox, one after another: they stand in the order of the records. */
async function openMbox(
  path: string,
  { files = [] }: BatchEntry,
  directory: ReadDirectory,
): Promise<AsyncDisposable & { next(): Promise<(() => AsyncIterable<Buffer>) | undefined> }> {
  const file = files.find(({ format }) => format === "mbox")?.file;
  const content = file === undefined ? undefined : await directory.open(path, file);
  const entries: AsyncIterator<MboxEntry> | undefined = content && entriesIn(content.read())[Symbol.asyncIterator]();
  return {
    async next() {
      const found = await entries?.next();
      if (!content || !found || found.done) return undefined;
      const { start, end } = found.value;
      return () => originalIn(content.read(start, end));
    },
    async [Symbol.asyncDispose]() {
      await entries?.return?.();
      await content?.[Symbol.asyncDispose]();
    },
  };
}

/** The bytes of a file of an export. Throws `directory_damaged` where it is not there. */
export async function* fileBytes(
  path: string,
  file: string,
  directory: Pick<ReadDirectory, "open">,
): AsyncGenerator<Buffer> {
  await using content = await directory.open(path, file);
  if (!content) throw damaged(`${path}/${file}`, "is not there");
  yield* content.read();
}

async function* provenBytes(
  chunks: AsyncIterable<Buffer>,
  { sha256 }: NonNullable<ExportRecord["Original"]>,
  place: string,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256) throw damaged(place, "is not what was written");
}

function damaged(place: string, what: string): Error {
  return refuse(
    "directory_damaged",
    `${place} ${what}.`,
    "Run `gmail-export verify` on the export: it names all that is wrong.",
  );
}

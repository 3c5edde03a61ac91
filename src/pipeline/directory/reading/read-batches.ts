import { failureOf } from "../../../core/errors.ts";
import type { FoundBatch, ReadBatches } from "../../../core/ports/records.ts";
import type { OpenStorage, Storage, StoredContent } from "../../../core/ports/storage.ts";
import { batchNumber, recordsInPart, scanRecords } from "../../../formats/batch.ts";
import { JOURNAL, readJournalBegin } from "../journal.ts";
import { openManifest } from "../manifest-file.ts";
import { changedFile } from "./snapshot.ts";

/** Reads the batches of export directories, finished or growing. */
export function createReadBatches(storages: OpenStorage): ReadBatches {
  return {
    async find({ directory, owns }) {
      const path = await storages(directory).resolvePlace();
      if (path === undefined) return undefined;
      const storage = storages(path);
      // Names first: the journal is removed behind the manifest that names every batch, which is then seen below.
      const files = await storage.list();
      if (!files) return undefined;
      let manifest = (await openManifest(storage))?.manifest;
      // The first manifest is written behind the first batch: until then the journal knows whose export it is.
      const begun = manifest ?? (await readJournalBegin(storage));
      if (!begun) manifest = (await openManifest(storage))?.manifest; // it took the journal's place in between
      const its = begun ?? manifest;
      if (!its || !owns(its)) return undefined;
      const named = new Map(manifest?.batches.map(({ file, sha256 }) => [file, sha256]));
      // While the export is unfinished its manifest may not name the latest batches yet. They are whole: they have their names.
      const isUnfinished = files.some(({ name }) => name === JOURNAL);
      const batches = files.flatMap(({ name: file, growing, stamp }): FoundBatch[] => {
        const number = numberOf(file);
        if (number === 0 || growing || !(isUnfinished || named.has(file))) return [];
        return [{ number, file, growing, stamp, sha256: named.get(file) }];
      });
      // Numbers only rise: what grows under one that is taken was left behind, and nothing goes on with it.
      const last = Math.max(0, ...[...named.keys(), ...batches.map(({ file }) => file)].map(numberOf));
      const part = files.find(({ name, growing, odd }) => growing && odd === undefined && numberOf(name) > last);
      if (part && isUnfinished)
        batches.push({
          number: numberOf(part.name),
          file: part.name,
          growing: true,
          stamp: part.stamp,
          sha256: undefined,
        });
      return { path, batches: batches.toSorted((a, b) => a.number - b.number) };
    },

    async read(path, batch, onRecord, signal) {
      await using content = await openFound(storages(path), batch);
      if (!content) return undefined;
      const { sha256, whole } = await scanRecords(untilAborted(content.read(), signal), onRecord);
      return { sha256, whole };
    },

    async openGrowing(path, { file }) {
      const content = await unlessOdd(storages(path).open(file, "growing"));
      return (
        content && {
          read: (from, signal) => recordsInPart(untilAborted(content.read(from), signal), from),
          [Symbol.asyncDispose]: () => content[Symbol.asyncDispose](),
        }
      );
    },

    async bytes(path, batch, start, length) {
      const storage = storages(path);
      await using content = await (batch.growing ? openEither(storage, batch.file) : openFound(storage, batch));
      if (!content) throw changedFile(`${path}/${batch.file}`);
      const chunks: Buffer[] = [];
      for await (const chunk of content.read(start, start + length)) chunks.push(chunk);
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      if (bytes.length < length) throw changedFile(`${path}/${batch.file}`);
      return bytes;
    },
  };
}

/** Undefined when it is gone, another file, or no file. */
async function openFound(
  storage: Storage,
  { file, stamp }: Pick<FoundBatch, "file" | "stamp">,
): Promise<StoredContent | undefined> {
  const content = await unlessOdd(storage.open(file));
  if (!content || content.stamp === stamp) return content;
  await content[Symbol.asyncDispose]();
  return undefined;
}

/** What grows under this name, or was finished meanwhile. */
async function openEither(storage: Storage, file: string): Promise<StoredContent | undefined> {
  return (await unlessOdd(storage.open(file, "growing"))) ?? unlessOdd(storage.open(file));
}

function unlessOdd(opening: Promise<StoredContent | undefined>): Promise<StoredContent | undefined> {
  return opening.catch((error: unknown) => {
    if (failureOf(error)?.code === "directory_damaged") return undefined;
    throw error;
  });
}

function numberOf(file: string): number {
  return batchNumber(file)?.number ?? 0;
}

async function* untilAborted(chunks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}

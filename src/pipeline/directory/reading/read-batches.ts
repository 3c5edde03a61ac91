import { failureOf } from "../../../core/errors.ts";
import type { FoundBatch, ReadBatches } from "../../../core/ports/records.ts";
import type { OpenStorage, Storage, StoredContent } from "../../../core/ports/storage.ts";
import { batchNumber, scanRecords } from "../../../formats/batch.ts";
import { JOURNAL } from "../journal.ts";
import { openManifest } from "../manifest-file.ts";
import { changedFile } from "./snapshot.ts";

/** Reads the finished batches of export directories. */
export function createReadBatches(storages: OpenStorage): ReadBatches {
  return {
    async find({ directory, owns }) {
      const path = await storages(directory).resolvePlace();
      if (path === undefined) return undefined;
      const storage = storages(path);
      // Names first: the journal is removed behind the manifest that names every batch, which is then seen below.
      const files = await storage.list();
      const manifest = files && (await openManifest(storage))?.manifest;
      if (!manifest || !owns(manifest)) return undefined;
      const named = new Map(manifest.batches.map(({ file, sha256 }) => [file, sha256]));
      // While the export is unfinished its manifest may not name the latest batches yet. They are whole: they have their names.
      const isUnfinished = files.some(({ name }) => name === JOURNAL);
      const batches = files.flatMap(({ name: file, growing, stamp }): FoundBatch[] => {
        const number = batchNumber(file)?.number;
        if (number === undefined || growing || !(isUnfinished || named.has(file))) return [];
        return [{ number, file, stamp, sha256: named.get(file) }];
      });
      return { path, batches: batches.toSorted((a, b) => a.number - b.number) };
    },

    async read(path, batch, onRecord, signal) {
      await using content = await openFound(storages(path), batch);
      if (!content) return undefined;
      const { sha256, whole } = await scanRecords(untilAborted(content.read(), signal), onRecord);
      return { sha256, whole };
    },

    async bytes(path, batch, start, length) {
      await using content = await openFound(storages(path), batch);
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
  const content = await storage.open(file).catch((error: unknown) => {
    if (failureOf(error)?.code === "directory_damaged") return undefined;
    throw error;
  });
  if (!content || content.stamp === stamp) return content;
  await content[Symbol.asyncDispose]();
  return undefined;
}

async function* untilAborted(chunks: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}

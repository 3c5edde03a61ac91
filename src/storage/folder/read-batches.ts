import { constants, type BigIntStats } from "node:fs";
import { lstat, open as openFile, readdir, realpath, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import type { FoundBatch, ReadBatches } from "../../core/records.ts";
import { batchNumber, scanRecords } from "./batch-file.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import { JOURNAL } from "./journal.ts";
import { CHUNK } from "./lines.ts";
import { readManifest } from "./manifest-file.ts";
import { changed } from "./snapshot.ts";

/** Reads the finished batches of export directories on this machine's file system. */
export const readBatches: ReadBatches = {
  find: ({ directory, owns }) =>
    onDisk(directory, async () => {
      const path = await unlessMissing(realpath(directory));
      if (path === undefined) return undefined;
      // Names first: the journal is removed behind the manifest that names every batch, which is then seen below.
      const names = new Set(await readdir(path));
      const manifest = await readManifest(path);
      if (!manifest || !owns(manifest)) return undefined;
      const named = new Map(manifest.batches.map(({ file, sha256 }) => [file, sha256]));
      // While the export is unfinished its manifest may not name the latest batches yet. They are whole: they have their names.
      const files = names.has(JOURNAL) ? names : new Set(named.keys());
      const found = await Promise.all(
        [...files].map(async (file): Promise<FoundBatch | undefined> => {
          const name = batchNumber(file);
          if (!name || name.part || !names.has(file)) return undefined;
          const stats = await unlessMissing(lstat(join(path, file), { bigint: true }));
          return stats && { number: name.number, file, stamp: stampOf(stats), sha256: named.get(file) };
        }),
      );
      return { path, batches: found.filter((batch) => batch !== undefined).toSorted((a, b) => a.number - b.number) };
    }),

  read: (path, batch, onRecord, signal) =>
    onDisk(path, async () => {
      await using handle = await openFound(path, batch);
      if (!handle) return undefined;
      const chunks = handle.createReadStream({ highWaterMark: CHUNK, autoClose: false, signal });
      const { sha256, whole } = await scanRecords(chunks, onRecord);
      return { sha256, whole };
    }),

  bytes: (path, batch, start, length) =>
    onDisk(path, async () => {
      await using handle = await openFound(path, batch);
      if (!handle) throw changed(join(path, batch.file));
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(bytes, 0, length, start);
      if (bytesRead < length) throw changed(join(path, batch.file));
      return bytes;
    }),
};

/** Undefined when it is gone, another file, or a link: that could lead to any file of this machine. */
async function openFound(
  path: string,
  { file, stamp }: Pick<FoundBatch, "file" | "stamp">,
): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK a named pipe in its place would be waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await openFile(join(path, file), flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ELOOP") return undefined;
    throw error;
  });
  if (!handle) return undefined;
  const stats = await handle.stat({ bigint: true });
  if (stats.isFile() && stampOf(stats) === stamp) return handle;
  await handle.close();
  return undefined;
}

function stampOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}`;
}

import { constants, type BigIntStats } from "node:fs";
import { basename, dirname, join } from "node:path";

import { refuse } from "../../core/errors.ts";
import { unlessMissing } from "./disk.ts";
import {
  openAnew,
  openExisting,
  publish,
  readChunks,
  writeAll,
  type FileSystem,
  type OpenedFile,
} from "./file-system.ts";

/**
 * A file that grows in a folder. Nothing that was durable is ever taken away in place: a torn end is left behind by
 * copying what stands before it beside, and renaming. So is a file that another user could write, or that has a
 * second name somewhere: we go on in one of our own.
 */
type GrowingInFolder = Readonly<{
  append(bytes: Uint8Array): Promise<void>;
  /** `confirm` is asked right before it gets its name. */
  seal(end: Uint8Array, confirm: () => Promise<void>): Promise<BigIntStats>;
  [Symbol.asyncDispose](): Promise<void>;
}>;

/** `path` is its name when it is sealed, `growing` the one until then. */
type Names = Readonly<{ path: string; growing: string }>;

export async function growFile(
  files: FileSystem,
  names: Names,
  keep: number,
  first: Uint8Array,
): Promise<GrowingInFolder> {
  const file = await openGrowing(files, names.growing, keep, first);
  let bytes = keep + first.length;
  const write = async (chunk: Uint8Array): Promise<void> => {
    await writeAll(file, chunk, bytes);
    bytes += chunk.length;
  };
  return {
    async append(chunk) {
      await write(chunk);
      await file.datasync();
      // Writing to a file that somebody removed succeeds, and keeps nothing.
      const { nlink } = await file.stat();
      if (nlink === 0)
        throw refuse(
          "disk",
          `${names.growing} was removed while it was being written.`,
          "Start the same export again: what is no longer there is fetched again.",
        );
    },
    async seal(end, confirm) {
      await write(end);
      await file.sync();
      await confirm();
      await publish(files, names.growing, names.path);
      if (dirname(names.growing) !== dirname(names.path)) await files.syncFolder(dirname(names.growing));
      return file.stat({ bigint: true });
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openGrowing(files: FileSystem, path: string, keep: number, first: Uint8Array): Promise<OpenedFile> {
  if (keep === 0 && first.length === 0) {
    const file = await openAnew(files, path);
    return closedOnFailure(file, () => files.syncFolder(dirname(path)));
  }
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  const found = keep === 0 ? undefined : await unlessMissing(openExisting(files, path, flags));
  if (found === undefined || "odd" in found) {
    if (keep > 0) throw changed(path);
    return writeBeside(files, path, (file) => writeAll(file, first, 0));
  }
  const { file: before, stats } = found;
  if (isPrivate(stats) && Number(stats.size) === keep)
    return closedOnFailure(before, async () => {
      await writeAll(before, first, keep);
      // What is there may have been written by a process that died before it was synced; so may its name.
      await before.sync();
      await files.syncFolder(dirname(path));
    });
  try {
    return await writeBeside(files, path, async (file) => {
      let at = 0;
      for await (const chunk of readChunks(before, 0, keep)) {
        await writeAll(file, chunk, at);
        at += chunk.length;
      }
      if (at < keep) throw changed(path);
      await writeAll(file, first, keep);
    });
  } finally {
    await before.close();
  }
}

/** Writes a file beside, and gives it the name when it is whole and durable. */
async function writeBeside(
  files: FileSystem,
  path: string,
  fill: (file: OpenedFile) => Promise<void>,
): Promise<OpenedFile> {
  const part = join(dirname(path), `.new-${basename(path)}`);
  const file = await openAnew(files, part);
  return closedOnFailure(file, async () => {
    await fill(file);
    await file.sync();
    await publish(files, part, path);
  });
}

async function closedOnFailure(file: OpenedFile, work: () => Promise<void>): Promise<OpenedFile> {
  try {
    await work();
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function isPrivate({ uid, mode, nlink }: BigIntStats): boolean {
  const own = process.getuid?.();
  return own === undefined || (uid === BigInt(own) && (Number(mode) & 0o777) === 0o600 && nlink === 1n);
}

function changed(path: string): Error {
  return refuse("disk", `${path} changed while it was being read.`, "Start the same export again.");
}

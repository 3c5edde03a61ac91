import { constants } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { Lock } from "../../core/ports/lock.ts";
import type { OpenOutputFolder, OutputFolder } from "../../core/ports/output-folder.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import {
  isSystemError,
  makeFolder,
  nodeFileSystem,
  oddity,
  openExisting,
  openNew,
  readChunks,
  unlinkIfThere,
  writeAll,
  type FileSystem,
  type OpenedFile,
} from "./file-system.ts";

/** Says that a folder is one that is being made here; locked while it is. */
const MARK = ".convert";

const WAIT_MS = 200;

/** Files that are written and not synced yet, and those that are added to: as many are open at once, each. */
const MOST_OPEN = 64;

/**
 * Folders on this machine's file system. One is made as `<path>.part` and renamed when it is whole: who is killed leaves
 * that behind, and the next who makes the same removes it.
 */
export function outputFolders(lock: Lock, files: FileSystem = nodeFileSystem): OpenOutputFolder {
  return (given, signal) => onDisk(given, () => openOutput(resolve(given), lock, files, signal));
}

async function openOutput(path: string, lock: Lock, files: FileSystem, signal: AbortSignal): Promise<OutputFolder> {
  await makeFolder(files, dirname(path));
  await assertFree(path, files);
  const part = `${path}.part`;
  await assertOurs(part, files);
  await makeFolder(files, part);
  const held = await lock(join(part, MARK), WAIT_MS, signal);
  if (!held)
    throw refuse(
      "directory_busy",
      `Another process is making ${path}.`,
      "Wait until it has ended, or name another folder.",
    );
  try {
    for (const { name } of await files.readdir(part))
      if (name !== MARK) await rm(join(part, name), { recursive: true });
    return folderIn(path, part, files, held);
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

/** Nothing may be at the path but an empty folder that can be replaced. */
async function assertFree(path: string, files: FileSystem): Promise<void> {
  const stats = await unlessMissing(files.lstat(path));
  if (!stats) return;
  if (!stats.isDirectory())
    throw refuse("directory_foreign", `${path} is ${stats.isFile() ? "a file" : oddity(stats)}.`, NAME_ANOTHER);
  if ((await files.readdir(path)).length > 0)
    throw refuse("directory_foreign", `${path} is not empty; nothing in it was touched.`, NAME_ANOTHER);
  if (stats.dev !== (await files.lstat(dirname(path))).dev)
    throw refuse(
      "directory_foreign",
      `${path} is where a disk is mounted, and cannot be replaced as a whole.`,
      "Name a folder within it, which is made.",
    );
}

const NAME_ANOTHER = "Name a folder that is not there yet, or is empty: --into <dir>.";

/** What stands where the folder is made is what an earlier try left, or nothing. */
async function assertOurs(part: string, files: FileSystem): Promise<void> {
  const stats = await unlessMissing(files.lstat(part));
  if (!stats) return;
  const names = stats.isDirectory() ? (await files.readdir(part)).map(({ name }) => name) : [];
  if (stats.isDirectory() && (names.length === 0 || names.includes(MARK))) return;
  throw refuse("directory_foreign", `${part} is in the way; it was not made by gmail-export.`, NAME_ANOTHER);
}

function folderIn(path: string, part: string, files: FileSystem, held: AsyncDisposable): OutputFolder {
  const folders = new Set<string>();
  const unsynced: OpenedFile[] = [];
  const growing = new Map<string, { file: OpenedFile; bytes: number }>(); // in the order of their last use
  const sizes = new Map<string, number>(); // of those that were added to and are closed
  const made = { files: 0, bytes: 0 };
  let isPublished = false;

  const makeFolders = async (name: string): Promise<void> => {
    if (name === "." || folders.has(name)) return;
    await makeFolders(dirname(name));
    try {
      await files.mkdir(join(part, name), 0o700);
    } catch (error) {
      if (!isSystemError(error, "EEXIST")) throw error;
    }
    folders.add(name);
  };
  const pathOf = async (name: string): Promise<string> => {
    await makeFolders(dirname(name));
    return join(part, name);
  };
  const syncAll = async (all: OpenedFile[]): Promise<void> => {
    const these = all.splice(0);
    const ended = await Promise.allSettled(these.map((file) => file.sync()));
    await Promise.all(these.map((file) => file.close()));
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  };
  const writeChunks = async (
    file: OpenedFile,
    from: number,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<number> => {
    let at = from;
    for await (const chunk of chunks) {
      await writeAll(file, chunk, at);
      at += chunk.length;
    }
    made.bytes += at - from;
    return at;
  };
  const closeGrowing = async (most: number): Promise<void> => {
    for (const [name, { file, bytes }] of growing) {
      if (growing.size <= most) return;
      growing.delete(name);
      sizes.set(name, bytes);
      await syncAll([file]);
    }
  };
  const grow = async (name: string): Promise<{ file: OpenedFile; bytes: number }> => {
    const open = growing.get(name);
    growing.delete(name);
    const before = sizes.get(name);
    const one = open ?? {
      file: await (before === undefined
        ? openNew(files, await pathOf(name))
        : files.open(join(part, name), constants.O_WRONLY | constants.O_NOFOLLOW)),
      bytes: before ?? 0,
    };
    if (!open && before === undefined) made.files += 1;
    growing.set(name, one);
    await closeGrowing(MOST_OPEN);
    return one;
  };
  const writing = <T>(work: () => Promise<T>): Promise<T> => onDisk(path, work);
  const write: OutputFolder["write"] = (name, chunks, modifiedAt) =>
    writing(async () => {
      const target = await pathOf(name);
      const file = await openNew(files, target);
      unsynced.push(file);
      await writeChunks(file, 0, chunks);
      made.files += 1;
      if (modifiedAt !== undefined) await utimes(target, modifiedAt / 1_000, modifiedAt / 1_000);
      if (unsynced.length >= MOST_OPEN) await syncAll(unsynced);
    });
  const linkTo = async (name: string, source: string): Promise<void> => {
    const target = await pathOf(name);
    const stats = await unlessMissing(files.lstat(source));
    if (!stats?.isFile())
      throw refuse(
        "directory_damaged",
        `${source} is not there.`,
        "Run `gmail-export verify` on the export: it names all that is missing.",
      );
    try {
      await files.link(source, target);
      made.files += 1;
      made.bytes += Number(stats.size);
    } catch (error) {
      if (!isSystemError(error, "EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
      const found = await openExisting(files, source, constants.O_RDONLY | constants.O_NOFOLLOW);
      if ("odd" in found) throw error;
      await using file = found.file;
      await write(name, readChunks(file, 0, Number(found.stats.size)));
    }
  };
  const closeAll = async (): Promise<void> => {
    await closeGrowing(0);
    await syncAll(unsynced);
  };

  return {
    write,
    append: (name, chunks) =>
      writing(async () => {
        const one = await grow(name);
        one.bytes = await writeChunks(one.file, one.bytes, chunks);
      }),
    link: (name, other) => writing(() => linkTo(name, join(part, other))),
    linkFrom: (name, source) => writing(() => linkTo(name, source)),
    makeFolder: (name) => writing(() => makeFolders(name)),
    made: () => ({ ...made }),
    publish: () =>
      writing(async () => {
        await closeAll();
        for (const folder of folders) await files.syncFolder(join(part, folder));
        await files.syncFolder(part);
        await assertFree(path, files);
        await files.rename(part, path); // also where an empty folder is
        isPublished = true;
        await files.syncFolder(dirname(path)); // first: under its old name, without the mark, it would be in the way
        await unlinkIfThere(files, join(path, MARK));
        await files.syncFolder(path);
      }),
    async [Symbol.asyncDispose]() {
      await closeAll().catch(() => {}); // why it failed matters more
      if (!isPublished) await rm(part, { recursive: true, force: true }).catch(() => {});
      await held[Symbol.asyncDispose]();
    },
  };
}

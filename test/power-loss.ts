import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

import { nodeFileSystem, type FileSystem, type OpenedFile } from "../src/storage/folder/file-system.ts";

/** What every operation ends with once the power is off. */
class PowerLost extends Error {
  readonly code = "EPOWER";
}

/** Whether it was the power, as such or as the reason of what failed for it. Of a cause its code may be all that is kept. */
export function isPowerLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof PowerLost || error.message === "EPOWER" || isPowerLost(error.cause);
}

/** A file system that can lose its power. */
export type FragileDisk = AsyncDisposable &
  Readonly<{
    files: FileSystem;
    /** Operations so far. */
    operations(): number;
    /** Writes elsewhere what a disk has after the power was lost now: no byte and no name that was not synced. */
    survivors(into: string): Promise<void>;
  }>;

/**
 * The real file system below `root`, with a memory of what was synced. The operation of number `cutAt`, the first is 0,
 * and all behind it fail, without being done.
 */
export async function fragileDisk(root: string, cutAt = Infinity): Promise<FragileDisk> {
  /** Content by inode, as of its last sync. */
  const contents = new Map<bigint, Buffer>();
  /** Names in a folder, by the folder's inode, as of its last sync: each with the inode that it means. */
  const names = new Map<bigint, ReadonlyMap<string, { ino: bigint; isFolder: boolean }>>();
  /** A number of a file is given to another when the last name and descriptor of the first are gone: none ever is here. */
  const keepers: FileHandle[] = [];
  let count = 0;

  const operation = <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    return count > cutAt ? Promise.reject(new PowerLost("the power is off")) : work();
  };
  const inode = async (path: string): Promise<bigint> => (await lstat(path, { bigint: true })).ino;
  /** A folder is synced at one moment: where a name went away while it was read, it is read again. */
  const namesIn = (folder: string): ReturnType<typeof readNames> =>
    readNames(folder).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return namesIn(folder);
      throw error;
    });
  const readNames = async (folder: string) => {
    const entries = await readdir(folder, { withFileTypes: true });
    const pairs = entries.map(async (entry) => {
      const its = { ino: await inode(join(folder, entry.name)), isFolder: entry.isDirectory() };
      return [entry.name, its] as const;
    });
    return new Map(await Promise.all(pairs));
  };
  /** What is there when it is plugged in was there for long. */
  const remember = async (folder: string): Promise<void> => {
    const found = await namesIn(folder);
    names.set(await inode(folder), found);
    for (const [name, { ino, isFolder }] of found)
      if (isFolder) await remember(join(folder, name));
      else {
        contents.set(ino, await readFile(join(folder, name)));
        keepers.push(await open(join(folder, name)));
      }
  };
  await remember(root);

  const opened = (file: OpenedFile): OpenedFile => {
    const sync = (): Promise<void> =>
      operation(async () => {
        const { ino, size } = await file.stat({ bigint: true });
        const bytes = Buffer.alloc(Number(size));
        await file.read(bytes, 0, bytes.length, 0);
        contents.set(ino, bytes);
      });
    return {
      read: file.read.bind(file),
      stat: file.stat.bind(file),
      chmod: file.chmod.bind(file),
      close: file.close.bind(file),
      [Symbol.asyncDispose]: () => file.close(),
      write: ((...args: Parameters<OpenedFile["write"]>) =>
        operation(() => file.write(...args))) as OpenedFile["write"],
      sync,
      datasync: sync,
    };
  };

  return {
    operations: () => count,
    files: {
      ...nodeFileSystem,
      open: (path, flags, mode) => {
        const work = async (): Promise<OpenedFile> => opened(await nodeFileSystem.open(path, flags, mode));
        if ((flags & constants.O_CREAT) === 0) return work();
        return operation(async () => {
          const file = await work();
          keepers.push(await open(path));
          return file;
        });
      },
      mkdir: (path, mode) => operation(() => nodeFileSystem.mkdir(path, mode)),
      rename: (from, to) => operation(() => nodeFileSystem.rename(from, to)),
      link: (from, to) => operation(() => nodeFileSystem.link(from, to)),
      unlink: (path) => operation(() => nodeFileSystem.unlink(path)),
      rmdir: (path) => operation(() => nodeFileSystem.rmdir(path)),
      syncFolder: (path) =>
        operation(async () => {
          names.set(await inode(path), await namesIn(path));
        }),
    },
    async survivors(into) {
      const copy = async (folder: bigint, to: string): Promise<void> => {
        await mkdir(to, { recursive: true, mode: 0o700 });
        for (const [name, { ino, isFolder }] of names.get(folder) ?? [])
          if (isFolder) await copy(ino, join(to, name));
          else await writeFile(join(to, name), contents.get(ino) ?? "", { mode: 0o600 });
      };
      await copy(await inode(root), into);
    },
    async [Symbol.asyncDispose]() {
      for (const keeper of keepers) await keeper.close();
    },
  };
}

import { constants, type BigIntStats, type Dirent } from "node:fs";
import { link, lstat, mkdir, open, readdir, rename, rmdir, unlink, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** A file held open. Nothing that is written is durable before `sync` or `datasync`. */
export type OpenedFile = AsyncDisposable &
  Pick<FileHandle, "read" | "write" | "sync" | "datasync" | "stat" | "chmod" | "close">;

/**
 * What this room asks of a file system. No name that was made, changed or removed is durable before its folder is
 * synced. Tests put one in its place that forgets, at any moment, what was not synced.
 */
export type FileSystem = Readonly<{
  open(path: string, flags: number, mode?: number): Promise<OpenedFile>;
  mkdir(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails where one has that name already. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Removes a folder with nothing in it. */
  rmdir(path: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Never follows a link. */
  lstat(path: string): Promise<BigIntStats>;
  readdir(path: string): Promise<Dirent[]>;
}>;

export const nodeFileSystem: FileSystem = {
  open,
  async mkdir(path, mode) {
    await mkdir(path, { mode });
  },
  rename,
  link,
  unlink,
  rmdir,
  async syncFolder(path) {
    await using folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await folder.sync();
  },
  lstat: (path) => lstat(path, { bigint: true }),
  readdir: (path) => readdir(path, { withFileTypes: true }),
};

/** Whether an error is the system's, and says this. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Makes a file that was not there, for its owner alone. A link in its place is a file in its place: `EEXIST`. */
export function openNew(files: FileSystem, path: string): Promise<OpenedFile> {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return files.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Makes a file anew in place of whatever has this name; what a link there leads to is not touched. */
export async function openAnew(files: FileSystem, path: string): Promise<OpenedFile> {
  await unlinkIfThere(files, path);
  return openNew(files, path);
}

export async function unlinkIfThere(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** False where there is no such file, or no folder it would be. */
export async function renameIfThere(files: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    await files.rename(from, to);
    return true;
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    return false;
  }
}

/**
 * Opens a file that is there; `odd` says what stands there instead of a file. A named pipe or a device is not waited
 * for, and no link followed where `flags` hold O_NOFOLLOW.
 */
export async function openExisting(
  files: FileSystem,
  path: string,
  flags: number,
): Promise<{ file: OpenedFile; stats: BigIntStats } | { odd: string }> {
  let file: OpenedFile;
  try {
    file = await files.open(path, flags | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, "ELOOP", "EMLINK")) return { odd: "a link" };
    if (isSystemError(error, "ENXIO", "ENODEV", "EOPNOTSUPP")) return { odd: "a socket, a named pipe or a device" };
    if (isSystemError(error, "EISDIR")) return { odd: "a folder" };
    throw error;
  }
  try {
    const stats = await file.stat({ bigint: true });
    if (stats.isFile()) return { file, stats };
    await file.close();
    return { odd: oddity(stats) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether two looks at a name saw one file, or one folder. */
export function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** Opens a file for reading, through no link. Undefined when there is none. */
export async function openToRead(
  files: FileSystem,
  path: string,
): Promise<Awaited<ReturnType<typeof openExisting>> | undefined> {
  try {
    return await openExisting(files, path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** What something that is no file is, in words. */
export function oddity(stats: Pick<BigIntStats, "isDirectory" | "isSymbolicLink" | "isFIFO" | "isSocket">): string {
  if (stats.isSymbolicLink()) return "a link";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isSocket() ? "a socket" : "a device";
}

/** Makes a folder for its owner alone, with those missing above it; their names are durable then. */
export async function makeFolder(files: FileSystem, path: string): Promise<void> {
  try {
    await files.mkdir(path, 0o700);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return;
    if (!isSystemError(error, "ENOENT") || dirname(path) === path) throw error;
    await makeFolder(files, dirname(path));
    return makeFolder(files, path);
  }
  await files.syncFolder(dirname(path));
}

/** What is read, or copied, at once. */
const CHUNK = 1 << 18;

/** The bytes of a file from `start` up to `end`, which is not among them; fewer when it ends before. */
export async function* readChunks(file: OpenedFile, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** Writes all of a chunk; `write` alone may stop half-way. */
export async function writeAll(file: OpenedFile, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

/** Gives a file that is whole and synced its final name; the name itself is durable then. */
export async function publish(files: FileSystem, part: string, path: string): Promise<void> {
  await files.rename(part, path);
  await files.syncFolder(dirname(path));
}

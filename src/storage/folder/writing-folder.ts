import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { join } from "node:path";

import { HoldLost } from "../../core/errors.ts";
import type { HeldPlace } from "../../core/ports/holds.ts";
import { unlessMissing } from "./disk.ts";
import {
  isSameFile,
  openAnew,
  openToRead,
  readChunks,
  renameIfThere,
  unlinkIfThere,
  writeAll,
  type FileSystem,
  type OpenedFile,
} from "./file-system.ts";

/**
 * Where a holder that may be overtaken keeps all that is not published: `.writing-<number>` in the export's folder, the number
 * being that of its hold. Whatever it publishes it renames out of there, and whatever it takes away into there.
 *
 * Holds always: a folder with a lower number has gone, with all that was in it, before the holder of a higher one reads
 * anything. So who wakes up behind that finds no file under the name that it would publish, and no folder in which to make
 * another: the file system itself refuses. What an earlier holder may still have open is copied, never gone on with: late
 * bytes end in a file without a name.
 */
const WRITING = /^\.writing-(\d{1,16})$/;

/** What ends the name of a file that is not whole yet. */
export const PART = ".part";

/** What begins the name of that in such a folder which grows under no name: a file that is put, or the folder of an earlier holder. */
export const DRAFT = ".new-";

export function isWritingFolder(name: string): boolean {
  return WRITING.test(name);
}

/** The folders in a place in which something may grow, that of the latest holder first. */
export async function writingFolders(files: FileSystem, place: string): Promise<string[]> {
  const folders: string[] = [];
  for (const number of await numbersIn(files, place)) {
    folders.push(folderOf(place, number));
    for (let at = folders.length - 1; at < folders.length; at += 1)
      folders.push(...(await foldersIn(files, folders[at]!)).toSorted().toReversed());
  }
  return folders;
}

function folderOf(place: string, number: number): string {
  return join(place, `.writing-${number}`);
}

async function numbersIn(files: FileSystem, place: string): Promise<number[]> {
  const entries = (await unlessMissing(files.readdir(place))) ?? [];
  return entries
    .flatMap((entry) => (entry.isDirectory() ? (WRITING.exec(entry.name)?.[1] ?? []) : []))
    .map(Number)
    .toSorted((a, b) => b - a);
}

async function namesIn(files: FileSystem, folder: string): Promise<string[]> {
  return ((await unlessMissing(files.readdir(folder))) ?? []).flatMap((entry) => (entry.isFile() ? entry.name : []));
}

async function foldersIn(files: FileSystem, folder: string): Promise<string[]> {
  const entries = (await unlessMissing(files.readdir(folder))) ?? [];
  return entries.flatMap((entry) => (entry.isDirectory() ? join(folder, entry.name) : []));
}

/**
 * Makes the folder of a hold, with all that grew in those of earlier ones, which are gone when this resolves. Throws
 * `HoldLost` where a later holder was there before.
 */
export async function takeWritingFolder(
  files: FileSystem,
  place: string,
  { number, confirm }: Pick<HeldPlace, "number" | "confirm">,
): Promise<string> {
  const own = folderOf(place, number);
  const findEarlier = async (mine = number): Promise<number[]> => {
    const others = (await numbersIn(files, place)).filter((other) => other !== mine);
    if (others.some((other) => other >= number)) throw overtaken(place);
    return others;
  };
  await findEarlier(NaN); // who has forgotten numbers may have given this one before
  await files.mkdir(own, 0o700);
  await files.syncFolder(place);
  try {
    await findEarlier();
    await confirm();
  } catch (error) {
    await files.rmdir(own).catch(() => {}); // why it failed matters more
    throw error;
  }
  try {
    await inherit(files, place, own, await findEarlier());
    await findEarlier(); // before ours is relied on
    return own;
  } catch (error) {
    if ((await unlessMissing(files.lstat(own))) === undefined) throw overtaken(place);
    throw error;
  }
}

/** Nobody publishes any more what is being copied: the folder from which that would be has another name by then. */
async function inherit(files: FileSystem, place: string, own: string, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) await renameIfThere(files, folderOf(place, number), join(own, `${DRAFT}${number}`));
  await files.syncFolder(own);
  await files.syncFolder(place);
  const [, ...earlier] = await writingFolders(files, place);
  for (const folder of earlier) await copyGrowing(files, place, folder, own);
  await files.syncFolder(own);
  for (const folder of await foldersIn(files, own)) await removeFolder(files, folder);
}

/** Gives back what grew to whoever comes next, under the names that it has where nobody writes. */
export async function releaseWritingFolder(files: FileSystem, place: string, own: string): Promise<void> {
  for (const name of await namesIn(files, own))
    if (name.startsWith(DRAFT)) await files.unlink(join(own, name));
    else await files.rename(join(own, name), join(place, name));
  await files.rmdir(own);
  await files.syncFolder(place);
}

/** Copies what grew in a folder, but for what is in ours already: that is of a later holder. */
async function copyGrowing(files: FileSystem, place: string, from: string, own: string): Promise<void> {
  const there = new Set(await namesIn(files, own));
  for (const name of await namesIn(files, from)) {
    if (name.startsWith(DRAFT) || there.has(name)) continue;
    const found = await openToRead(files, join(from, name));
    if (!found || "odd" in found) continue;
    await using before = found.file;
    if (await isPublished(files, join(place, name), found)) continue;
    const draft = join(own, DRAFT + name);
    await using copy = await openAnew(files, draft);
    let at = 0;
    for await (const chunk of readChunks(before, 0, Number(found.stats.size))) {
      await writeAll(copy, chunk, at);
      at += chunk.length;
    }
    await copy.sync();
    await files.rename(draft, join(own, name));
  }
}

/** Whether a file has its own name already: the power failed before it had lost the one that it grew under. */
async function isPublished(
  files: FileSystem,
  growing: string,
  { file, stats }: Readonly<{ file: OpenedFile; stats: BigIntStats }>,
): Promise<boolean> {
  if (!growing.endsWith(PART)) return false;
  const found = await openToRead(files, growing.slice(0, -PART.length));
  if (!found || "odd" in found) return false;
  await using published = found.file;
  if (isSameFile(stats, found.stats)) return true;
  return stats.size === found.stats.size && (await hashOf(file, stats)) === (await hashOf(published, stats));
}

async function hashOf(file: OpenedFile, { size }: BigIntStats): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of readChunks(file, 0, Number(size))) hash.update(chunk);
  return hash.digest("hex");
}

/** What is in it goes first: a process that has it open under a former name can make nothing in what is gone. */
async function removeFolder(files: FileSystem, folder: string): Promise<void> {
  for (const within of await foldersIn(files, folder)) await removeFolder(files, within);
  for (const name of await namesIn(files, folder)) await unlinkIfThere(files, join(folder, name));
  await files.rmdir(folder);
}

export function overtaken(place: string): HoldLost {
  return new HoldLost(`Another process has taken over ${place}, and writes there now.`);
}

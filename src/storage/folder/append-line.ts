import { constants } from "node:fs";

import { refuse } from "../../core/errors.ts";
import { isSystemError, openExisting, openNew, writeAll, type FileSystem, type OpenedFile } from "./file-system.ts";

/** Windows makes owner and mode of a file up. */
const HAS_OWNERS = process.platform !== "win32";

/**
 * Appends a line to a file for its owner alone (0600), which is made where there is none. Throws `not_private` where
 * something else stands there: a link, a pipe, a file with a second name, or one that others may read or write.
 */
export async function appendLine(files: FileSystem, path: string, line: string): Promise<void> {
  await using file = await openOwn(files, path);
  const { size } = await file.stat();
  await writeAll(file, Buffer.from(`${line}\n`), size); // one write; the system puts it at the end, whatever others wrote
}

async function openOwn(files: FileSystem, path: string): Promise<OpenedFile> {
  const { O_WRONLY, O_APPEND, O_NOFOLLOW } = constants;
  try {
    const found = await openExisting(files, path, O_WRONLY | O_APPEND | O_NOFOLLOW);
    const odd = "odd" in found ? found.odd : notOwn(found.stats);
    if (!("odd" in found) && odd === undefined) return found.file;
    if (!("odd" in found)) await found.file.close();
    throw refuse("not_private", `${path} is ${odd}.`, "Name a file that is not there yet, in a folder of your own.");
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    return openNew(files, path);
  }
}

function notOwn(stats: Readonly<{ uid: bigint; mode: bigint; nlink: bigint }>): string | undefined {
  if (!HAS_OWNERS) return undefined;
  if (stats.uid !== BigInt(process.getuid!())) return "a file of another user";
  if (stats.nlink !== 1n) return "a file with a second name";
  return (stats.mode & 0o077n) === 0n ? undefined : "a file that others may read or write";
}

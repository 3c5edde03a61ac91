import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { dirname } from "node:path";

import { refuse } from "../../core/errors.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import { decodeTextFile } from "../../core/text-file.ts";
import {
  isSystemError,
  makeFolder,
  nodeFileSystem,
  openAnew,
  openExisting,
  openNew,
  publish,
  readChunks,
  unlinkIfThere,
  writeAll,
  type FileSystem,
  type OpenedFile,
} from "./file-system.ts";

/** Windows makes owner and mode of a file up. */
const HAS_OWNERS = process.platform !== "win32";

/** Private files on a file system. */
export function privateFiles(files: FileSystem): PrivateFiles {
  return {
    async privateFolder(path) {
      await makeFolder(files, path);
      await tightenFolder(files, path);
    },
    async replaceFile(path, text) {
      const part = `${path}.part`;
      await write(await openAnew(files, part), text);
      await publish(files, part, path);
    },
    async createFile(path, text) {
      const part = `${path}.${randomUUID()}.part`;
      try {
        await write(await openNew(files, part), text);
        // A link, unlike a rename, fails where a file stands; and unlike an exclusive open, shows the file when it is whole.
        await files.link(part, path);
      } catch (error) {
        if (isSystemError(error, "EEXIST")) return false;
        throw error;
      } finally {
        await unlinkIfThere(files, part);
      }
      await files.syncFolder(dirname(path));
      return true;
    },
    async removeFile(path) {
      try {
        await files.unlink(path);
      } catch (error) {
        if (isSystemError(error, "ENOENT")) return;
        throw error;
      }
      await files.syncFolder(dirname(path));
    },
    readFile: (path) => read(files, path, false),
    readPrivateFile: (path) => read(files, path, true),
  };
}

/** Private files on this machine's own. */
export const filesOnDisk = privateFiles(nodeFileSystem);

/** A link to a file is how secrets are handed to a container: it is followed here, where nothing is written. */
async function read(files: FileSystem, path: string, mustBePrivate: boolean): Promise<string> {
  const found = await openExisting(files, path, constants.O_RDONLY);
  if ("odd" in found)
    throw refuse("not_private", `${path} is ${found.odd}, not a file.`, `Put a file of your own in its place.`);
  await using file = found.file;
  if (mustBePrivate && HAS_OWNERS && (Number(found.stats.mode) & 0o077) !== 0)
    throw refuse(
      "not_private",
      `${path} holds secrets, and other users of this machine may read it.`,
      `Type: chmod 600 ${path}`,
    );
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(file, 0, Number(found.stats.size))) chunks.push(chunk);
  return decodeTextFile(Buffer.concat(chunks));
}

/** Makes an existing folder private when it is not, by its descriptor. Throws what the system says where it belongs to somebody else. */
export async function tightenFolder(files: FileSystem, path: string, flags = 0): Promise<void> {
  await using folder = await files.open(path, constants.O_RDONLY | constants.O_DIRECTORY | flags);
  const { mode } = await folder.stat();
  if (HAS_OWNERS && (mode & 0o7777) !== 0o700) await folder.chmod(0o700);
}

async function write(file: OpenedFile, text: string): Promise<void> {
  try {
    await writeAll(file, Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

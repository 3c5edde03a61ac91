import { constants } from "node:fs";
import { join } from "node:path";

import { refuse } from "../../core/errors.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";
import { tightenFolder } from "./private-files.ts";

/** Others may make, rename and remove files in it. */
const WRITABLE = 0o022;
const STICKY = 0o1000; // but only their own

/**
 * Makes the folders of a deployment private where they are not: whoever may write in them can put another list of
 * exports, or another key, in the place of ours. Throws `not_private` where that cannot be, or was too late.
 */
export async function tightenFolders(
  { stateDir, tokenDir, exportDir }: { stateDir: string; tokenDir: string; exportDir?: string },
  files: FileSystem = nodeFileSystem,
): Promise<void> {
  for (const [name, path] of [
    ["STATE_DIR", stateDir],
    ["TOKEN_DIR", tokenDir],
  ] as const) {
    const before = await modeOf(files, path);
    if (before === undefined) continue;
    await tightenFolder(files, path).catch((error: unknown) => {
      // It belongs to somebody else. That is for who set it up to answer for, unless anybody may write in it.
      if ((before & 0o002) !== 0) throw open(name, path, error);
    });
    await assertStillHeld(files, name, path);
  }
  // EXPORT_DIR may be a folder that holds other things, too; each export's own is private in any case.
  const mode = exportDir === undefined ? undefined : await modeOf(files, exportDir);
  if (exportDir !== undefined && mode !== undefined && (mode & WRITABLE) !== 0 && (mode & STICKY) === 0)
    await tightenFolder(files, exportDir).catch(() => {}); // somebody else's; an export sees when its folder is changed for another
}

async function modeOf(files: FileSystem, path: string): Promise<number | undefined> {
  return onDisk(path, async () => {
    const folder = await unlessMissing(files.open(path, constants.O_RDONLY | constants.O_DIRECTORY));
    if (!folder) return undefined;
    await using held = folder;
    return (await held.stat()).mode & 0o7777;
  });
}

/** Nothing in it was put there by a user who is neither this one nor the one that the folder belongs to. */
async function assertStillHeld(files: FileSystem, name: string, path: string): Promise<void> {
  const own = process.getuid?.();
  if (own === undefined) return; // Windows knows no owners
  const folder = await files.lstat(join(path, "."));
  for (const entry of await files.readdir(path)) {
    const stats = await unlessMissing(files.lstat(join(path, entry.name)));
    if (stats && stats.uid !== BigInt(own) && stats.uid !== folder.uid)
      throw refuse(
        "not_private",
        `${join(path, entry.name)} belongs to another user, who could write in ${name} until now.`,
        "Look who put it there. Then move it away, or make it yours (chown), and start again.",
      );
  }
}

function open(name: string, path: string, cause: unknown): Error {
  return refuse(
    "not_private",
    `Everybody may write in ${name} (${path}), which belongs to another user.`,
    `Let it belong to the user that runs gmail-export, and type: chmod 700 ${path}`,
    { cause },
  );
}

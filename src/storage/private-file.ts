import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { refuse } from "../core/errors.ts";

/** How every adapter writes files: for their owner alone, whole or not at all, and through a power cut. */

/** Makes a folder that only its owner may enter, or makes an existing one so, whatever the umask. */
export async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { mode } = await stat(path);
  if ((mode & 0o777) !== 0o700) await chmod(path, 0o700);
}

/** Puts `text` in place of the file. Of two that do so at once, hold a lock first. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await writeWhole(part, text);
  await publish(part, path);
}

/** Writes a file where there is none. False: somebody else's stands there, and is kept. */
export async function createFile(path: string, text: string): Promise<boolean> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await writeWhole(part, text);
    // A link, unlike a rename, fails where a file stands; and unlike an exclusive open, shows the file when it is whole.
    await link(part, path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** Gives a finished, synced file its final name; the name itself is durable then. */
export async function publish(part: string, path: string): Promise<void> {
  await rename(part, path);
  await syncFolder(dirname(path));
}

async function writeWhole(path: string, text: string): Promise<void> {
  await using file = await open(path, "w", 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Reads a file of secrets. Throws `not_private` when others than its owner may do so too, or what `open` throws. */
export async function readPrivateFile(path: string): Promise<string> {
  await using file = await open(path, "r");
  const found = await file.stat();
  // Windows makes the bits up.
  if (process.platform !== "win32" && found.isFile() && (found.mode & 0o077) !== 0)
    throw refuse(
      "not_private",
      `${path} holds secrets, and other users of this machine may read it.`,
      `Type: chmod 600 ${path}`,
    );
  return await file.readFile("utf8");
}

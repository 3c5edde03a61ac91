import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** How an export directory gets its files: for their owner alone, whole or not at all, and through a power cut. */

/** Puts `text` in place of the file. Of two that do so at once, hold a lock first. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await writeWhole(part, text);
  await publish(part, path);
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

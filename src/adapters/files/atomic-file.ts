import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts `text` in place of the file, whole or not at all, and through a power cut. The file is 0600. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  {
    await using file = await open(part, "w", 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await publish(part, path);
}

/** Gives a finished, synced file its final name; the name itself is durable then. */
export async function publish(part: string, path: string): Promise<void> {
  await rename(part, path);
  await using folder = await open(dirname(path), "r");
  await folder.sync();
}

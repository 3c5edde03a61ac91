import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/**
 * Every file but the manifest and the tool's own, by its hash. An export with everything reads originals, which name no
 * attachment, so all of it is the same byte for byte; only the moments in the change log are each run's own.
 */
export async function everyFileIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && one.name !== "manifest.json" && !one.name.startsWith("."));
  const hashes = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const bytes = await readFile(path);
    const same = name === "changes.ndjson" ? bytes.toString().replaceAll(/"at":"[^"]*"/g, '"at":""') : bytes;
    return [relative(folder, path), createHash("sha256").update(same).digest("hex")] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

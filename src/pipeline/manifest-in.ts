import { refuse } from "../core/errors.ts";
import type { Manifest } from "../core/export/manifest.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";

/** What the manifest of an export directory says. Throws `directory_damaged` where there is none, or it cannot be understood. */
export async function manifestIn(path: string, directory: Pick<ReadDirectory, "manifest">): Promise<Manifest> {
  const manifest = await directory.manifest(path);
  if (manifest) return manifest;
  throw refuse(
    "directory_damaged",
    `There is no manifest.json in ${path}.`,
    "Name the directory of an export; if one was stopped very early there, start it again first.",
  );
}

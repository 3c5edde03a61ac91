import { buffer } from "node:stream/consumers";

import type { Manifest } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { MANIFEST, readManifest, writeManifest } from "../../formats/manifest.ts";

/** The manifest of a directory with the very bytes that say so; undefined when there is none. Throws `directory_damaged` when it cannot be understood. */
export async function openManifest(storage: Storage): Promise<{ manifest: Manifest; bytes: Buffer } | undefined> {
  await using content = await storage.open(MANIFEST);
  if (!content) return undefined;
  const bytes = await buffer(content.read());
  return { manifest: readManifest(bytes, `${storage.place}/${MANIFEST}`), bytes };
}

/** Who sees manifest.json sees this one or the one before. */
export async function putManifest(storage: Storage, manifest: Manifest): Promise<void> {
  await storage.put(MANIFEST, [writeManifest(manifest)]);
}

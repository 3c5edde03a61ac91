import type { BatchEntry, Manifest } from "../../core/export/manifest.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";

/**
 * A manifest with its batches as they lie there: an unfinished export may have rewritten some since it was written, because
 * it was killed right then, or still runs.
 */
export async function withCurrentBatches(
  path: string,
  manifest: Manifest,
  directory: ReadDirectory,
): Promise<Manifest> {
  if (manifest.complete) return manifest;
  const rewritten = Map.groupBy(await directory.rewritten(path), ({ file }) => file);
  const batches: BatchEntry[] = [];
  for (const promised of manifest.batches) {
    const versions = rewritten.get(promised.file);
    const found = versions && (await directory.hash(path, promised.file));
    batches.push(versions?.findLast(({ sha256 }) => sha256 === found?.sha256) ?? promised);
  }
  return { ...manifest, batches };
}

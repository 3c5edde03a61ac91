import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { ReadDirectory } from "../../core/directory.ts";
import { refuse } from "../../core/errors.ts";
import { scanBatch } from "./batch-file.ts";
import { onDisk, unlessMissing } from "./disk.ts";
import { readManifest } from "./manifest-file.ts";
import { takeSnapshot } from "./snapshot.ts";

/** Reads export directories on this machine's file system. */
export const readDirectory: ReadDirectory = {
  manifest: (path) => onDisk(path, () => readManifest(path)),
  snapshot: (path) => onDisk(path, () => takeSnapshot(path)),
  files: (path) =>
    onDisk(path, async () => {
      const entries = await unlessMissing(readdir(path, { withFileTypes: true }));
      if (!entries)
        throw refuse(
          "directory_damaged",
          `There is no directory ${path}.`,
          "Check the path: it is printed when an export ends.",
        );
      return entries.filter((entry) => entry.isFile() && !entry.name.startsWith(".")).map((entry) => entry.name);
    }),
  batch: (path, file, onRecord) => onDisk(path, () => unlessMissing(scanBatch(join(path, file), file, onRecord))),
};

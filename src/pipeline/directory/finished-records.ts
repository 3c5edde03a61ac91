import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { BatchEntry } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { recordLines } from "../../formats/batch.ts";

/** The records of a finished batch. Throws `directory_damaged` behind the last where the bytes were not those that were written. */
export async function* finishedRecords(storage: Storage, { file, sha256 }: BatchEntry): AsyncGenerator<Buffer> {
  await using content = await storage.open(file);
  const hash = createHash("sha256");
  if (content) yield* recordLines(content.read(), (chunk) => hash.update(chunk));
  if (!content || hash.digest("hex") !== sha256) throw changedBatch(storage.place, file);
}

/** Of a batch whose files are not those that were written. */
export function changedBatch(place: string, file: string): Error {
  return refuse(
    "directory_damaged",
    `${file} in ${place} is not what was written.`,
    "Move all files of that batch away, those with its number, and start the same export again: its messages are fetched again.",
  );
}

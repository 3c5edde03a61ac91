import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { Storage } from "../../core/ports/storage.ts";
import { CHANGES, changeLine } from "../../formats/changes.ts";
import { changesInJournal } from "./journal.ts";

/** What is written at once. */
const PIECE_CHARACTERS = 1 << 18;

/**
 * Writes changes.ndjson anew, in place of the one before as a whole: what it had when the export was finished the last
 * time, and behind that what the journal tells. Written once more, it is the same. Resolves with what the manifest says of it.
 * Throws `directory_damaged` where the file is not what it was.
 */
export async function writeChanges(
  storage: Storage,
  before: Manifest["changes"],
): Promise<NonNullable<Manifest["changes"]>> {
  const { bytes, sha256 } = await storage.put(CHANGES, chunksOf(storage, before));
  return { bytes, sha256 };
}

async function* chunksOf(storage: Storage, before: Manifest["changes"]): AsyncGenerator<Buffer> {
  if (before) {
    await using content = await storage.open(CHANGES);
    const hash = createHash("sha256");
    for await (const chunk of content?.read(0, before.bytes) ?? []) {
      hash.update(chunk);
      yield Buffer.from(chunk);
    }
    if (hash.digest("hex") !== before.sha256)
      throw refuse(
        "directory_damaged",
        `${CHANGES} in ${storage.place} is not what was written.`,
        "Restore the file from a copy; the messages themselves are not concerned.",
      );
  }
  let text = "";
  for await (const change of changesInJournal(storage)) {
    text += changeLine(change);
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

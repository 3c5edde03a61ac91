import { createHash } from "node:crypto";

import { refuse } from "../../core/errors.ts";
import type { ChangeEntry } from "../../core/export/change.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import { CHANGES, readChanges } from "../../formats/changes.ts";

type ReadsChanges = Pick<ReadDirectory, "open" | "changesUnderWay">;

/**
 * What changed in Gmail since the first run, in the order in which runs saw it, with what a run saw that has not ended yet;
 * those of kinds that a later version wrote are left out. One is in memory at a time. None where nothing changed yet.
 * Throws `directory_damaged` where they are not what was written, behind the last of them at the latest.
 */
export async function* readChangesIn(
  path: string,
  { changes: promised, complete }: Manifest,
  directory: ReadsChanges,
  signal: AbortSignal,
): AsyncGenerator<ChangeEntry> {
  if (promised) yield* changesInFile(path, promised, directory, signal);
  if (!complete) yield* directory.changesUnderWay(path);
}

async function* changesInFile(
  path: string,
  promised: NonNullable<Manifest["changes"]>,
  directory: ReadsChanges,
  signal: AbortSignal,
): AsyncGenerator<ChangeEntry> {
  await using content = await directory.open(path, CHANGES);
  if (!content) throw damaged(path);
  const hash = createHash("sha256");
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of content.read(0, promised.bytes)) {
      signal.throwIfAborted();
      hash.update(chunk);
      yield chunk;
    }
  };
  for await (const line of readChanges(chunks())) {
    if ("fault" in line) throw damaged(path);
    if (line.change) yield line.change;
  }
  if (hash.digest("hex") !== promised.sha256) throw damaged(path);
}

function damaged(path: string): Error {
  return refuse(
    "directory_damaged",
    `${CHANGES} in ${path} is not what was written.`,
    "Run `gmail-export verify` on the export: it names all that is wrong.",
  );
}

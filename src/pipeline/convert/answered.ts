import { createHash } from "node:crypto";

import type { Manifest } from "../../core/export/manifest.ts";
import type { ReadDirectory } from "../../core/ports/read-directory.ts";
import { parseRecord } from "../../formats/batch.ts";
import { withoutBody } from "../../formats/record-line.ts";
import { createHashSet } from "../directory/hash-set.ts";

/** Gmail has no label for what was answered: it is what a sent message of the export names in `In-Reply-To`. */
export async function findAnswered(
  path: string,
  { batches }: Manifest,
  directory: ReadDirectory,
  signal: AbortSignal,
): Promise<(messageId: string) => boolean> {
  const answered = createHashSet();
  for (const batch of batches)
    for await (const line of directory.records(path, batch)) {
      signal.throwIfAborted();
      const { Labels: labels, "In-Reply-To": answers } = Object(parseRecord(withoutBody(line) ?? line.toString()));
      if (!Array.isArray(labels) || !labels.includes("SENT") || typeof answers !== "string") continue;
      for (const [id] of answers.matchAll(/<[^<>]+>/g)) answered.add(keyOf(id));
    }
  return (messageId) => {
    const [id] = /<[^<>]+>/.exec(messageId) ?? [];
    return id !== undefined && answered.has(keyOf(id));
  };
}

function keyOf(messageId: string): string {
  return createHash("sha256").update(messageId).digest("hex");
}

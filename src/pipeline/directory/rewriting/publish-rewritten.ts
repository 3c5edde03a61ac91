import type { Storage } from "../../../core/ports/storage.ts";
import type { Rewritten } from "../journal.ts";
import { hasGrownTo } from "./rewrite-batch.ts";

/**
 * Gives the files of a batch that was rewritten their names, where a run broke off before it had done that. To be called
 * with the last that the journal tells of, before anything of the batches is read.
 */
export async function publishRewritten(storage: Storage, last: Rewritten | undefined): Promise<void> {
  if (!last) return;
  for (const { file, bytes, sha256 } of [...(last.entry.files ?? []), last.entry]) {
    if (!(await hasGrownTo(storage, file, bytes, sha256))) continue;
    await using growing = await storage.grow(file, bytes);
    await growing.seal(Buffer.alloc(0));
  }
}

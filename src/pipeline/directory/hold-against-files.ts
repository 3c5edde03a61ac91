import { refuse } from "../../core/errors.ts";
import type { Ledger } from "../../core/export/ledger.ts";
import type { Storage } from "../../core/ports/storage.ts";
import type { Batches } from "./batches.ts";

/**
 * The last look before "complete" may be said. The hashes were made from the very bytes that were written or read back,
 * in this run or in one that noted the file's stamp, so the sizes and the sums are what is left to check.
 */
export async function holdAgainstFiles(storage: Storage, batches: Batches, ledger: Ledger): Promise<void> {
  const sizes = new Map((await storage.list())?.map(({ name, growing, bytes }) => [growing ? "" : name, bytes]));
  for (const { file, bytes } of batches.entries.flatMap((entry) => [entry, ...(entry.files ?? [])]))
    if (sizes.get(file) !== bytes)
      throw refuse(
        "directory_damaged",
        `${file} in ${storage.place} changed while it was being exported.`,
        "Move all files of that batch away, those with its number, and start the same export again: its messages are fetched again.",
      );
  const written = batches.entries.reduce((sum, { count }) => sum + count, 0);
  if (written !== ledger.count("exported"))
    throw refuse(
      "directory_damaged",
      `The batches in ${storage.place} hold ${written} records, but ${ledger.count("exported")} different messages.`,
      "Run `gmail-export verify` on the directory: it names the batches that repeat a message.",
    );
}

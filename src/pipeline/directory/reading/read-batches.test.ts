import { rm } from "node:fs/promises";
import { join } from "node:path";

import { readBatchesContract } from "../../../../test/contracts/read-batches.ts";
import { readBatches } from "../../../../test/on-disk.ts";
import { scratchFolder } from "../../../../test/scratch.ts";
import { writeExport, writeGrowing } from "../../../../test/written-export.ts";

readBatchesContract("over a folder", async () => {
  const folder = await scratchFolder();
  const directory = join(folder.path, "data");
  return {
    batches: readBatches,
    directory,
    write: (batches, how) => writeExport(directory, batches, how),
    grow: (number, records, torn) => writeGrowing(directory, number, records, torn),
    // A growing batch lies beside the place of its name.
    remove: (file) =>
      Promise.all(["", ".part"].map((end) => rm(join(directory, file + end), { force: true }))).then(() => {}),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { recordContentContract } from "../../../../test/contracts/record-content.ts";
import { readRecordContent } from "../../../../test/on-disk.ts";
import { scratchFolder } from "../../../../test/scratch.ts";

recordContentContract("files in a folder", async () => {
  const folder = await scratchFolder();
  const pathOf = (name: string): string => join(folder.path, name);
  return {
    contents: readRecordContent,
    directory: folder.path,
    async put(name, bytes) {
      await mkdir(dirname(pathOf(name)), { recursive: true });
      await writeFile(`${pathOf(name)}.new`, bytes);
      await rename(`${pathOf(name)}.new`, pathOf(name));
    },
    async change(name, bytes, at) {
      await using file = await open(pathOf(name), "r+");
      await file.write(bytes, 0, bytes.length, at);
    },
    remove: (name) => rm(pathOf(name)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

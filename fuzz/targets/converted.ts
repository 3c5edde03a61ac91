import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { systemClock as clock } from "../../src/clock.ts";
import { failureOf } from "../../src/core/errors.ts";
import { convert } from "../../src/pipeline/convert/convert.ts";
import { fileLock } from "../../src/storage/folder/lock.ts";
import { outputFolders } from "../../src/storage/folder/output-folder.ts";
import { readDirectory } from "../../test/on-disk.ts";
import { exportsOfCorpus, filesOf, withFile } from "../exports.ts";
import { must, type Target } from "../target.ts";

const TARGETS = ["csv", "ndjson", "parquet"] as const;
const MANNER = { perLabel: false, dialect: "mboxrd", flat: false } as const;

/** An export, one file of which was changed, written in another way: all of it, or nothing. */
export const converted: Target = {
  name: "converted",
  share: 20,
  async open(folder) {
    const { ids, into } = await exportsOfCorpus();
    const [whole, copy, made] = [join(folder, "whole"), join(folder, "copy"), join(folder, "made")];
    await into(whole);
    const openOutput = outputFolders(fileLock(clock));
    return {
      seeds: await filesOf(whole),
      async feed(input) {
        await withFile(whole, copy, input);
        await rm(made, { recursive: true, force: true });
        const to = TARGETS[input.length % TARGETS.length]!;
        try {
          const { messages } = await convert(
            copy,
            { to, into: made, selection: {}, manner: MANNER },
            { directory: readDirectory, openOutput },
            new AbortController().signal,
          );
          must(messages <= ids.length, "more messages than there are");
          must((await readdir(made)).length === 1, "a conversion with other files in it");
        } catch (error) {
          if (!failureOf(error)) throw error;
          const left = (await readdir(folder)).filter((name) => name.startsWith("made"));
          must(left.length === 0, "a conversion that failed and left something", left.join(" "));
          throw error;
        }
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

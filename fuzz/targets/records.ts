import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { systemClock as clock } from "../../src/clock.ts";
import { failureOf } from "../../src/core/errors.ts";
import { indexedRecords } from "../../src/search/indexed-records.ts";
import { queryThread } from "../../src/search/query-thread.ts";
import { viewOfPage, viewOfStatistics } from "../../src/surfaces/http/mail/record-view.ts";
import { readBatches } from "../../test/on-disk.ts";
import { ALL } from "../../test/written-export.ts";
import { exportsOfCorpus, filesOf, withFile } from "../exports.ts";
import { must, type Target } from "../target.ts";

const INDEX = "?index\n";
const SEARCH = "?search\n";

/** As the calls of the API allow. */
const LONGEST_SEARCH = 500;

/** What was exported, looked through: with a file of the export changed, or the index of it, or with anything as the search. */
export const records: Target = {
  name: "records",
  share: 20,
  async open(folder) {
    const { ids, into } = await exportsOfCorpus();
    const at = (name: string): string => join(folder, name);
    const [whole, copy, indexes, kept] = [at("whole"), at("copy"), at("index"), at("kept")];
    await into(whole);
    const of = { directory: copy, owns: () => true };
    await withFile(whole, copy, Buffer.alloc(0));
    const thread = queryThread(clock);
    const shared = { ...thread, close: async () => {} }; // to start one for each case takes longer than the case
    const first = indexedRecords(indexes, readBatches, clock, shared);
    const { total } = await first.page(of, ALL, 5, undefined);
    must(total === ids.length, "not all was found", String(total));
    await first.close();
    const [name = ""] = await readdir(indexes);
    await copyFile(join(indexes, name), kept);
    const index = Buffer.concat([Buffer.from(INDEX), await readFile(kept)]);
    const searches = ['"quoted" word', "caf\u00e9 NEAR(a b) *", "column : x OR y", "-"].map((text) =>
      Buffer.from(SEARCH + text),
    );
    return {
      seeds: [...(await filesOf(whole)), index, index, index, index, ...searches],
      async feed(input) {
        const [isIndex, isSearch] = [INDEX, SEARCH].map((mark) => input.toString("latin1", 0, mark.length) === mark);
        await rm(indexes, { recursive: true });
        await mkdir(indexes);
        if (isIndex || isSearch) await copyFile(kept, join(indexes, name));
        if (isIndex) await writeFile(join(indexes, name), input.subarray(INDEX.length));
        await withFile(whole, copy, isIndex || isSearch ? Buffer.alloc(0) : input);
        const search = isSearch ? input.toString("utf8", SEARCH.length).slice(0, LONGEST_SEARCH) : "a";
        const opened = indexedRecords(indexes, readBatches, clock, shared);
        try {
          const told: string[] = [];
          // A broken index fails once and is made anew.
          for (const attempt of [1, 2])
            for (const question of [ALL, { ...ALL, search, from: search, label: search }])
              try {
                viewOfPage(await opened.page(of, question, 10, undefined), () => undefined, null);
                viewOfStatistics(await opened.statistics(of));
                await opened.line(of, search);
              } catch (error) {
                const failure = failureOf(error);
                if (!failure) throw error;
                must(attempt === 1 || !isSearch, "a search that fails", failure.message);
                told.push(failure.message);
              }
          return told;
        } finally {
          await opened.close();
        }
      },
      [Symbol.asyncDispose]: () => thread.close(),
    };
  },
};

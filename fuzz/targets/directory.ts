import { rm } from "node:fs/promises";
import { join } from "node:path";

import { failureOf } from "../../src/core/errors.ts";
import { verify } from "../../src/pipeline/verify.ts";
import { recordsIn } from "../../test/exported.ts";
import { readDirectory } from "../../test/on-disk.ts";
import { exportsOfCorpus, filesOf, withFile } from "../exports.ts";
import { must, type Target } from "../target.ts";

/** An unfinished export, one file of which was changed: it is refused, or goes on to a complete one with each message once. */
export const directory: Target = {
  name: "directory",
  share: 20,
  async open(folder) {
    const { ids, source, into } = await exportsOfCorpus();
    const [whole, copy] = [join(folder, "whole"), join(folder, "copy")];
    await into(whole, 19).catch((error: unknown) => {
      if (failureOf(error)?.code !== "network") throw error;
    });
    const seeds = await filesOf(whole);
    // A crash between a finished batch and its manifest leaves an older one, or none.
    await rm(join(whole, "manifest.json"));
    return {
      seeds,
      async feed(input) {
        await withFile(whole, copy, input);
        const manifest = await into(copy);
        must(manifest.complete, "an export that ended is not complete", JSON.stringify(manifest.failed));
        const found = (await recordsIn(copy)).map((record) => record["Message-ID"]);
        must(new Set(found).size === found.length, "a message twice");
        const lost = ids.filter((id) => !found.includes(id));
        must(lost.length === 0, "a message lost", `${lost.join(" ")}; gone: ${manifest.gone.join(" ")}`);
        const verdict = await verify(copy, readDirectory, new AbortController().signal, source);
        // A record in a batch that still grows is guarded by its form alone: what is wrong inside of it is for verify to say.
        const wrong = verdict.findings.filter(({ kind }) => kind !== "extra" && kind !== "malformed");
        must(wrong.length === 0, "an export that verify does not find sound", JSON.stringify(wrong));
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LEARNED, learnedLimitsContract } from "../../../test/contracts/learned-limits.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { learnedLimits } from "./learned-limits.ts";

learnedLimitsContract("embedded", async () => {
  const folder = await scratchFolder();
  const another = () => learnedLimits(join(folder.path, "state", "limits.json"), files);
  return { limits: another(), another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
});

test("a file that is damaged, or says what no export could live with, is as good as none", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "limits.json");
  const bad = [{ priceFactor: 1e300 }, { priceFactor: 0 }, { unitsPerMinute: 1e-9 }, { unitsPerMinute: 1e300 }];
  for (const text of ["{", "[]", ...bad.map((change) => JSON.stringify({ one: { ...LEARNED, ...change } }))]) {
    await writeFile(path, text);
    expect(await learnedLimits(path, files).read("one")).toBeUndefined();
  }
});

test("a place that cannot be written loses what was learned, and nothing else", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await learnedLimits(join(folder.path, "file", "limits.json"), files).remember("one", LEARNED);
});

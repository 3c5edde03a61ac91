import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";
import { learnedLimits } from "./learned-limits.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";

const LEARNED = { tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1.25 } as const;

test("what was learned of a project is known again, and that of others stays", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "state", "limits.json");
  const first = learnedLimits(path, files);
  first.remember("one", LEARNED);
  first.remember("two", { ...LEARNED, tier: "2026" });
  await expect.poll(() => learnedLimits(path, files).of("two")).toEqual({ ...LEARNED, tier: "2026" });
  expect(await learnedLimits(path, files).of("one")).toEqual(LEARNED);
});

test("nothing is known of a project that is named like a property of every object", async () => {
  await using folder = await scratchFolder();
  const { of } = learnedLimits(join(folder.path, "limits.json"), files);
  for (const client of ["__proto__", "constructor", "toString"]) expect(await of(client)).toBeUndefined();
});

test("a file that is damaged, or says what no export could live with, is as good as none", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "limits.json");
  const bad = [{ priceFactor: 1e300 }, { priceFactor: 0 }, { unitsPerMinute: 1e-9 }, { unitsPerMinute: 1e300 }];
  for (const text of ["{", "[]", ...bad.map((change) => JSON.stringify({ one: { ...LEARNED, ...change } }))]) {
    await writeFile(path, text);
    expect(await learnedLimits(path, files).of("one")).toBeUndefined();
  }
});

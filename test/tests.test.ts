import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** What makes a test tell of the machine, or of nothing, rather than of the program. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["is skipped, left for later, or the only one", /\.(skip|skipIf|runIf|todo|only|fails)\b(?=[("'`])/],
  ["is tried again", /\bretry: *[1-9]/],
  ["measures the clock on the wall", /\bperformance\.now\(|\bprocess\.hrtime\b/],
  ["holds to a time of its own", /\btimeout: [\d_]+\b(?! \*)|^ *\}, [\d_]{4,}\);/m],
  ["waits in a way of its own", /\bexpect\.poll\([^;]*\btimeout:|\bwaitFor\(\{[^}]*\btimeout:/],
  ["listens on a port that others may have", /\.listen\((?!0\b)\d+/],
  ["writes where all users of the machine write", /"\/(tmp|var\/tmp|dev\/shm)\/(?!elsewhere")/],
];

/** Places where it is meant: what they try is that very thing. */
const MEANT: ReadonlySet<string> = new Set(["test/tests.test.ts", "test/layers.test.ts"]);

test("no test is skipped, tried again, or held to a time of the clock; each waits as test/wait.ts does", async () => {
  const folders = await Promise.all(
    ["src", "simulator", "test", "fuzz"].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const files = folders.flat().filter((file) => file.endsWith(".test.ts") && !MEANT.has(file));
  expect(files.length).toBeGreaterThan(100);
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, file), "utf8");
      return FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${file}: ${what}`);
    }),
  );
  expect(found.flat()).toEqual([]);
});

test.each([
  ['test.skipIf(true)("x", () => {})', "is skipped, left for later, or the only one"],
  ['describe.only("x", () => {})', "is skipped, left for later, or the only one"],
  ['test("x", { retry: 1 }, () => {})', "is tried again"],
  ["const begun = performance.now();", "measures the clock on the wall"],
  ['test("x", { timeout: 5_000 }, () => {})', "holds to a time of its own"],
  ["afterAll(() => {\n}, 120_000);", "holds to a time of its own"],
  ["await link.waitFor({ timeout: 100 })", "waits in a way of its own"],
  ["createServer().listen(8080)", "listens on a port that others may have"],
  ['await writeFile("/tmp/mine", "")', "writes where all users of the machine write"],
])("%j would be found", (text, expected) => {
  expect(FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => what)).toContain(expected);
});

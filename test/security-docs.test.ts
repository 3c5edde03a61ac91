import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

test("every claim of SECURITY.md that names a test names one that exists", async () => {
  const text = await readFile(join(ROOT, "SECURITY.md"), "utf8");
  const named = [...text.matchAll(/`([\w/.-]+\.test\.tsx?)`/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(20);
  const folders = ["src", "test", "simulator"];
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true })).map((name) => `${folder}/${name}`),
    ),
  );
  const missing = named.filter((name) => !found.flat().some((path) => path === name || path.endsWith(`/${name}`)));
  expect(missing).toEqual([]);
});

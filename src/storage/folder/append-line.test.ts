import { chmod, link, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { scratchFolder } from "../../../test/scratch.ts";
import { failureOf } from "../../core/errors.ts";
import { appendLine } from "./append-line.ts";
import { nodeFileSystem } from "./file-system.ts";

test("lines go to a file for its owner alone, one after the other", async () => {
  await using scratch = await scratchFolder();
  const path = join(scratch.path, "refusals.ndjson");
  await appendLine(nodeFileSystem, path, '{"one":1}');
  await appendLine(nodeFileSystem, path, '{"two":2}');
  expect(await readFile(path, "utf8")).toBe('{"one":1}\n{"two":2}\n');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test.each([
  ["a link", (victim: string, path: string) => symlink(victim, path)],
  ["a second name", (victim: string, path: string) => link(victim, path)],
  ["a folder", (_: string, path: string) => mkdir(path)],
  ["others", (_: string, path: string) => writeFile(path, "").then(() => chmod(path, 0o644))],
])("%s: what is no file of our own is not written to", async (what, plant) => {
  await using scratch = await scratchFolder();
  const victim = join(scratch.path, "victim");
  const path = join(scratch.path, "refusals.ndjson");
  await writeFile(victim, "mine", { mode: 0o600 });
  await plant(victim, path);
  const failure = failureOf(await appendLine(nodeFileSystem, path, "{}").catch((error: unknown) => error));
  expect(failure).toMatchObject({ code: "not_private" });
  expect(failure?.message).toContain(what);
  expect(await readFile(victim, "utf8")).toBe("mine");
});

import { readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { MINUTE, recentCallsContract } from "../../../test/contracts/recent-calls.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { filesOnDisk as files } from "../../storage/folder/private-files.ts";
import { recentCalls } from "./recent-calls.ts";

recentCallsContract("embedded", async () => {
  const folder = await scratchFolder();
  const another = () => recentCalls(join(folder.path, "state", "recent"), files);
  return { recent: another(), another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
});

test("a file is for its owner alone, and neither its name nor what is in it tells account or project", async () => {
  await using folder = await scratchFolder();
  const place = join(folder.path, "recent");
  await recentCalls(place, files).keep("1234.apps.googleusercontent.com", "ada@example.com", MINUTE);
  const [name, ...more] = await readdir(place);
  expect(more).toEqual([]);
  expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
  expect((await stat(join(place, name!))).mode & 0o777).toBe(0o600);
  expect(await files.readFile(join(place, name!))).not.toMatch(/ada|example|1234\.apps/);
});

test("a file that is torn, or says what cannot be, is as good as none", async () => {
  await using folder = await scratchFolder();
  const recent = recentCalls(folder.path, files);
  await recent.keep("one", "ada@example.com", MINUTE);
  const [name] = await readdir(folder.path);
  const path = join(folder.path, name!);
  const odd = [{ asOf: 1e300 }, { calls: [{ ...MINUTE.calls[0], count: 1e9 }] }, { calls: [{ at: 1, method: "x" }] }];
  for (const change of odd) {
    await writeFile(path, JSON.stringify({ ...MINUTE, ...change }));
    expect(await recent.read("one", "ada@example.com")).toBeUndefined();
  }
  await recent.keep("one", "ada@example.com", MINUTE);
  expect(await recent.read("one", "ada@example.com")).toEqual(MINUTE);
  await truncate(path, 100);
  expect(await recent.read("one", "ada@example.com")).toBeUndefined();
});

test("a place that cannot be written loses the minute, and nothing else", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await recentCalls(join(folder.path, "file", "recent"), files).keep("one", "ada@example.com", MINUTE);
});

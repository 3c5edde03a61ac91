import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect, promisify } from "node:util";

import { expect, test } from "vitest";

import { Secret } from "../../core/ports.ts";
import { existingKey, readKey } from "./key.ts";
import { failureOfDoing, MARK, tempFolder } from "./testing.ts";

test("a key that is given is used, and no file is made", async () => {
  await using folder = await tempFolder();
  const bytes = randomBytes(32);
  const path = join(folder.path, "state", "key");
  const key = await readKey(new Secret(`${bytes.toString("base64")}\n`), path);
  expect(key.export()).toEqual(bytes);
  await expect(stat(path)).rejects.toThrow("ENOENT");
});

test.each([0o000, 0o022, 0o077])("a key is made for its owner alone and found again, umask %o", async (mask) => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state", "key");
  const before = process.umask(mask);
  try {
    const made = await readKey(undefined, path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
    expect((await readKey(undefined, path)).equals(made)).toBe(true);
  } finally {
    process.umask(before);
  }
});

test("who only looks finds the key that is there, and makes none", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state", "key");
  const nobodys = await existingKey(undefined, path);
  await expect(stat(join(path, ".."))).rejects.toThrow("ENOENT");
  const made = await readKey(undefined, path);
  expect([made.equals(nobodys), (await existingKey(undefined, path)).equals(made)]).toEqual([false, true]);
  await writeFile(path, "no key");
  expect((await failureOfDoing(existingKey(undefined, path))).code).toBe("key_unusable");
});

test("processes that start together end with one key", async () => {
  await using folder = await tempFolder();
  const script = `
    const { readKey } = await import(${JSON.stringify(new URL("key.ts", import.meta.url).href)});
    process.stdout.write((await readKey(undefined, process.argv[1])).export().toString("hex"));`;
  const args = ["--input-type=module", "-e", script, join(folder.path, "state", "key")];
  const runs = await Promise.all([1, 2, 3, 4].map(() => promisify(execFile)(process.execPath, args)));
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
  expect(runs[0]!.stdout).toMatch(/^[0-9a-f]{64}$/);
});

test("calls that come together in one process get one key", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "key");
  const keys = await Promise.all(Array.from({ length: 20 }, () => readKey(undefined, path)));
  expect(keys.every((key) => key.equals(keys[0]!))).toBe(true);
});

test.each(["", MARK, randomBytes(31).toString("base64"), randomBytes(33).toString("base64"), `${"A".repeat(42)}-=`])(
  "what is not 32 bytes in base64 is refused and kept: %#",
  async (text) => {
    await using folder = await tempFolder();
    const path = join(folder.path, "key");
    await writeFile(path, text);
    expect(await failureOfDoing(readKey(undefined, path))).toMatchObject({
      code: "key_unusable",
      message: expect.stringContaining(path),
      next: expect.stringMatching(/Put the key back/),
    });
    expect(await readFile(path, "utf8")).toBe(text);
    expect(await failureOfDoing(readKey(new Secret(text), path))).toMatchObject({
      code: "key_unusable",
      message: expect.stringContaining("TOKEN_ENCRYPTION_KEY"),
    });
  },
);

test("a place where no key can be made is named", async () => {
  await using folder = await tempFolder();
  await writeFile(join(folder.path, "file"), "");
  const failure = await failureOfDoing(readKey(undefined, join(folder.path, "file", "key")));
  expect(failure).toMatchObject({ code: "key_unusable", message: expect.stringMatching(/ENOTDIR/) });
});

test("a key does not print itself", async () => {
  const bytes = randomBytes(32);
  const key = await readKey(new Secret(bytes.toString("base64")), "unused");
  expect(inspect(key, { depth: null, showHidden: true }) + JSON.stringify(key)).not.toContain(
    bytes.toString("hex").slice(0, 8),
  );
});

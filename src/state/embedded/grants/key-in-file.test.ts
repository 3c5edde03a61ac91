import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect, promisify } from "node:util";

import { expect, test } from "vitest";

import { failureOfDoing, MARK, tempFolder } from "../../../google/testing.ts";
import { filesOnDisk as files } from "../../../storage/folder/private-files.ts";
import { existingKeyInFile, keyInFile } from "./key-in-file.ts";

const keyIn = async (path: string) => (await keyInFile(path, files).keys()).current;

test.each([0o000, 0o022, 0o077])("a key is made for its owner alone and found again, umask %o", async (mask) => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state", "key");
  const before = process.umask(mask);
  try {
    const made = await keyIn(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
    expect((await keyIn(path)).equals(made)).toBe(true);
  } finally {
    process.umask(before);
  }
});

test("who only looks finds the key that is there, and makes none", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "state", "key");
  const existing = async () => (await existingKeyInFile(path, files).keys()).current;
  const nobodys = await existing();
  await expect(stat(join(path, ".."))).rejects.toThrow("ENOENT");
  const made = await keyIn(path);
  expect([made.equals(nobodys), (await existing()).equals(made)]).toEqual([false, true]);
  await writeFile(path, "no key");
  expect((await failureOfDoing(existing())).code).toBe("key_unusable");
});

test("a key that an editor saved is read behind its byte order mark, and refused by name as UTF-16", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "key");
  const text = randomBytes(32).toString("base64");
  await writeFile(path, `\uFEFF${text}\r\n`, { mode: 0o600 });
  expect((await keyIn(path)).export().toString("base64")).toBe(text);
  await writeFile(path, `\uFEFF${text}`, "utf16le");
  expect((await failureOfDoing(keyIn(path))).message).toContain("is saved as UTF-16");
});

test("processes that start together end with one key", async () => {
  await using folder = await tempFolder();
  const script = `
    const { keyInFile } = await import(${JSON.stringify(new URL("key-in-file.ts", import.meta.url).href)});
    const { filesOnDisk: files } = await import(${JSON.stringify(new URL("../../../storage/folder/private-files.ts", import.meta.url).href)});
    process.stdout.write((await keyInFile(process.argv[1], files).keys()).current.export().toString("hex"));`;
  const args = ["--input-type=module", "-e", script, join(folder.path, "state", "key")];
  const runs = await Promise.all([1, 2, 3, 4].map(() => promisify(execFile)(process.execPath, args)));
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
  expect(runs[0]!.stdout).toMatch(/^[0-9a-f]{64}$/);
});

test("calls that come together in one process get one key", async () => {
  await using folder = await tempFolder();
  const path = join(folder.path, "key");
  const keys = await Promise.all(Array.from({ length: 20 }, () => keyIn(path)));
  expect(keys.every((key) => key.equals(keys[0]!))).toBe(true);
});

test.each(["", MARK, randomBytes(31).toString("base64"), randomBytes(33).toString("base64"), `${"A".repeat(42)}-=`])(
  "what is not 32 bytes in base64 is refused and kept: %#",
  async (text) => {
    await using folder = await tempFolder();
    const path = join(folder.path, "key");
    await writeFile(path, text, { mode: 0o600 });
    expect(await failureOfDoing(keyIn(path))).toMatchObject({
      code: "key_unusable",
      message: expect.stringContaining(path),
      next: expect.stringMatching(/Put the key back/),
    });
    expect(await readFile(path, "utf8")).toBe(text);
  },
);

test.each([0o640, 0o604, 0o660])(
  "a key that others may read (%o) is refused with what to type, and kept",
  async (mode) => {
    await using folder = await tempFolder();
    const path = join(folder.path, "key");
    await keyIn(path);
    await chmod(path, mode);
    const refusal = { code: "not_private", next: `Type: chmod 600 ${path}` };
    expect(await failureOfDoing(keyIn(path))).toMatchObject(refusal);
    expect(await failureOfDoing(existingKeyInFile(path, files).keys())).toMatchObject(refusal);
  },
);

test("a place where no key can be made is named", async () => {
  await using folder = await tempFolder();
  await writeFile(join(folder.path, "file"), "");
  const failure = await failureOfDoing(keyIn(join(folder.path, "file", "key")));
  expect(failure).toMatchObject({ code: "key_unusable", message: expect.stringMatching(/ENOTDIR/) });
});

test("a key does not print itself", async () => {
  await using folder = await tempFolder();
  const key = await keyIn(join(folder.path, "key"));
  expect(inspect(key, { depth: null, showHidden: true }) + JSON.stringify(key)).not.toContain(
    key.export().toString("hex").slice(0, 8),
  );
});

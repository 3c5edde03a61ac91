import { execFile } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";

import fc from "fast-check";
import { expect, test } from "vitest";

import { scratchFolder } from "../../test/scratch.ts";
import { tar, type TarEntry } from "./tar.ts";

const run = promisify(execFile);
const MODIFIED = Date.UTC(2026, 10, 23, 9, 30, 17);

function entry(path: string, content: Uint8Array, chunkSize = content.length): TarEntry {
  return {
    path,
    bytes: content.length,
    async *content() {
      for (let at = 0; at < content.length; at += chunkSize) yield content.subarray(at, at + chunkSize);
    },
  };
}

const files = fc.uniqueArray(
  fc.record({
    // What a file may be called, in a folder or not; longer than the header's field now and then.
    path: fc
      .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 })
      .map((names) => names.map((name, i) => `${i}${name.replaceAll(/[/\0]/g, "_")}`).join("/"))
      .filter((path) => path.split("/").every((name) => Buffer.byteLength(name) < 255)),
    content: fc.uint8Array({ maxLength: 1_500 }),
    chunkSize: fc.integer({ min: 1, max: 700 }),
  }),
  { selector: ({ path }) => path.split("/")[0]!.toLowerCase().normalize(), maxLength: 6 },
);

test("what the system's tar unpacks is what was packed, whatever it is called", async () => {
  await fc.assert(
    fc.asyncProperty(files, async (packed) => {
      await using folder = await scratchFolder();
      const { bytes, content } = tar(
        packed.map((file) => entry(file.path, file.content, file.chunkSize)),
        MODIFIED,
      );
      const archive = await buffer(content);
      expect(archive.length).toBe(bytes);
      await writeFile(join(folder.path, "archive.tar"), archive);
      await run("tar", ["-xf", "archive.tar"], { cwd: folder.path });
      for (const { path, content: expected } of packed)
        expect(new Uint8Array(await readFile(join(folder.path, path)))).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("a file is its owner's alone, and as old as the export", async () => {
  await using folder = await scratchFolder();
  const { content } = tar([entry("ada@example.com/manifest.json", Buffer.from("{}"))], MODIFIED);
  const path = join(folder.path, "archive.tar");
  await writeFile(path, await buffer(content));
  const { stdout } = await run("tar", ["-tvf", path, "--utc", "--full-time", "--numeric-owner"]);
  expect(stdout).toMatch(/^-rw------- 0\/0 +2 2026-11-23 09:30:17 ada@example\.com\/manifest\.json\n$/);
});

test("what is older than the header can say is as old as it can say", async () => {
  const { content } = tar([entry("a", Buffer.from("x"))], Date.UTC(1900, 0));
  expect((await buffer(content)).toString("latin1", 136, 147)).toBe("00000000000");
});

test("a file may be larger than the 8 GiB that its header can say", async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, "archive.tar");
  const bytes = 9 * 2 ** 30 + 1;
  const { content, bytes: size } = tar(
    [{ path: "large", bytes, content: async function* () {} }, entry("small", Buffer.from("x"))],
    MODIFIED,
  );
  const headers = await content[Symbol.asyncIterator]().next();
  const small = await buffer(tar([entry("small", Buffer.from("x"))], MODIFIED).content);
  await using file = await open(path, "w");
  await file.write(headers.value as Uint8Array, 0);
  await file.write(small, 0, small.length, size - small.length); // in between a hole
  const { stdout } = await run("tar", ["-tvf", path]);
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(` ${bytes} `),
    expect.stringMatching(/ 1 .* small$/),
  ]);
});

test("a file that brings more or less than was announced breaks the archive off", async () => {
  for (const length of [4, 6]) {
    const { content } = tar([{ ...entry("a", new Uint8Array(length)), bytes: 5 }], MODIFIED);
    await expect(buffer(content)).rejects.toThrow(`${length} bytes came where 5 were announced`);
  }
});

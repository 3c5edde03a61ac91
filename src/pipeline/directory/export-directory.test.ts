import { appendFile, chmod, readFile, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { exportDirectoryContract } from "../../../test/contracts/export-directory.ts";
import { exported, idsIn, listTo, PURPOSE, refsTo, writePending } from "../../../test/directories.ts";
import { manualClock } from "../../../test/manual-clock.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import type { ExportDirectory, Purpose } from "../../core/ports/export-directory.ts";
import { NOTHING_SPENT } from "../../core/quota.ts";
import { fileHolds } from "../../storage/folder/file-holds.ts";
import { nodeFileSystem, type FileSystem } from "../../storage/folder/file-system.ts";
import { folderStorage } from "../../storage/folder/folder-storage.ts";
import { createOpenDirectory } from "./open-directory.ts";

const clock = manualClock();
const open = (
  path: string,
  changes: Partial<Purpose> = {},
  files: FileSystem = nodeFileSystem,
  signal = new AbortController().signal,
): Promise<ExportDirectory> =>
  createOpenDirectory(folderStorage(fileHolds(clock), files), clock, "gmail-export test")(
    path,
    { ...PURPOSE, ...changes },
    () => NOTHING_SPENT,
    signal,
  );

exportDirectoryContract("over a folder", async () => {
  const folder = await scratchFolder();
  const path = join(folder.path, "data");
  return {
    clock,
    open: (changes, signal) => open(path, changes, nodeFileSystem, signal),
    content: async () => Object.fromEntries(await contentIn(path)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

function contentIn(path: string): Promise<(readonly [name: string, text: string])[]> {
  return readdir(path).then((names) =>
    Promise.all(names.map(async (name) => [name, await readFile(join(path, name), "utf8")] as const)),
  );
}

async function batchesIn(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).filter((name) => name.startsWith("emails_batch_"));
  const mapInOrder = names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const texts = mapInOrder.map(async (name) => [name, await readFile(join(path, name), "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

test("the files of an export are for their owner alone", async () => {
  await using folder = await scratchFolder();
  await using directory = await open(folder.path);
  await listTo(directory, 7);
  await writePending(directory);
  await directory.commit();
  const names = await readdir(folder.path);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o600);
});

test("batches that no manifest describes are never written over", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "emails_batch_1.json"), "[]");
  await expect(open(folder.path)).rejects.toMatchObject({ failure: { code: "directory_foreign" } });
  expect(await readFile(join(folder.path, "emails_batch_1.json"), "utf8")).toBe("[]");
});

test("a changed batch is refused by name; a removed one is fetched again", async () => {
  await using folder = await scratchFolder();
  {
    await using directory = await open(folder.path);
    await listTo(directory, 12);
    await writePending(directory);
    await directory.commit();
  }
  const second = join(folder.path, "emails_batch_2.json");
  await appendFile(second, " ");
  await expect(open(folder.path)).rejects.toMatchObject({
    failure: { code: "directory_damaged", message: expect.stringContaining("emails_batch_2.json") },
  });
  await rm(second);
  await using directory = await open(folder.path);
  await listTo(directory, 12);
  expect([...directory.ledger.ids("pending")]).toEqual(["m5", "m6", "m7", "m8", "m9"]);
  await writePending(directory);
  const manifest = await directory.commit();
  expect(manifest).toMatchObject({ complete: true, total_emails: 12 });
  expect(manifest.batches.map(({ file }) => file)).toEqual([
    "emails_batch_1.json",
    "emails_batch_3.json",
    "emails_batch_4.json",
  ]);
});

test("resumed equals uninterrupted wherever it was killed, with any rubbish at the torn ends", async () => {
  await using root = await scratchFolder();
  const whole = join(root.path, "whole");
  {
    await using directory = await open(whole);
    await listTo(directory, 17);
    await writePending(directory);
    await directory.commit();
  }
  const expected = await batchesIn(whole);
  let run = 0;
  const rubbish = fc.uint8Array({ maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 17 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      rubbish,
      rubbish,
      async (done, cut, tail, journalTail) => {
        const path = join(root.path, `cut-${(run += 1)}`);
        {
          await using directory = await open(path);
          await listTo(directory, 17);
          for (const id of [...directory.ledger.ids("pending")].slice(0, done)) await directory.write([exported(id)]);
          await directory.checkpoint();
        }
        // The machine dies: the end of the growing files is anything.
        const part = (await readdir(path)).find((name) => name.endsWith(".json.part"));
        if (part) {
          await truncate(join(path, part), Math.floor((await stat(join(path, part))).size * cut));
          await appendFile(join(path, part), tail);
        }
        await appendFile(join(path, ".journal"), journalTail);

        await using directory = await open(path);
        if (directory.listedAt === undefined) await listTo(directory, 17);
        await writePending(directory);
        const manifest: Manifest = await directory.commit();
        expect(manifest).toMatchObject({ complete: true, total_emails: 17, failed: [], gone: [] });
        expect(await batchesIn(path)).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("a batch finished right before a crash, which no manifest mentions yet, is kept", async () => {
  await using folder = await scratchFolder();
  {
    await using directory = await open(folder.path);
    await listTo(directory, 7);
    await writePending(directory);
    await directory.checkpoint();
  }
  await rm(join(folder.path, "manifest.json"));
  await using directory = await open(folder.path);
  expect(directory.ledger.count("exported")).toBe(7);
  expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 7, total_batches: 2 });
});

test("a folder that may not be written is a disk failure with its path", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await expect(open(join(folder.path, "file", "below"))).rejects.toMatchObject({
    failure: { code: "disk", message: expect.stringContaining(folder.path) },
  });
  await chmod(folder.path, 0o700);
});

/** A disk on which there is no room for the content of one file. */
function fullFor(name: string): FileSystem {
  return {
    ...nodeFileSystem,
    async open(path, flags, mode) {
      const file = await nodeFileSystem.open(path, flags, mode);
      if (basename(path) === name)
        file.write = () =>
          Promise.reject(Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" }));
      return file;
    },
  };
}

test("a disk that is full stops everything at once; with room again, all that was durable is there", async () => {
  for (const file of ["emails_batch_2.json.part", ".new-.journal", "manifest.json.part"]) {
    await using folder = await scratchFolder();
    {
      await using directory = await open(folder.path, {}, fullFor(file));
      const work = async (): Promise<void> => {
        await listTo(directory, 12);
        await writePending(directory);
        await directory.commit();
      };
      await expect(work()).rejects.toMatchObject({
        failure: { code: "disk", message: expect.stringMatching(/no room left .*ENOSPC/) },
      });
      await expect(directory.checkpoint()).rejects.toMatchObject({ failure: { code: "disk" } });
    }
    await using directory = await open(folder.path);
    if (directory.listedAt === undefined) await listTo(directory, 12);
    await writePending(directory);
    expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 12 });
    expect(idsIn(await batchesIn(folder.path)).toSorted()).toEqual(
      refsTo(12)
        .map(({ id }) => id)
        .toSorted(),
    );
  }
});

describe("what a disk has changed in an unfinished export", () => {
  /** Twelve messages listed, nine of them durable: a finished batch and a growing one. */
  async function unfinished(path: string): Promise<void> {
    await using directory = await open(path);
    await listTo(directory, 12);
    await directory.write(refsTo(9).map(({ id }) => exported(id)));
    await directory.checkpoint();
  }

  /** Goes on as an export does; the ids that it ends with. */
  async function goOn(path: string): Promise<string[]> {
    await using directory = await open(path);
    if (directory.listedAt === undefined) await listTo(directory, 12);
    await writePending(directory);
    await directory.commit();
    return idsIn(await batchesIn(path)).toSorted();
  }

  const change = async (path: string, from: string, to: string): Promise<void> => {
    const before = await readFile(path, "utf8");
    expect(before).toContain(from);
    await writeFile(path, before.replace(from, to));
  };
  const all = refsTo(12)
    .map(({ id }) => id)
    .toSorted();

  test.each([
    ["an id", '"m11"', '"m1"'],
    ["a line", /.*"m10".*\n/s, ""],
    ["what it is an export of", '"maxEmails":null', '"maxEmails":1'],
  ])("in the journal, %s, is listed anew: no message is lost", async (_, from, to) => {
    await using folder = await scratchFolder();
    await unfinished(folder.path);
    const path = join(folder.path, ".journal");
    const before = await readFile(path, "utf8");
    await writeFile(path, before.replace(from, to));
    expect(await readFile(path, "utf8")).not.toBe(before);
    expect(await goOn(folder.path)).toEqual(all);
  });

  test("in a growing batch ends it there: what is behind is fetched again", async () => {
    for (const [from, to] of [
      ['"m7"', '"m\\q"'],
      ['"m7"', '"m7'],
      ['{"Message-ID":"m7"', '{"Message-ID":""'],
    ] as const) {
      await using folder = await scratchFolder();
      await unfinished(folder.path);
      await change(join(folder.path, "emails_batch_2.json.part"), from, to);
      expect(await goOn(folder.path)).toEqual(all);
    }
  });

  test("in a batch that the manifest does not name yet is refused", async () => {
    for (const [from, to] of [
      ['"m3"', '"m\\q"'],
      ['"Subject":', '"Subject"'],
      ["\n]", ",\n]"],
    ] as const) {
      await using folder = await scratchFolder();
      await unfinished(folder.path);
      await rm(join(folder.path, "manifest.json"));
      await change(join(folder.path, "emails_batch_1.json"), from, to);
      await expect(open(folder.path)).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
    }
  });

  test("a record of 20 MB whose id is as long is no reason to fail", async () => {
    await using folder = await scratchFolder();
    await unfinished(folder.path);
    await appendFile(join(folder.path, "emails_batch_2.json.part"), `,\n{"Message-ID":"${"\\n".repeat(10 << 20)}`);
    expect(await goOn(folder.path)).toEqual(all);
  });
});

describe("a finished directory", () => {
  /** Seven messages in two batches, proven complete. */
  async function finished(path: string): Promise<string> {
    await using directory = await open(path);
    await listTo(directory, 7);
    await writePending(directory);
    expect(await directory.commit()).toMatchObject({ complete: true });
    return readFile(join(path, "manifest.json"), "utf8");
  }
  const manifestOf = (path: string): Promise<string> => readFile(join(path, "manifest.json"), "utf8");

  test("says that it is not complete before anything new stands in it", async () => {
    await using folder = await scratchFolder();
    await finished(folder.path);
    const seen: { complete: boolean }[] = [];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(path, flags, mode) {
        if (path.endsWith("emails_batch_3.json.part")) seen.push(JSON.parse(await manifestOf(folder.path)));
        return nodeFileSystem.open(path, flags, mode);
      },
    };
    await using directory = await open(folder.path, {}, files);
    await listTo(directory, 8);
    await directory.write([exported("m7")]);
    await directory.checkpoint();
    expect(seen.map(({ complete }) => complete)).toEqual([false]);
  });

  test("is opened without reading its batches again, as long as they are the files that were written", async () => {
    await using folder = await scratchFolder();
    await finished(folder.path);
    let read: string[] = [];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(path, flags, mode) {
        read.push(basename(path));
        return nodeFileSystem.open(path, flags, mode);
      },
    };
    const batchesRead = async (): Promise<string[]> => {
      read = [];
      await using directory = await open(folder.path, {}, files);
      expect(directory.ledger.count("exported")).toBe(7);
      return read.filter((name) => name.startsWith("emails_batch_"));
    };
    expect(await batchesRead()).toEqual([]);
    // Another file with the same bytes, as from a copy: hashed once, and known from then on.
    const second = join(folder.path, "emails_batch_2.json");
    const bytes = await readFile(second);
    await rm(second);
    await writeFile(second, bytes);
    expect(await batchesRead()).toEqual(["emails_batch_2.json"]);
    expect(await batchesRead()).toEqual([]);
    // Without what is known, as another version left it, everything is hashed once.
    await rm(join(folder.path, ".batches"));
    expect(await batchesRead()).toEqual(["emails_batch_1.json", "emails_batch_2.json"]);
    expect(await batchesRead()).toEqual([]);
    // Other bytes of the same length and with the same time are other bytes.
    const { atime, mtime } = await stat(second);
    await writeFile(second, bytes.toString().replace("m6", "m9"));
    await utimes(second, atime, mtime);
    await expect(open(folder.path)).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
  });

  test("whose known batches are torn, or say what they cannot, is read anew from there", async () => {
    await using folder = await scratchFolder();
    await finished(folder.path);
    const path = join(folder.path, ".batches");
    const whole = await readFile(path);
    for (const torn of [
      whole.subarray(0, whole.length - 3),
      whole.subarray(0, 40),
      Buffer.from("zq7"),
      Buffer.alloc(0),
    ]) {
      await writeFile(path, torn);
      {
        await using directory = await open(folder.path);
        expect(directory.ledger.count("exported")).toBe(7);
      }
      await using again = await open(folder.path);
      expect(again.ledger.count("exported")).toBe(7);
    }
  });
});

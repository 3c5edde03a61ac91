import { appendFile, chmod, readFile, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { manualClock } from "../../../test/manual-clock.ts";
import { message } from "../../../test/messages.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import type { Ended, ExportDirectory, Purpose } from "../../core/ports/export-directory.ts";
import { HoldLost } from "../../core/errors.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { Manifest } from "../../core/export/manifest.ts";
import { NOTHING_SPENT } from "../../core/quota.ts";
import { toRecord } from "../../formats/to-record.ts";
import { nodeFileSystem, type FileSystem } from "../../storage/folder/file-system.ts";
import { fileLock } from "../../storage/folder/lock.ts";
import { folderStorage } from "../../storage/folder/folder-storage.ts";
import { createOpenDirectory } from "./open-directory.ts";

const purpose: Purpose = { email: "ada@example.com", filter: EVERYTHING, maxEmails: null, batchSize: 5 };
const clock = manualClock();
const open = (
  path: string,
  changes: Partial<Purpose> = {},
  files: FileSystem = nodeFileSystem,
): Promise<ExportDirectory> =>
  createOpenDirectory(folderStorage(fileLock(clock), files), clock, "gmail-export test")(
    path,
    { ...purpose, ...changes },
    () => NOTHING_SPENT,
    new AbortController().signal,
  );

const refs = (count: number): Ref[] => Array.from({ length: count }, (_, n) => ({ id: `m${n}`, threadId: `t${n}` }));
const record = (id: string): Ended => ({
  outcome: "exported",
  id,
  record: toRecord(message(undefined, { id, threadId: `t${id}`, snippet: `Übung "${id}"\n` }), new Map()),
});

async function list(directory: ExportDirectory, count: number): Promise<void> {
  await directory.beginListing("100");
  await directory.addRefs(refs(count));
  await directory.endListing();
}

async function writePending(directory: ExportDirectory): Promise<void> {
  for (const id of directory.ledger.ids("pending")) await directory.write([record(id)]);
}

async function batchesIn(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).filter((name) => name.startsWith("emails_batch_"));
  const mapInOrder = names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const texts = mapInOrder.map(async (name) => [name, await readFile(join(path, name), "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

const idsIn = (batches: Record<string, string>): string[] =>
  Object.values(batches).flatMap((text) =>
    (JSON.parse(text) as { "Message-ID": string }[]).map((one) => one["Message-ID"]),
  );

test("an export ends as batches that are JSON arrays, and a manifest that says complete", async () => {
  await using folder = await scratchFolder();
  await using directory = await open(folder.path);
  await list(directory, 12);
  await writePending(directory);
  const manifest = await directory.commit();

  expect(manifest).toMatchObject({ complete: true, total_emails: 12, total_batches: 3, historyId: "100" });
  const batches = await batchesIn(folder.path);
  expect(Object.values(batches).map((text) => JSON.parse(text).length)).toEqual([5, 5, 2]);
  expect(idsIn(batches)).toEqual(refs(12).map(({ id }) => id));
  expect(JSON.parse(await readFile(join(folder.path, "manifest.json"), "utf8"))).toEqual(manifest);
  expect((await readdir(folder.path)).toSorted()).toEqual([
    ".batches",
    ".lock",
    "emails_batch_1.json",
    "emails_batch_2.json",
    "emails_batch_3.json",
    "manifest.json",
  ]);
  for (const name of await readdir(folder.path)) expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o600);
});

test("texts whose charset was guessed are counted over all runs, and the manifest names them only where there are some", async () => {
  await using folder = await scratchFolder();
  const guessed = (id: string, guessedCharsets: number): Ended => ({ ...record(id), guessedCharsets }) as Ended;
  {
    await using directory = await open(folder.path);
    await list(directory, 4);
    await directory.write([guessed("m0", 2), guessed("m1", 0)]);
    await directory.checkpoint();
    expect(JSON.parse(await readFile(join(folder.path, "manifest.json"), "utf8"))).toMatchObject({
      guessedCharsets: 2,
    });
  }
  {
    await using directory = await open(folder.path);
    await directory.write([guessed("m2", 1), record("m3")]);
    expect(await directory.commit()).toMatchObject({ complete: true, guessedCharsets: 3 });
  }
  await using directory = await open(folder.path);
  expect(await directory.commit()).toMatchObject({ guessedCharsets: 3 });
  await using none = await scratchFolder();
  await using other = await open(none.path);
  await list(other, 1);
  await writePending(other);
  expect(await other.commit()).not.toHaveProperty("guessedCharsets");
});

test("an empty mailbox is a complete export without batches", async () => {
  await using folder = await scratchFolder();
  await using directory = await open(folder.path);
  await list(directory, 0);
  expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 0, batches: [] });
});

test("what is not durable yet is not in the ledger, and becomes durable within a second", async () => {
  await using folder = await scratchFolder();
  await using directory = await open(folder.path);
  await list(directory, 3);
  await directory.write([record("m0")]);
  expect(directory.ledger.count("exported")).toBe(0);
  await clock.advance(1_000);
  await expect.poll(() => directory.ledger.count("exported")).toBe(1);
});

test("a second writer is refused, and let in when the first has left", async () => {
  await using folder = await scratchFolder();
  {
    await using _first = await open(folder.path);
    await expect(clock.run(open(folder.path), 5)).rejects.toMatchObject({ failure: { code: "directory_busy" } });
  }
  await using _second = await open(folder.path);
});

test("a directory of another account or filter is refused and left alone", async () => {
  await using folder = await scratchFolder();
  {
    await using directory = await open(folder.path);
    await list(directory, 1);
  }
  await expect(open(folder.path, { email: "eve@example.com" })).rejects.toMatchObject({
    failure: { code: "directory_foreign" },
  });
  const filter = { ...EVERYTHING, query: "from:ada" };
  await expect(open(folder.path, { filter })).rejects.toMatchObject({ failure: { code: "directory_foreign" } });
  await using _same = await open(folder.path, { email: "Ada@Example.com" });
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
    await list(directory, 12);
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
  await list(directory, 12);
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

test("gone and failed messages are named, survive a restart, and failed ones are tried again", async () => {
  await using folder = await scratchFolder();
  {
    await using directory = await open(folder.path);
    await list(directory, 3);
    await directory.write([{ outcome: "gone", id: "m0" }]);
    await directory.write([{ outcome: "failed", id: "m1", reason: "It would not.", attempts: 1 }]);
    await directory.checkpoint();
  }
  await using directory = await open(folder.path);
  expect(directory.listedAt).toBe("100");
  expect([...directory.ledger.ids("gone")]).toEqual(["m0"]);
  expect([...directory.ledger.ids("failed")]).toEqual(["m1"]);
  expect([...directory.ledger.ids("pending")]).toEqual(["m2"]);
  await directory.write([{ outcome: "failed", id: "m1", reason: "It still would not.", attempts: 1 }]);
  await directory.write([record("m2")]);
  const manifest = await directory.commit();
  expect(manifest).toMatchObject({
    complete: false,
    total_emails: 1,
    gone: ["m0"],
    failed: [{ id: "m1", reason: "It still would not.", attempts: 2 }],
  });
});

test("resumed equals uninterrupted wherever it was killed, with any rubbish at the torn ends", async () => {
  await using root = await scratchFolder();
  const whole = join(root.path, "whole");
  {
    await using directory = await open(whole);
    await list(directory, 17);
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
          await list(directory, 17);
          for (const id of [...directory.ledger.ids("pending")].slice(0, done)) await directory.write([record(id)]);
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
        if (directory.listedAt === undefined) await list(directory, 17);
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
    await list(directory, 7);
    await writePending(directory);
    await directory.checkpoint();
  }
  await rm(join(folder.path, "manifest.json"));
  await using directory = await open(folder.path);
  expect(directory.ledger.count("exported")).toBe(7);
  expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 7, total_batches: 2 });
});

test("the manifest of a growing export names nearly all of very many batches, and is not written for each", async () => {
  await using folder = await scratchFolder();
  await using directory = await open(folder.path, { batchSize: 1 });
  await list(directory, 320);
  await writePending(directory);
  const named = async (): Promise<number> =>
    (JSON.parse(await readFile(join(folder.path, "manifest.json"), "utf8")) as Manifest).total_batches;
  expect(Object.keys(await batchesIn(folder.path))).toHaveLength(320);
  expect(await named()).toBe(318);
  await directory.commit();
  expect(await named()).toBe(320);
});

test("a smaller batch size closes the batch that is too large already", async () => {
  await using folder = await scratchFolder();
  {
    await using directory = await open(folder.path);
    await list(directory, 6);
    for (const id of ["m0", "m1", "m2", "m3"]) await directory.write([record(id)]);
    await directory.checkpoint();
  }
  await using directory = await open(folder.path, { batchSize: 1 });
  await writePending(directory);
  const manifest = await directory.commit();
  expect(manifest.batches.map(({ count }) => count)).toEqual([4, 1, 1]);
});

test("a folder that may not be written is a disk failure with its path", async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, "file"), "");
  await expect(open(join(folder.path, "file", "below"))).rejects.toMatchObject({
    failure: { code: "disk", message: expect.stringContaining(folder.path) },
  });
  await chmod(folder.path, 0o700);
});

type Step = Readonly<
  | { do: "list"; upTo: number }
  | { do: "end"; as: Ended["outcome"]; count: number }
  | { do: "retry" | "restart" | "commit" }
>;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("list" as const), upTo: fc.integer({ min: 1, max: 40 }) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        as: fc.constantFrom<Ended["outcome"][]>("exported", "gone", "failed"),
        count: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("retry" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "commit" as const) }) },
  ),
  { maxLength: 40, size: "max" },
);

test("whatever happens in whatever order, each message is written once, and the numbers add up", async () => {
  await using root = await scratchFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const path = join(root.path, String((run += 1)));
      const outcomes = new Map<string, Ended["outcome"] | "pending">();
      const attempts = new Map<string, number>(); // of what failed and has not ended otherwise since
      const written: string[] = [];
      const having = (outcome: string): string[] => [...outcomes].flatMap(([id, its]) => (its === outcome ? [id] : []));
      const expectSame = ({ ledger }: ExportDirectory): void => {
        for (const outcome of ["pending", "exported", "gone", "failed"] as const)
          expect([...ledger.ids(outcome)].toSorted()).toEqual(having(outcome).toSorted());
      };

      let directory = await open(path);
      const restart = async (): Promise<void> => {
        await directory[Symbol.asyncDispose]();
        directory = await open(path);
        for (const id of attempts.keys()) outcomes.set(id, "failed"); // what was to be tried again
        expectSame(directory);
      };
      const end = (id: string, outcome: Ended["outcome"]): Ended => {
        outcomes.set(id, outcome);
        if (outcome === "failed") attempts.set(id, (attempts.get(id) ?? 0) + 1);
        else attempts.delete(id);
        if (outcome === "exported") written.push(id);
        if (outcome === "failed") return { outcome, id, reason: "It would not.", attempts: 1 };
        return outcome === "gone" ? { outcome, id } : record(id);
      };
      const commit = async (): Promise<void> => {
        const manifest = await directory.commit();
        const { batches, failed, gone, complete, total_emails, total_batches } = manifest;
        expect(idsIn(await batchesIn(path))).toEqual(written);
        expect(total_emails).toBe(written.length);
        expect(total_batches).toBe(batches.length);
        expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(written.length);
        expect(gone.toSorted()).toEqual(having("gone").toSorted());
        expect(new Map(failed.map((one) => [one.id, one.attempts]))).toEqual(attempts);
        expect(complete).toBe(attempts.size === 0 && having("pending").length === 0);
        for (const id of having("pending")) if (!attempts.has(id)) outcomes.delete(id); // listed anew, the next time
        await restart();
      };

      for (const step of given)
        switch (step.do) {
          case "list":
            if (directory.listedAt === undefined) await list(directory, step.upTo);
            else await directory.addRefs(refs(step.upTo));
            for (const { id } of refs(step.upTo))
              if ((outcomes.get(id) ?? "gone") === "gone") outcomes.set(id, "pending");
            break;
          case "end":
            await directory.write(
              having("pending")
                .slice(0, step.count)
                .map((id) => end(id, step.as)),
            );
            await directory.checkpoint();
            break;
          case "retry":
            for (const id of having("failed")) outcomes.set(id, "pending");
            for (const id of directory.ledger.ids("failed")) directory.ledger.mark(id, "pending");
            break;
          case "restart":
            await restart();
            break;
          case "commit":
            await commit();
            break;
        }
      expectSame(directory);
      await commit();
      await directory[Symbol.asyncDispose]();
    }),
    { numRuns: 60 },
  );
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
        await list(directory, 12);
        await writePending(directory);
        await directory.commit();
      };
      await expect(work()).rejects.toMatchObject({
        failure: { code: "disk", message: expect.stringMatching(/no room left .*ENOSPC/) },
      });
      await expect(directory.checkpoint()).rejects.toMatchObject({ failure: { code: "disk" } });
    }
    await using directory = await open(folder.path);
    if (directory.listedAt === undefined) await list(directory, 12);
    await writePending(directory);
    expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 12 });
    expect(idsIn(await batchesIn(folder.path)).toSorted()).toEqual(
      refs(12)
        .map(({ id }) => id)
        .toSorted(),
    );
  }
});

describe("what a disk has changed in an unfinished export", () => {
  /** Twelve messages listed, nine of them durable: a finished batch and a growing one. */
  async function unfinished(path: string): Promise<void> {
    await using directory = await open(path);
    await list(directory, 12);
    await directory.write(refs(9).map(({ id }) => record(id)));
    await directory.checkpoint();
  }

  /** Goes on as an export does; the ids that it ends with. */
  async function goOn(path: string): Promise<string[]> {
    await using directory = await open(path);
    if (directory.listedAt === undefined) await list(directory, 12);
    await writePending(directory);
    await directory.commit();
    return idsIn(await batchesIn(path)).toSorted();
  }

  const change = async (path: string, from: string, to: string): Promise<void> => {
    const before = await readFile(path, "utf8");
    expect(before).toContain(from);
    await writeFile(path, before.replace(from, to));
  };
  const all = refs(12)
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
    await list(directory, 7);
    await writePending(directory);
    expect(await directory.commit()).toMatchObject({ complete: true });
    return readFile(join(path, "manifest.json"), "utf8");
  }
  const manifestOf = (path: string): Promise<string> => readFile(join(path, "manifest.json"), "utf8");

  test("that a later run did not change stays proven, however that ended", async () => {
    await using folder = await scratchFolder();
    const before = await finished(folder.path);
    for (const _ of [1, 2]) {
      await using directory = await open(folder.path);
      await directory.beginListing("200");
      await directory.addRefs(refs(9)); // two of them new, and then the network is gone
      await directory.checkpoint();
      expect(await manifestOf(folder.path)).toBe(before);
    }
    await using directory = await open(folder.path);
    await list(directory, 9);
    await directory.write([record("m7")]);
    await directory.checkpoint();
    expect(JSON.parse(await manifestOf(folder.path))).toMatchObject({ complete: false, total_emails: 7 });
    await directory.write([record("m8")]);
    expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 9 });
  });

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
    await list(directory, 8);
    await directory.write([record("m7")]);
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

test("who lost the hold writes nothing more, no checkpoint either, and not what waited to be made durable", async () => {
  await using folder = await scratchFolder();
  const lost = new AbortController();
  const storages = folderStorage(fileLock(clock));
  await using directory = await createOpenDirectory(storages, clock, "gmail-export test")(
    folder.path,
    purpose,
    () => NOTHING_SPENT,
    lost.signal,
  );
  await list(directory, 3);
  await directory.checkpoint();
  await directory.write([record("m0")]);
  const before = await namesAndBytes(folder.path);
  lost.abort(new HoldLost("Another worker has it."));
  await clock.advance(1_000);
  await expect(directory.checkpoint()).rejects.toThrow(HoldLost);
  await expect(directory.commit()).rejects.toThrow(HoldLost);
  expect(await namesAndBytes(folder.path)).toEqual(before);
});

async function namesAndBytes(path: string): Promise<string[]> {
  const names = (await readdir(path)).toSorted();
  return Promise.all(names.map(async (name) => `${name}: ${await readFile(join(path, name), "utf8")}`));
}

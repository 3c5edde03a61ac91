import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

import { expect, test } from "vitest";

import { systemClock } from "../src/clock.ts";
import type { Outcome } from "../src/core/export/ledger.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import type { Ended, ExportDirectory, Purpose } from "../src/core/ports/export-directory.ts";
import { NOTHING_SPENT } from "../src/core/quota.ts";
import { Secret } from "../src/core/secret.ts";
import { readParts } from "../src/formats/rfc5322/read-parts.ts";
import { toRecord } from "../src/formats/to-record.ts";
import { createOpenDirectory } from "../src/pipeline/directory/open-directory.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify } from "../src/pipeline/verify.ts";
import { keyInFile } from "../src/state/embedded/grants/key-in-file.ts";
import { sealedGrants } from "../src/state/embedded/grants/sealed-grants.ts";
import { rotateKey } from "../src/state/grants/rotate-key.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { nodeFileSystem, type FileSystem } from "../src/storage/folder/file-system.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { fileLock } from "../src/storage/folder/lock.ts";
import { outputFolders } from "../src/storage/folder/output-folder.ts";
import { privateFiles } from "../src/storage/folder/private-files.ts";
import { recordsIn } from "./exported.ts";
import { inProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";
import { message } from "./messages.ts";
import { fragileDisk, isPowerLost } from "./power-loss.ts";
import { scratchFolder } from "./scratch.ts";

/** The power goes off at every operation on the disk, one after another; what was not synced by then is gone. */

const NEVER = new AbortController().signal;

/**
 * Does the work on a disk that loses its power at its first operation, then anew at its second, and so on, until it
 * comes to its end; looks each time at what is left. Resolves with how many operations there were.
 */
async function atEveryMoment(
  scratch: string,
  prepare: (root: string) => Promise<void>,
  work: (root: string, files: FileSystem) => Promise<void>,
  look: (copy: string, done: boolean) => Promise<void>,
): Promise<number> {
  for (let cutAt = 0; ; cutAt += 1) {
    const root = join(scratch, `disk-${cutAt}`);
    await mkdir(root);
    await prepare(root);
    await using disk = await fragileDisk(root, cutAt);
    let done = true;
    await work(root, disk.files).catch((error: unknown) => {
      if (!isPowerLost(error)) throw error;
      done = false;
    });
    await disk.survivors(join(scratch, `left-${cutAt}`));
    await look(join(scratch, `left-${cutAt}`), done);
    if (done) return cutAt;
  }
}

/** Batches by name; attachment ids left out, for Google gives new ones at every read. */
async function batchesIn(folder: string): Promise<Record<string, unknown>> {
  const names = (await readdir(folder)).filter((name) => /^emails_batch_\d+\.json$/.test(name));
  const texts = names.toSorted().map(async (name) => {
    const records: ExportRecord[] = JSON.parse(await readFile(join(folder, name), "utf8"));
    for (const { Attachments } of records) for (const one of Attachments) Object.assign(one, { id: "" });
    return [name, records] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

const purpose: Purpose = { email: "ada@example.com", filter: EVERYTHING, maxEmails: null, batchSize: 3 };

const openOn = (
  files: FileSystem,
  path: string,
  changes: Partial<Purpose> = {},
  clock = manualClock(),
): Promise<ExportDirectory> => {
  const storages = folderStorage(fileHolds(clock, files), files);
  const asked = { ...purpose, ...changes };
  return createOpenDirectory(storages, clock, "gmail-export test")(path, asked, () => NOTHING_SPENT, NEVER);
};

const IDS = Array.from({ length: 11 }, (_, n) => `m${n}`);

/** How each message ends, whenever it is read. */
function endOf(id: string): Ended {
  if (id === "m2") return { outcome: "gone", id };
  if (id === "m5") return { outcome: "failed", id, reason: "It would not.", attempts: 1 };
  return { outcome: "exported", id, record: toRecord(message(undefined, { id, threadId: `t${id}` }), new Map()) };
}

/** A whole run, or the rest of one; `report` is called with whatever the directory says is durable. */
async function runOn(directory: ExportDirectory, report: (durable: ReadonlyMap<string, Outcome>) => void) {
  const tell = (): void => {
    const ended = (["exported", "gone", "failed"] as const).map((outcome) =>
      [...directory.ledger.ids(outcome)].map((id) => [id, outcome] as const),
    );
    report(new Map(ended.flat()));
  };
  tell();
  if (directory.listedAt === undefined) {
    await directory.beginListing("7");
    await directory.addRefs(IDS.slice(0, 6).map((id) => ({ id, threadId: `t${id}` })));
    tell();
    await directory.addRefs(IDS.slice(6).map((id) => ({ id, threadId: `t${id}` })));
    await directory.endListing();
    tell();
  }
  for (const id of directory.ledger.ids("pending")) {
    await directory.write([endOf(id)]);
    if (id === "m1" || id === "m6") await directory.checkpoint();
    tell();
  }
  await directory.checkpoint();
  tell();
  await directory.commit();
  tell();
}

test("whenever the power fails, nothing that a directory told as durable is lost, and going on ends as if it had not failed", async () => {
  await using scratch = await scratchFolder();
  const whole = join(scratch.path, "whole");
  {
    await using directory = await openOn(nodeFileSystem, whole);
    await runOn(directory, () => {});
  }
  const expected = await batchesIn(whole);
  let durable: ReadonlyMap<string, Outcome> = new Map();
  const moments = await atEveryMoment(
    scratch.path,
    async () => void (durable = new Map()),
    async (root, files) => {
      // A run that is stopped in the middle, and one that goes on from there.
      for (const stopAfter of [4, Infinity]) {
        await using directory = await openOn(files, join(root, "above", "export"));
        let calls = 0;
        await runOn(directory, (told) => {
          durable = told;
          if ((calls += 1) > stopAfter + 3) throw new RangeError("enough");
        }).catch((error: unknown) => {
          if (!(error instanceof RangeError)) throw error;
        });
      }
    },
    async (left, done) => {
      const path = join(left, "above", "export");
      const manifest: Manifest | undefined = done
        ? JSON.parse(await readFile(join(path, "manifest.json"), "utf8"))
        : undefined;
      if (done)
        expect(manifest).toMatchObject({ complete: false, total_emails: 9, failed: [{ id: "m5" }], gone: ["m2"] });
      await using directory = await openOn(nodeFileSystem, path);
      for (const [id, outcome] of durable) expect([id, directory.ledger.outcome(id)]).toEqual([id, outcome]);
      await runOn(directory, () => {});
      expect(await batchesIn(path)).toEqual(expected);
      expect((await readdir(path)).filter((name) => /part|new|journal/.test(name))).toEqual([]);
    },
  );
  expect(moments).toBeGreaterThan(60);
});

/** A message of two parts, as its bytes and as its record. */
async function mailOf(id: string): Promise<{ raw: Buffer; record: ExportRecord }> {
  const lines = [
    `Subject: ${id}`,
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "",
    "From here on\r\nFrom there",
    "--b",
    "Content-Type: text/csv",
    "",
    `${id},1`,
    "--b--",
    "",
  ];
  const raw = Buffer.from(lines.join("\r\n"));
  const root = await readParts([raw], { reserve: async () => {} });
  return { raw, record: toRecord({ ...message(undefined, { id, threadId: `t${id}` }), root }, new Map()) };
}

test("whenever the power fails while batches are written anew, each is the one before or the one after, and going on ends in the same files", async () => {
  await using scratch = await scratchFolder();
  const ids = IDS.slice(0, 4); // in a batch of three and one of one
  const text = join(scratch.path, "text");
  {
    await using directory = await openOn(nodeFileSystem, text);
    await directory.beginListing("7");
    await directory.addRefs(ids.map((id) => ({ id, threadId: `t${id}` })));
    await directory.endListing();
    for (const id of ids) await directory.write([{ outcome: "exported", id, record: (await mailOf(id)).record }]);
    await directory.commit();
  }
  let asked: string[] = [];
  const complete = async (files: FileSystem, path: string, changes: Partial<Purpose>): Promise<void> => {
    const clock = manualClock();
    await using directory = await openOn(files, path, changes, clock);
    if (directory.listedAt === undefined) {
      await directory.beginListing("8");
      await directory.endListing();
    }
    await directory.findLacking();
    await directory.complete(async ({ "Message-ID": id, Attachments: attachments }) => {
      asked.push(id);
      if (id === "m1") return { outcome: "without", reason: "It is gone.", isPassing: false };
      const original = await directory.keep.original(id, Readable.from([(await mailOf(id)).raw]), () => undefined);
      const { sha256 } = await directory.keep.attachment([Buffer.from(`${id},1`)]);
      const lies = `attachments/${sha256.slice(0, 2)}/${sha256}`;
      return { outcome: "found", original, attachments: attachments.map((one) => ({ ...one, sha256, path: lies })) };
    });
    await directory.commit();
  };
  const everything = { attachments: true, formats: ["mbox", "ndjson"] } as const;
  const whole = join(scratch.path, "whole");
  await cp(text, whole, { recursive: true });
  await complete(nodeFileSystem, whole, everything);
  expect(asked).toEqual(ids);
  const filesOf = async (folder: string): Promise<Record<string, string>> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.flatMap((one) => (one.isFile() ? [join(one.parentPath, one.name)] : []));
    const kept = paths.filter((path) => !/\/\.(?:batches|lock|new-[^/]*)$/.test(path)).toSorted();
    return Object.fromEntries(
      await Promise.all(kept.map(async (path) => [path.slice(folder.length), await readFile(path, "latin1")])),
    );
  };
  const expected = await filesOf(whole);
  const reading = createReadDirectory(folderStorage(fileHolds(manualClock())));
  const before = await recordsIn(text);
  const moments = await atEveryMoment(
    scratch.path,
    (root) => cp(text, join(root, "export"), { recursive: true }),
    (root, files) => complete(files, join(root, "export"), everything),
    async (left) => {
      const path = join(left, "export");
      const { findings, manifest } = await verify(path, reading, NEVER);
      expect(findings).toEqual([]);
      expect((await recordsIn(path)).map(({ Subject, Body }) => [Subject, Body])).toEqual(
        before.map(({ Subject, Body }) => [Subject, Body]),
      );
      asked = [];
      // Once anything was changed it is remembered what was asked for.
      await complete(nodeFileSystem, path, manifest.complete ? everything : {});
      expect(await filesOf(path)).toEqual(expected);
    },
  );
  expect(moments).toBeGreaterThan(100);
});

test("whenever the power fails in a later run, what was proven complete is there as it was, or as the later run made it", async () => {
  await using scratch = await scratchFolder();
  let path = "";
  const moments = await atEveryMoment(
    scratch.path,
    async (root) => {
      path = join(root, "export");
      await using directory = await openOn(nodeFileSystem, path);
      await directory.beginListing("7");
      await directory.addRefs(IDS.slice(0, 2).map((id) => ({ id, threadId: id })));
      await directory.endListing();
      for (const id of IDS.slice(0, 2)) await directory.write([endOf(id)]);
      await directory.commit();
    },
    async (_, files) => {
      await using directory = await openOn(files, path);
      await directory.beginListing("8");
      await directory.addRefs(IDS.slice(0, 2).map((id) => ({ id, threadId: id })));
      await directory.endListing();
      await directory.commit();
    },
    async (left) => {
      const manifest = JSON.parse(await readFile(join(left, "export", "manifest.json"), "utf8"));
      expect(manifest).toMatchObject({ complete: true, total_emails: 2 });
    },
  );
  expect(moments).toBeGreaterThan(10);
});

test(
  "whenever the power fails during an export from Gmail, going on brings all of it, once",
  { timeout: 30 * 60_000 },
  async () => {
    await using scratch = await scratchFolder();
    await using world = await inProcess({ messages: 12, messagesPerThread: 1 }, { batchSize: 4 });
    await world.run();
    const expected = await batchesIn(world.directory);
    let told = 0;
    const moments = await atEveryMoment(
      scratch.path,
      async () => void (told = 0),
      async (root, files) => {
        const into = { directory: join(root, "export"), files };
        await world.run(({ exported }) => (told = exported), NEVER, into);
      },
      async (left) => {
        const directory = join(left, "export");
        let first: number | undefined;
        const manifest = await world.run(({ exported }) => (first ??= exported), NEVER, { directory });
        expect(first).toBeGreaterThanOrEqual(told);
        expect(manifest).toMatchObject({ complete: true, failed: [], gone: [] });
        expect(await batchesIn(directory)).toEqual(expected);
      },
    );
    expect(moments).toBeGreaterThan(30);
  },
);

test("whenever the power fails, a private file is the one before or the one after, and what was told is so", async () => {
  await using scratch = await scratchFolder();
  let told: string | undefined;
  await atEveryMoment(
    scratch.path,
    async () => void (told = undefined),
    async (root, disk) => {
      const files = privateFiles(disk);
      const path = join(root, "a", "b", "file");
      await files.privateFolder(join(root, "a", "b"));
      expect(await files.createFile(path, "one")).toBe(true);
      told = "one";
      await files.replaceFile(path, "two");
      told = "two";
      await files.removeFile(path);
      told = undefined;
      expect(await files.createFile(path, "three")).toBe(true);
      told = "three";
    },
    async (left) => {
      const found = await readFile(join(left, "a", "b", "file"), "utf8").catch(() => undefined);
      const next = { one: "two", two: undefined, three: "three" }[told ?? ""];
      expect([told, ...(told === undefined ? ["one", "three"] : [next])]).toContain(found);
    },
  );
});

test("whenever the power fails, a folder that is made for somebody is whole or not there, and can be made anew", async () => {
  await using scratch = await scratchFolder();
  let isPublished = false;
  const make = async (root: string, disk: FileSystem): Promise<void> => {
    const open = outputFolders(fileLock(manualClock(), disk), disk);
    await using output = await open(join(root, "above", "out"), NEVER);
    await output.write("a/b/one.eml", [Buffer.from("one")]);
    await output.append("all.mbox", [Buffer.from("one")]);
    await output.append("all.mbox", [Buffer.from("two")]);
    await output.link("c/two.eml", "a/b/one.eml");
    await output.makeFolder("d");
    await output.publish();
    isPublished = true;
  };
  const made = async (root: string): Promise<Record<string, string> | undefined> => {
    const into = join(root, "above", "out");
    const names = await readdir(into, { recursive: true }).catch(() => undefined);
    const read = (name: string): Promise<string> => readFile(join(into, name), "utf8").catch(() => "a folder");
    const pairs = names?.toSorted().map(async (name) => [name, await read(name)] as const);
    return pairs && Object.fromEntries(await Promise.all(pairs));
  };
  const folders = { a: "a folder", "a/b": "a folder", c: "a folder", d: "a folder" };
  const whole = { ...folders, "a/b/one.eml": "one", "all.mbox": "onetwo", "c/two.eml": "one" };
  const moments = await atEveryMoment(
    scratch.path,
    async () => void (isPublished = false),
    make,
    async (left) => {
      const found = await made(left);
      if (found) expect(found).toEqual({ ...whole, ...(!isPublished && ".convert" in found && { ".convert": "" }) });
      if (isPublished) expect(found).toEqual(whole);
      if (found) return;
      await make(left, nodeFileSystem);
      expect(await made(left)).toEqual(whole);
    },
  );
  expect(moments).toBeGreaterThan(20);
});

test("whenever the power fails, a sign-in that was stored opens with the key that is there, and one that was removed is not back", async () => {
  await using scratch = await scratchFolder();
  const grant = (account: string, token: string) => ({
    account,
    clientId: "id",
    scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
    refreshToken: new Secret(token),
    accessToken: new Secret("at"),
    expiresAt: 1,
    grantedAt: 1,
  });
  const partsOn = (root: string, disk: FileSystem) => {
    const files = privateFiles(disk);
    const key = keyInFile(join(root, "state", "key"), files);
    const store = sealedGrants(join(root, "tokens"), key.keys, fileLock(systemClock, disk), files);
    return { key, store };
  };
  let stored: readonly string[] = [];
  let removed = false;
  const moments = await atEveryMoment(
    scratch.path,
    async () => {
      stored = [];
      removed = false;
    },
    async (root, disk) => {
      const { key, store } = partsOn(root, disk);
      for (const account of ["ada@example.com", "bob@example.com"]) {
        await store.save(grant(account, account));
        stored = [...stored, account];
      }
      await rotateKey(key, store, new AbortController().signal);
      stored = ["ada@example.com"]; // from now on the other may be gone
      await store.remove("bob@example.com");
      removed = true;
    },
    async (left) => {
      const { store } = partsOn(left, nodeFileSystem);
      for (const account of stored) expect(await store.load(account)).toMatchObject({ account });
      if (removed) expect(await store.load("bob@example.com")).toBeUndefined();
    },
  );
  expect(moments).toBeGreaterThan(20);
});

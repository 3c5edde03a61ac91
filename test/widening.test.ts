import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { failureOf } from "../src/core/errors.ts";
import { FORMATS, type Format } from "../src/core/export/format.ts";
import type { Progress } from "../src/core/export/job.ts";
import { failuresOf } from "../src/core/export/manifest.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify, type Finding, type Verdict } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { nodeFileSystem, type FileSystem } from "../src/storage/folder/file-system.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { dyingAt } from "./dying-disk.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";
import { fragileDisk } from "./power-loss.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const NEVER = new AbortController().signal;

type Wanted = Readonly<{ attachments?: boolean; formats?: readonly Format[] }>;

const verdictOf = (directory: string): Promise<Verdict> =>
  verify(directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), NEVER);

const check = async (directory: string): Promise<readonly Finding[]> => (await verdictOf(directory)).findings;

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Every file with its bytes' hash, the manifest and those of the program itself apart, and the moments in the change log. */
async function filesIn(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith(".") && entry.name !== "manifest.json")
    .map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths.map(async (path) => {
    const bytes = await readFile(path);
    const text = path.endsWith("changes.ndjson") ? bytes.toString().replaceAll(/"at":"[^"]*"/g, '"at":""') : undefined;
    return [path.slice(directory.length + 1), sha256(text === undefined ? bytes : Buffer.from(text))] as const;
  });
  return Object.fromEntries((await Promise.all(pairs)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A record without what widening adds. */
function bare(record: ExportRecord): object {
  const without = (value: object, ...keys: string[]): object =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
  return {
    ...without(record, "Original"),
    Attachments: record.Attachments.map((one) => without(one, "sha256", "path")),
  };
}

/** The records of a widened directory are those of the one that it was, and have all that a fresh export has. */
async function expectWidened(w: InProcess, before: readonly ExportRecord[], fresh: string, directory = w.directory) {
  const records = await recordsIn(directory);
  expect(records.map(bare)).toEqual(before.map(bare));
  for (const [n, record] of (await recordsIn(fresh)).entries()) {
    expect(records[n]!.Original).toEqual(record.Original);
    expect(Object.keys(records[n]!)).toEqual(Object.keys(record));
    for (const [a, { id: _, ...attachment }] of record.Attachments.entries())
      expect(records[n]!.Attachments[a]).toMatchObject(attachment);
  }
  const { batches, attachments, formats, originals, ...manifest } = await manifestIn(directory);
  const wanted = await manifestIn(fresh);
  expect({ attachments, formats, originals }).toEqual({
    attachments: wanted.attachments,
    formats: wanted.formats,
    originals: wanted.originals,
  });
  expect(manifest).toMatchObject({ complete: true, failed: [], gone: [], total_emails: before.length });
  for (const { file, sha256: hash, bytes, files = [] } of batches)
    for (const one of [{ file, sha256: hash, bytes }, ...files]) {
      const content = await readFile(join(directory, one.file));
      expect([one.file, sha256(content), content.length]).toEqual([one.file, one.sha256, one.bytes]);
    }
  const beside = ([name]: [string, string]): boolean => !/^emails_batch_\d+\.json$/.test(name);
  expect(Object.entries(await filesIn(directory)).filter(beside)).toEqual(
    Object.entries(await filesIn(fresh)).filter(beside),
  );
  expect((await readdir(directory)).filter((name) => /^emails.*part|journal/.test(name))).toEqual([]);
  expect(await check(directory)).toEqual([]);
}

const WIDENINGS: readonly (readonly [Wanted, Wanted])[] = [
  [{}, { attachments: true }],
  [{}, { formats: ["eml"] }],
  [{}, { formats: ["mbox"] }],
  [{}, { attachments: true, formats: ["mbox", "eml"] }],
  [{ formats: ["eml"] }, { attachments: true, formats: ["mbox"] }],
  [{ formats: ["mbox"] }, { attachments: true, formats: ["eml"] }],
  [{ attachments: true }, { formats: ["mbox"] }],
];

test.each(WIDENINGS)(
  "a directory with %j that is asked for %j gets what is missing, and nothing else",
  async (had, wanted) => {
    await using w = await inProcess({ messages: 90, messagesPerThread: 3 }, { filter: ALL, batchSize: 25 });
    await w.run(undefined, undefined, had);
    const before = await recordsIn(w.directory);
    const all = {
      attachments: had.attachments === true || wanted.attachments === true,
      formats: (["mbox", "eml"] as const).filter((one) => had.formats?.includes(one) || wanted.formats?.includes(one)),
    };
    const fresh = join(w.directory, "..", "fresh");
    await w.run(undefined, undefined, { ...all, directory: fresh });
    w.google.meter.reset();
    await w.run(undefined, undefined, wanted);
    const {
      "messages.get": gets = 0,
      "threads.get": threads = 0,
      "messages.attachments.get": parts = 0,
    } = w.google.meter.calls;
    // The bytes of each message that lacks something, once; where originals are here already, nothing.
    const withAttachments = before.filter(
      ({ Attachments, Labels }) => Attachments.length > 0 && !Labels.includes("CHAT"),
    );
    const chats = before.filter(({ Labels }) => Labels.includes("CHAT")).length;
    const blank = before.filter((record) => !w.google.mailbox().truth(record["Message-ID"]).hasRaw).length - chats;
    const more = wanted.formats ? blank : 0; // that there are no bytes is asked twice, or their attachments are looked for
    const expected = had.formats ? 0 : wanted.formats ? before.length - chats + more : withAttachments.length;
    expect([threads, gets + parts]).toEqual([0, expected]);
    await expectWidened(w, before, fresh);
    // Less asked for removes nothing, and costs nothing.
    const files = await filesIn(w.directory);
    w.google.meter.reset();
    await w.run(undefined, undefined, {});
    expect(w.google.meter.calls).not.toHaveProperty("messages.get");
    expect(await filesIn(w.directory)).toEqual(files);
  },
);

test("an export that was stopped and is asked for more ends as if all had been asked for from the beginning", async () => {
  await using w = await inProcess({ messages: 150, messagesPerThread: 3 }, { filter: ALL, batchSize: 50 });
  const fresh = join(w.directory, "..", "fresh");
  await w.run(undefined, undefined, { ...EVERY, directory: fresh });
  const stop = new AbortController();
  const stopSoon = ({ exported }: Progress): void => {
    if (exported > 60) stop.abort(new Error("stopped by hand"));
  };
  await expect(w.run(stopSoon, stop.signal)).rejects.toThrow("stopped by hand");
  const { total_emails: count } = await manifestIn(w.directory);
  expect([count > 0, count < 150]).toEqual([true, true]);
  const told: Progress[] = [];
  await w.run((progress) => told.push(progress), undefined, EVERY);
  const stable = async (directory: string): Promise<ExportRecord[]> => {
    const records = await recordsIn(directory);
    for (const { Attachments } of records) for (const one of Attachments) Object.assign(one, { id: "" });
    return records;
  };
  expect(await stable(w.directory)).toEqual(await stable(fresh));
  const sealed = ([name]: [string, string]): boolean => !/\.(?:json|gz|parquet)$/.test(name); // attachments' ids are new at every read
  expect(Object.entries(await filesIn(w.directory)).filter(sealed)).toEqual(
    Object.entries(await filesIn(fresh)).filter(sealed),
  );
  expect(await check(w.directory)).toEqual([]);
  // What is completed is told while it is, with the units that it will take.
  const completing = told.filter(({ completed }) => completed !== undefined && completed.of > 0);
  expect(completing.at(-1)!.completed!.done).toBe(completing.at(-1)!.completed!.of);
  expect(completing.find(({ completed }) => completed!.done === 0)!.forecast!.unitsLeft).toBe(
    20 * completing[0]!.completed!.of,
  );
});

test("what is not to be had any more is named, and the record stays; what is not to be had for now is tried again", async () => {
  await using w = await inProcess({ messages: 30 }, { filter: ALL, batchSize: 10 });
  const mailbox = w.google.mailbox();
  const file = { filename: "a.csv", mimeType: "text/csv", bytes: Buffer.from("1,2") };
  const [deleted, broken] = ["deleted", "broken"].map((subject) =>
    mailbox.add({ subject, plain: subject, attachments: [file], labelIds: ["INBOX"] }),
  );
  await w.run();
  const before = await recordsIn(w.directory);
  mailbox.remove(deleted!);
  w.google.faults.add({ kind: "failedPrecondition", method: "messages.get", messageId: broken! });
  const unread = await w.run(undefined, undefined, EVERY);
  const gone = { id: deleted, reason: "The message was deleted in Gmail before this was asked for." };
  const failed = { id: broken, reason: expect.any(String), attempts: 2 };
  expect(unread).toMatchObject({ complete: false, failed: [], gone: [] });
  expect(unread.attachments!.without).toEqual([failed, gone]); // in the order of the records
  expect(unread.originals!.without).toEqual(expect.arrayContaining([failed, gone]));
  expect(failuresOf(unread)).toEqual([failed]);
  expect((await recordsIn(w.directory)).map(bare)).toEqual(before.map(bare));
  expect(await check(w.directory)).toEqual([]);
  w.google.faults.clear();
  w.google.meter.reset();
  const done = await w.run(); // it is remembered what was asked for
  expect(w.google.meter.calls["messages.get"]).toBe(1);
  expect(done).toMatchObject({ complete: true, failed: [] });
  expect(done.attachments!.without).toEqual([gone]);
  expect(failuresOf(done)).toEqual([]);
  const records = new Map((await recordsIn(w.directory)).map((record) => [record["Message-ID"], record]));
  expect(records.get(broken!)!.Original).toBeDefined();
  expect(records.get(deleted!)!.Original).toBeUndefined();
  expect(await check(w.directory)).toEqual([]);
});

test("what is not found as a directory is completed is not given up while Gmail does not call it deleted", async () => {
  await using w = await inProcess({ messages: 30 }, { filter: ALL, batchSize: 10 });
  await w.run();
  const [first] = await recordsIn(w.directory);
  const id = first!["Message-ID"];
  w.google.faults.add({ kind: "notFound", method: "messages.get", messageId: id });
  const unfound = await w.run(undefined, undefined, EVERY);
  expect(unfound.complete).toBe(false);
  expect(failuresOf(unfound)).toEqual([expect.objectContaining({ id })]);
  w.google.faults.clear();
  expect(await w.run()).toMatchObject({ complete: true });
  const records = new Map((await recordsIn(w.directory)).map((record) => [record["Message-ID"], record]));
  expect(records.get(id)!.Original).toBeDefined();
  expect(await check(w.directory)).toEqual([]);
});

/** Changes the records of a directory's first batch, and what its manifest says of that. */
async function forge(directory: string, change: (record: ExportRecord) => ExportRecord): Promise<void> {
  const path = join(directory, "emails_batch_1.json");
  const records: ExportRecord[] = JSON.parse(await readFile(path, "utf8"));
  const bytes = Buffer.from(`[\n${records.map((record) => JSON.stringify(change(record))).join(",\n")}\n]\n`);
  await writeFile(path, bytes);
  const { batches, ...manifest } = await manifestIn(directory);
  const first = { ...batches[0], bytes: bytes.length, sha256: sha256(bytes) };
  await writeFile(
    join(directory, "manifest.json"),
    JSON.stringify({ ...manifest, batches: [first, ...batches.slice(1)] }),
  );
}

test("a record that an earlier version made in another way gets its original; one that says another thing does not", async () => {
  await using w = await inProcess({ messages: 0 }, { filter: ALL });
  const mailbox = w.google.mailbox();
  const file = { filename: "a.csv", mimeType: "text/csv", bytes: Buffer.from("1,2") };
  const [earlier, other] = ["earlier", "other"].map((subject) =>
    mailbox.add({ subject, plain: `Text of ${subject}.\nÀ bientôt`, attachments: [file], labelIds: ["INBOX"] }),
  );
  await w.run();
  await forge(w.directory, (record) => ({
    ...record,
    ...(record["Message-ID"] === earlier
      ? { From: `"${record.From}`, Body: { ...record.Body, plain: record.Body.plain.replace("À", "Ã€") } }
      : { Body: { ...record.Body, plain: "Text of nobody." } }),
  }));
  const before = await recordsIn(w.directory);
  const manifest = await w.run(undefined, undefined, { attachments: true, formats: ["eml"] });
  const told = { id: other, reason: expect.stringContaining("not what its record says"), attempts: 2 };
  expect(manifest).toMatchObject({ complete: false, originals: { count: 1, without: [told], earlier: [earlier] } });
  expect(manifest.attachments).toMatchObject({ stored: 1, without: [told] });
  expect((await recordsIn(w.directory)).map(bare)).toEqual(before.map(bare));
  expect(await check(w.directory)).toEqual([]);
});

const EVERY = { attachments: true, formats: FORMATS } as const;

/** A directory with less than everything, of which each way to get the rest begins with a copy. */
async function begunWith(had: Wanted, messages: number, batchSize: number) {
  const w = await inProcess({ messages, messagesPerThread: 2 }, { filter: ALL, batchSize });
  await w.run(undefined, undefined, had);
  const before = await recordsIn(w.directory);
  const copy = async (name: string): Promise<string> => {
    const to = join(w.directory, "..", name);
    await cp(w.directory, to, { recursive: true });
    return to;
  };
  const whole = await copy("whole");
  await w.run(undefined, undefined, { ...EVERY, directory: whole });
  return { w, before, copy, whole, expected: await filesIn(whole) };
}

test.each<readonly [Wanted, number]>([
  [{}, 10],
  [{ formats: ["mbox"] }, 6],
])(
  "killed at any moment, a directory with %j that was being completed is unfinished and not damaged, and goes on to the same files",
  async (had, kills) => {
    const { w, copy, whole, expected } = await begunWith(had, 36, 9);
    await using _ = w;
    const {
      complete: _c,
      quota: _q,
      duration_seconds: _d,
      export_date: _e,
      checkedAt: _a,
      ...manifest
    } = await manifestIn(whole);
    const counted = dyingAt(Infinity);
    await w.run(undefined, undefined, { ...EVERY, directory: await copy("counted"), files: counted.files });
    let reads = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const directory = await copy(`killed-${kill}`);
      const { files } = dyingAt(1 + Math.floor((kill * counted.count()) / kills));
      w.google.meter.reset();
      await w.run(undefined, undefined, { ...EVERY, directory, files }).catch((error: unknown) => error);
      const { sound, findings, manifest: left } = await verdictOf(directory);
      expect([kill, sound, findings]).toEqual([kill, true, []]);
      // It is remembered what was asked for, once anything was changed.
      const again = left.complete ? EVERY : {};
      await w.run(undefined, undefined, { ...again, directory });
      reads += w.google.meter.calls["messages.get"] ?? 0;
      expect(await filesIn(directory)).toEqual(expected);
      expect(await manifestIn(directory)).toMatchObject(JSON.parse(JSON.stringify(manifest)));
      expect((await readdir(directory)).filter((name) => /^emails.*part|journal/.test(name))).toEqual([]);
    }
    // Of each kill at most what was on its way, and what was not synced, is read again.
    expect(reads).toBeLessThanOrEqual(kills * (36 + 32));
  },
);

test("whenever the power fails while a directory is completed, nothing is lost, and going on ends in the same files", async () => {
  const { w, before, whole, expected } = await begunWith({}, 16, 6);
  await using _ = w;
  const scratch = join(w.directory, "..");
  const operations = async (): Promise<number> => {
    const root = join(scratch, "counted");
    await cp(w.directory, join(root, "export"), { recursive: true });
    await using disk = await fragileDisk(root);
    await w.run(undefined, undefined, { ...EVERY, directory: join(root, "export"), files: disk.files });
    return disk.operations();
  };
  const all = await operations();
  const cuts = 10;
  for (let cut = 0; cut < cuts; cut += 1) {
    const root = join(scratch, `disk-${cut}`);
    await cp(w.directory, join(root, "export"), { recursive: true });
    await using disk = await fragileDisk(root, 5 + Math.floor((cut * all) / cuts));
    await w
      .run(undefined, undefined, { ...EVERY, directory: join(root, "export"), files: disk.files })
      .catch((error: unknown) => error);
    const left = join(scratch, `left-${cut}`);
    await disk.survivors(left);
    const directory = join(left, "export");
    expect([cut, await check(directory)]).toEqual([cut, []]);
    expect((await recordsIn(directory)).map(bare)).toEqual(before.map(bare));
    await w.run(undefined, undefined, { ...EVERY, directory });
    expect(await filesIn(directory)).toEqual(expected);
  }
  expect(await check(whole)).toEqual([]);
});

test("a batch that somebody changes while it is completed is not replaced", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 12 });
  await w.run();
  const path = join(w.directory, "emails_batch_1.json");
  const changed = (await readFile(path, "utf8")).replace('"Internal-Date":"20', '"Internal-Date":"19');
  const change = ({ stage }: Progress): void => {
    if (stage === "fetching") writeFileSync(path, changed);
  };
  const refusal = failureOf(await w.run(change, undefined, { formats: ["eml"] }).catch((error: unknown) => error));
  expect(refusal).toMatchObject({ code: "directory_damaged", message: expect.stringContaining("emails_batch_1.json") });
  expect(await readFile(path, "utf8")).toBe(changed);
});

test("what a disk gives back in another way than it was written takes no batch's place, and is not gone on with", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 5 });
  await w.run();
  const [before, records] = [await filesIn(w.directory), await recordsIn(w.directory)];
  const files: FileSystem = {
    ...nodeFileSystem,
    async open(path, ...how) {
      const file = await nodeFileSystem.open(path, ...how);
      if (!path.endsWith("emails_batch_1.json.part")) return file;
      const write = file.write.bind(file);
      return Object.assign(file, {
        write: (bytes: Uint8Array, offset: number, length: number, at: number) => {
          const other = Buffer.from(bytes.subarray(offset, offset + length));
          const date = other.indexOf('"Internal-Date":"20');
          if (date !== -1) other.write('"Internal-Date":"19', date);
          return write(other, 0, length, at);
        },
      });
    },
  };
  const wanted: Wanted = { formats: ["mbox"] };
  const refusal = failureOf(await w.run(undefined, undefined, { ...wanted, files }).catch((error: unknown) => error));
  expect(refusal).toMatchObject({ code: "disk", message: expect.stringContaining("not what can be read of it") });
  expect(await filesIn(w.directory)).toMatchObject(before);
  expect(await check(w.directory)).toEqual([]);
  const fresh = join(w.directory, "..", "fresh");
  await w.run(undefined, undefined, { ...wanted, directory: fresh });
  await w.run(undefined, undefined, wanted);
  await expectWidened(w, records, fresh);
});

test("killed while originals in an mbox are made files, a directory is unfinished and not damaged", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 5, formats: ["mbox"] });
  await w.run();
  const wanted: Wanted = { attachments: true, formats: ["eml"] };
  const copy = async (name: string): Promise<string> => {
    const to = join(w.directory, "..", name);
    await cp(w.directory, to, { recursive: true });
    return to;
  };
  const counted = dyingAt(Infinity);
  await w.run(undefined, undefined, { ...wanted, directory: await copy("counted"), files: counted.files });
  for (const part of [0.3, 0.6]) {
    const directory = await copy(`killed-${part}`);
    const { files } = dyingAt(Math.floor(counted.count() * part));
    await expect(w.run(undefined, undefined, { ...wanted, directory, files })).rejects.toThrow("killed");
    const { findings, manifest } = await verdictOf(directory);
    expect([part, findings, manifest.complete, manifest.formats]).toEqual([part, [], false, ["mbox", "eml"]]);
  }
});

test("an unfinished export with originals as files goes on with an mbox too, also where its manifest does not say yet that it was asked for", async () => {
  await using w = await inProcess({ messages: 40 }, { filter: ALL, batchSize: 100 });
  const stop = new AbortController();
  const stopSoon = ({ exported }: Progress): void => {
    if (exported > 10) stop.abort(new Error("stopped by hand"));
  };
  await expect(w.run(stopSoon, stop.signal, { formats: ["eml"] })).rejects.toThrow("stopped by hand");
  const path = join(w.directory, "manifest.json");
  const lagging = await readFile(path);
  const { files } = dyingAt(24);
  await expect(w.run(undefined, undefined, { formats: ["mbox"], files })).rejects.toThrow("killed");
  await writeFile(path, lagging);
  expect(await check(w.directory)).toEqual([]);
  expect(await w.run()).toMatchObject({ complete: true, formats: ["mbox", "eml"] });
  expect(await check(w.directory)).toEqual([]);
});

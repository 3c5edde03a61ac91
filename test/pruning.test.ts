import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { systemClock } from "../src/clock.ts";
import type { Format } from "../src/core/export/format.ts";
import type { Progress } from "../src/core/export/job.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import { attachmentPath } from "../src/formats/attachment-path.ts";
import { emlPath } from "../src/formats/eml-path.ts";
import { verify } from "../src/pipeline/verify.ts";
import { indexedRecords } from "../src/search/indexed-records.ts";
import { dyingAt } from "./dying-disk.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { readBatches, readDirectory } from "./on-disk.ts";
import { fragileDisk } from "./power-loss.ts";
import { until } from "./wait.ts";
import { ALL } from "./written-export.ts";

const NEVER = new AbortController().signal;
const EVERY = { attachments: true, formats: ["mbox", "eml", "ndjson", "parquet"] } as const;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Every file of the export with its size and hash; what tells times, and what is the program's own, apart. */
async function filesIn(directory: string): Promise<Map<string, { bytes: number; sha256: string }>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !/^\.|^manifest\.json$|^changes\.ndjson$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path) => {
    const content = await readFile(path);
    return [path.slice(directory.length + 1), { bytes: content.length, sha256: sha256(content) }] as const;
  });
  return new Map((await Promise.all(files)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const bytesOf = (files: Awaited<ReturnType<typeof filesIn>>): number =>
  files.values().reduce((sum, { bytes }) => sum + bytes, 0);

const SHARED = Buffer.from("what two messages have");
const ALONE = Buffer.from("what one message has");

type Wanted = Readonly<{ attachments?: boolean; formats?: readonly Format[] }>;
/** What is kept beside the records, but what is made of them. */
const CONTENT: Wanted = { attachments: true, formats: ["mbox", "eml"] };

type Stage = AsyncDisposable & Readonly<{ w: InProcess; gone: ReadonlySet<string>; kept: string }>;

/**
 * An export in batches of six, of which Gmail has deleted since: all of one batch, some of another, and two messages with
 * attachments, of which one content is another message's too.
 */
async function deletedSince(wanted: Wanted = EVERY): Promise<Stage> {
  const w = await inProcess({ messages: 14 }, { filter: EVERYTHING, batchSize: 6, ...wanted });
  const mailbox = w.google.mailbox();
  const add = (bytes: Buffer): string =>
    mailbox.add({ plain: "see attached", attachments: [{ filename: "a.bin", mimeType: "application/pdf", bytes }] });
  const [kept, sharing, alone] = [add(SHARED), add(SHARED), add(ALONE)];
  await w.run();
  const { batches } = await manifestIn(w.directory);
  const idsIn = async (file: string): Promise<string[]> => {
    const records: { "Message-ID": string }[] = JSON.parse(await readFile(join(w.directory, file), "utf8"));
    return records.map((record) => record["Message-ID"]);
  };
  const whole = await idsIn(batches[1]!.file);
  const gone = new Set([...whole, (await idsIn(batches[2]!.file))[1]!, sharing, alone]);
  gone.delete(kept);
  for (const id of gone) mailbox.remove(id);
  await w.run();
  return { w, gone, kept, [Symbol.asyncDispose]: () => w[Symbol.asyncDispose]() };
}

const check = (directory: string) => verify(directory, readDirectory, NEVER);

test("what is deleted in Gmail is taken out with all that nobody else needs, and how much that is is told", async () => {
  await using stage = await deletedSince();
  const { w, gone, kept } = stage;
  const before = { records: await recordsIn(w.directory), files: await filesIn(w.directory) };
  expect(before.records.filter((record) => gone.has(record["Message-ID"]))).toHaveLength(gone.size);

  let last: Progress | undefined;
  const manifest = await w.run((progress) => void (last = progress), NEVER, { prune: true });
  const records = await recordsIn(w.directory);
  expect(records).toEqual(before.records.filter((record) => !gone.has(record["Message-ID"])));
  expect(manifest).toMatchObject({ complete: true, total_emails: records.length });
  expect(manifest.total_batches).toBe(manifest.batches.length);
  expect(manifest.batches.map(({ file }) => file)).not.toContain("emails_batch_2.json");
  expect(new Set(manifest.deleted?.map(({ id }) => id))).toEqual(gone);
  expect(manifest.deleted?.every(({ pruned }) => pruned === true)).toBe(true);

  const files = await filesIn(w.directory);
  expect([files.has(attachmentPath(sha256(SHARED))), files.has(attachmentPath(sha256(ALONE)))]).toEqual([true, false]);
  for (const { "Message-ID": id, "Internal-Date": date } of before.records)
    if (before.files.has(emlPath(id, date))) expect(files.has(emlPath(id, date)), id).toBe(!gone.has(id));
  expect([...files.keys()].filter((name) => /batch_2\.|part$/.test(name))).toEqual([]);
  expect(last?.pruned).toEqual({
    messages: gone.size,
    files: before.files.size - files.size,
    bytes: bytesOf(before.files) - bytesOf(files),
  });
  expect(await check(w.directory)).toMatchObject({ sound: true, findings: [] });
  expect(records.some((record) => record["Message-ID"] === kept)).toBe(true);

  // Once more there is nothing to take out; what comes next gets a file of its own.
  await w.run((progress) => void (last = progress), NEVER, { prune: true });
  expect(last?.pruned).toEqual({ messages: 0, files: 0, bytes: 0 });
  expect(await filesIn(w.directory)).toEqual(files);
  w.google.mailbox().add({ plain: "later" });
  const later = await w.run();
  expect(later.deleted).toEqual(manifest.deleted);
  expect(await recordsIn(w.directory)).toEqual([...records, expect.anything()]);
  expect(new Set(later.batches.map(({ file }) => file)).size).toBe(later.batches.length);
  expect(await check(w.directory)).toMatchObject({ sound: true });
});

test("a last batch of which none are left leaves no number that is taken, and a mailbox that is emptied leaves no batch", async () => {
  await using w = await inProcess({ messages: 4 }, { batchSize: 2 });
  await w.run();
  const mailbox = w.google.mailbox();
  const idsIn = async () => (await recordsIn(w.directory)).map((record) => record["Message-ID"]);
  for (const id of (await idsIn()).slice(2)) mailbox.remove(id);
  const one = await w.run(undefined, undefined, { prune: true });
  expect(one.batches.map(({ file }) => file)).toEqual(["emails_batch_1.json"]);
  const id = mailbox.add({ plain: "new" });
  await w.run();
  expect(await idsIn()).toContain(id);
  expect(await check(w.directory)).toMatchObject({ sound: true });
  for (const all of await idsIn()) mailbox.remove(all);
  const none = await w.run(undefined, undefined, { prune: true });
  expect(none).toMatchObject({ complete: true, total_emails: 0, total_batches: 0, batches: [] });
  expect([...(await filesIn(w.directory)).keys()]).toEqual([]);
  expect(await check(w.directory)).toMatchObject({ sound: true });
  const again = mailbox.add({ plain: "and again" });
  await w.run();
  expect(await idsIn()).toEqual([again]);
});

test("what is looked through follows the records: labels of now, and nothing of what was taken out", async () => {
  await using w = await inProcess({ messages: 9 }, { batchSize: 3 });
  await w.run();
  const index = indexedRecords(join(w.directory, "..", "index"), readBatches, systemClock);
  await using _ = { [Symbol.asyncDispose]: () => index.close() };
  const of = { directory: w.directory, owns: () => true };
  const found = async (label?: string): Promise<string[]> => {
    const page = await until(async () => {
      const one = await index.page(of, { ...ALL, label }, 50);
      return one.index.complete ? one : undefined;
    });
    return page.records.map(({ id }) => id).toSorted();
  };
  const mailbox = w.google.mailbox();
  const [first = "", second = "", ...others] = await found();
  mailbox.setLabels(first, ["STARRED"]);
  mailbox.remove(second);
  await w.run();
  expect(await found("STARRED")).toContain(first);
  expect(await found()).toEqual([first, second, ...others].toSorted());
  const { batches } = await w.run(undefined, undefined, { prune: true });
  expect(await found()).toEqual([first, ...others].toSorted());
  const last: { "Message-ID": string }[] = JSON.parse(await readFile(join(w.directory, batches[2]!.file), "utf8"));
  for (const one of last) mailbox.remove(one["Message-ID"]);
  await w.run(undefined, undefined, { prune: true });
  const left = [first, ...others].filter((id) => !last.some((one) => one["Message-ID"] === id));
  expect(await found()).toEqual(left.toSorted());
});

test("without being asked, nothing is taken out", async () => {
  await using stage = await deletedSince({ formats: ["mbox"] });
  const { w, gone } = stage;
  const manifest = await w.run();
  expect(manifest.deleted?.map(({ pruned }) => pruned)).toEqual([...gone].map(() => undefined));
  expect((await recordsIn(w.directory)).filter((record) => gone.has(record["Message-ID"]))).toHaveLength(gone.size);
});

/** The directory as it is to be, and how many operations on the disk that takes. */
async function prunedWhole({ w }: Stage, into: string) {
  const root = join(w.directory, "..", into);
  await cp(w.directory, join(root, "export"), { recursive: true });
  await using disk = await fragileDisk(root);
  await w.run(undefined, undefined, { prune: true, directory: join(root, "export"), files: disk.files });
  return { files: await filesIn(join(root, "export")), operations: disk.operations() };
}

/** Nothing that a record needs is missing, and of the mail that is there still, none is. */
async function expectNothingLost({ gone }: Stage, directory: string, records: readonly object[]): Promise<void> {
  const { findings } = await check(directory);
  expect(findings).toEqual([]);
  const kept = (await recordsIn(directory)).filter((record) => !gone.has(record["Message-ID"]));
  expect(kept).toEqual(records);
}

test("whenever the power fails while messages are taken out, nothing else is lost, and going on ends in the same files", async () => {
  await using stage = await deletedSince(CONTENT);
  const { w, gone } = stage;
  const records = (await recordsIn(w.directory)).filter((record) => !gone.has(record["Message-ID"]));
  const { files, operations } = await prunedWhole(stage, "whole");
  const cuts = 8;
  for (let cut = 0; cut < cuts; cut += 1) {
    const root = join(w.directory, "..", `disk-${cut}`);
    await cp(w.directory, join(root, "export"), { recursive: true });
    await using disk = await fragileDisk(root, 3 + Math.floor((cut * operations) / cuts));
    const asked = { prune: true, directory: join(root, "export"), files: disk.files };
    await w.run(undefined, undefined, asked).catch((error: unknown) => error);
    const left = join(w.directory, "..", `left-${cut}`);
    await disk.survivors(left);
    const directory = join(left, "export");
    await expectNothingLost(stage, directory, records);
    await w.run(undefined, undefined, { prune: true, directory });
    expect([cut, await filesIn(directory)]).toEqual([cut, files]);
    expect((await check(directory)).findings).toEqual([]);
  }
});

/** Copies of an export, and how many operations on the disk it takes to take out of one what is deleted. */
async function countedPruning(w: InProcess) {
  const copy = async (name: string): Promise<string> => {
    const to = join(w.directory, "..", name);
    await cp(w.directory, to, { recursive: true });
    return to;
  };
  const counted = dyingAt(Infinity);
  await w.run(undefined, undefined, { prune: true, directory: await copy("counted"), files: counted.files });
  return { copy, operations: counted.count() };
}

test("killed while messages are taken out, a directory is unfinished and not damaged; going on without that finishes it", async () => {
  await using stage = await deletedSince(CONTENT);
  const { w, gone } = stage;
  const all = await recordsIn(w.directory);
  const { copy, operations } = await countedPruning(w);
  for (const part of [0.3, 0.6, 0.85, 0.97]) {
    const directory = await copy(`killed-${part}`);
    const { files } = dyingAt(Math.floor(operations * part));
    await expect(w.run(undefined, undefined, { prune: true, directory, files })).rejects.toThrow("killed");
    expect((await check(directory)).findings, String(part)).toEqual([]);
    const manifest = await w.run(undefined, undefined, { directory });
    const records = await recordsIn(directory);
    const pruned = new Set(manifest.deleted?.flatMap((one) => (one.pruned ? [one.id] : [])));
    expect(records).toEqual(all.filter((record) => !pruned.has(record["Message-ID"])));
    expect(manifest.deleted?.map(({ id }) => id).toSorted()).toEqual([...gone].toSorted());
    expect([part, (await check(directory)).findings, manifest.complete]).toEqual([part, [], true]);
  }
});

test("what a run saw is told though it was killed at its end, and taken out what it took out", async () => {
  await using w = await inProcess({ messages: 8 }, { batchSize: 2 });
  await w.run();
  const gone = (await recordsIn(w.directory)).slice(3, 6).map((record) => record["Message-ID"]);
  for (const id of gone) w.google.mailbox().remove(id);
  const { copy, operations } = await countedPruning(w);
  for (let left = 2; left < 14; left += 2) {
    const directory = await copy(`left-${left}`);
    const { files } = dyingAt(operations - left);
    const asked = { prune: true, directory, files };
    await expect(w.run(undefined, undefined, asked), String(left)).rejects.toThrow("killed");
    expect([left, (await check(directory)).findings]).toEqual([left, []]);
    await w.run(undefined, undefined, { directory });
    expect([left, (await check(directory)).findings]).toEqual([left, []]);
    const told = (await readFile(join(directory, "changes.ndjson"), "utf8")).trimEnd().split("\n");
    const changes: { id: string; change: string }[] = told.map((line) => JSON.parse(line));
    const deleted = changes.flatMap(({ id, change }) => (change === "deleted" ? [id] : []));
    expect(deleted.toSorted()).toEqual(gone.toSorted());
  }
});

test("killed while the files of batches go, of which there are so many that not each is told, no manifest names what went", async () => {
  await using w = await inProcess({ messages: 66, messagesPerThread: 1, bodyBytes: 60 }, { batchSize: 1 });
  await w.run();
  for (const { "Message-ID": id } of (await recordsIn(w.directory)).slice(3, 5)) w.google.mailbox().remove(id);
  const { batches } = await manifestIn(w.directory);
  const [first, second] = batches.slice(3, 5).map(({ file }) => file);
  const { copy, operations } = await countedPruning(w);
  let cuts = 0;
  for (let left = 1; left < 30; left += 1) {
    const directory = await copy(`left-${left}`);
    const { files } = dyingAt(operations - left);
    await expect(w.run(undefined, undefined, { prune: true, directory, files })).rejects.toThrow("killed");
    const there = await readdir(directory);
    if (there.includes(first!) && there.includes(second!)) break; // before any of them went
    cuts += 1;
    const named = (await manifestIn(directory)).batches.map(({ file }) => file);
    expect([left, named.filter((file) => !there.includes(file))]).toEqual([left, []]);
    expect([left, (await check(directory)).findings]).toEqual([left, []]);
  }
  expect(cuts).toBeGreaterThan(2);
});

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { Truth } from "../simulator/google.ts";
import { failureOf } from "../src/core/errors.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify, type Finding } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { dyingAt, Killed } from "./dying-disk.ts";
import { gist, gistOfTruth, manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const NEVER = new AbortController().signal;

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Every file with its bytes' hash, those of the program itself apart. */
async function filesIn(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name));
  const pairs = names.map(async (name) => [name.slice(directory.length + 1), sha256(await readFile(name))] as const);
  return Object.fromEntries((await Promise.all(pairs)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Records without what is new at every read. */
async function stableRecords(directory: string): Promise<unknown[]> {
  const records = await recordsIn(directory);
  for (const { Attachments } of records) for (const one of Attachments) Object.assign(one, { id: "" });
  return records;
}

const check = async (directory: string): Promise<readonly Finding[]> =>
  (await verify(directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), NEVER)).findings;

/** Holds everything that is in a directory against the truth. */
async function expectAllOf(w: InProcess, directory: string): Promise<void> {
  const records = await recordsIn(directory);
  const mailbox = w.google.mailbox();
  expect(records.map((record) => record["Message-ID"]).toSorted()).toEqual(mailbox.ids().toSorted());
  const blobs = new Map<string, number>();
  let [stored, bytes] = [0, 0];
  for (const record of records) {
    const truth = mailbox.truth(record["Message-ID"]);
    expect(gist(record)).toEqual(gistOfTruth(truth));
    for (const [n, attachment] of record.Attachments.entries()) {
      const hash = sha256(truth.attachments[n]!.bytes);
      const size = truth.attachments[n]!.bytes.length;
      expect(attachment).toMatchObject({ sha256: hash, path: `attachments/${hash.slice(0, 2)}/${hash}` });
      expect(sha256(await readFile(join(directory, attachment.path!)))).toBe(hash);
      blobs.set(hash, size);
      stored += 1;
      bytes += size;
    }
  }
  const blobBytes = [...blobs.values()].reduce((sum, size) => sum + size, 0);
  expect(await manifestIn(directory)).toMatchObject({
    complete: true,
    attachments: { stored, bytes, blobs: blobs.size, blobBytes },
  });
  const files = Object.keys(await filesIn(directory)).filter((name) => name.startsWith("attachments/"));
  expect(files.map((name) => name.slice(-64)).toSorted()).toEqual([...blobs.keys()].toSorted());
  expect(await check(directory)).toEqual([]);
}

test("every attachment of every kind of mail is stored byte for byte, each content once, and its record says where", async () => {
  await using w = await inProcess({ messages: 260, messagesPerThread: 3 }, { attachments: true, filter: ALL });
  const same = { filename: "same.pdf", mimeType: "application/pdf", bytes: Buffer.from("the same bytes\n") };
  for (let n = 0; n < 3; n += 1) w.google.mailbox().add({ subject: `copy ${n}`, plain: "see", attachments: [same] });
  await w.run();
  await expectAllOf(w, w.directory);
  const { attachments } = await manifestIn(w.directory);
  expect(attachments!.stored - attachments!.blobs).toBeGreaterThanOrEqual(2);
  const { mode } = await stat(join(w.directory, "attachments"));
  expect(mode & 0o777).toBe(0o700);
});

/** What the cheapest way takes, reckoned with everything known: 20 a message, 40 a conversation, 20 an answer more. */
function optimum(truths: readonly Truth[]): number {
  const conversations = Map.groupBy(truths, ({ threadId }) => threadId);
  let units = 0;
  for (const messages of conversations.values()) {
    // What is asked for behind a conversation: attachments, and texts that are served apart for their size.
    const more = messages.filter(
      ({ attachments, plain, html }) => attachments.length > 0 || Math.max(plain.length, html.length) > 60_000,
    );
    units += Math.min(messages.length * 20, 40 + more.length * 20);
  }
  return units;
}

test("units are those of the cheapest mix of calls, within one in a hundred", async () => {
  await using w = await inProcess({ messages: 0 }, { attachments: true, filter: ALL });
  const mailbox = w.google.mailbox();
  const file = (n: number) => ({ filename: `${n}.pdf`, mimeType: "application/pdf", bytes: Buffer.alloc(2_000, n) });
  for (let thread = 0; thread < 150; thread += 1) {
    const size = 1 + (thread % 7);
    let threadId: string | undefined;
    for (let n = 0; n < size; n += 1) {
      const attachments = (thread * 3 + n) % 4 === 0 ? [file(n), file(thread)].slice(0, 1 + (n % 2)) : [];
      const labelIds = ["INBOX"];
      const id = mailbox.add({
        labelIds,
        plain: `${thread}.${n}`,
        attachments,
        ...(threadId === undefined ? {} : { threadId }),
      });
      threadId ??= id;
    }
  }
  const best = optimum(mailbox.ids().map((id) => mailbox.truth(id)));
  w.google.meter.reset();
  await w.run();
  await expectAllOf(w, w.directory);
  expect(w.google.meter.units).toBeGreaterThanOrEqual(best);
  expect(w.google.meter.units).toBeLessThanOrEqual(best * 1.01);
});

test("without being asked for, nothing is stored, and the files are what they were before there were any", async () => {
  await using w = await inProcess({ messages: 60 });
  await w.run();
  expect(Object.keys(await manifestIn(w.directory))).not.toContain("attachments");
  expect((await readdir(w.directory)).filter((name) => name === "attachments")).toEqual([]);
  expect(JSON.stringify(await recordsIn(w.directory))).not.toContain('"sha256"');
});

test("a directory keeps what was once asked for: attachments are never left out later", async () => {
  await using w = await inProcess({ messages: 30 }, { attachments: true, filter: ALL });
  await w.run();
  w.google
    .mailbox()
    .add({ plain: "x", attachments: [{ filename: "a", mimeType: "image/png", bytes: Buffer.from("a") }] });
  await w.run(undefined, undefined, { attachments: false });
  await expectAllOf(w, w.directory);
});

test("an attachment's id that Gmail has forgotten, an answer that breaks off, an answer that is not base64: asked again", async () => {
  await using w = await inProcess({ messages: 80, messagesPerThread: 4 }, { attachments: true, filter: ALL });
  w.google.faults.add(
    { kind: "cutBody", method: "messages.attachments.get", rate: 0.5 },
    { kind: "truncatedJson", method: "messages.get", rate: 0.2 },
    { kind: "cutBody", method: "messages.get", rate: 0.2 },
    { kind: "500", method: "messages.attachments.get", rate: 0.2 },
  );
  await w.run();
  await expectAllOf(w, w.directory);
});

test("killed at many moments and gone on with, an export is the same as one that was never interrupted", async () => {
  await using w = await inProcess(
    { messages: 70, messagesPerThread: 3 },
    { attachments: true, filter: ALL, batchSize: 30 },
  );
  const whole = join(w.directory, "..", "whole");
  const immortal = dyingAt(Infinity);
  await w.run(undefined, undefined, { directory: whole, files: immortal.files });
  const expected = { records: await stableRecords(whole), files: Object.keys(await filesIn(whole)) };
  for (let step = 0; step < 12; step += 1) {
    const directory = join(w.directory, "..", `killed-${step}`);
    const { files } = dyingAt(Math.floor(((step + 0.5) / 12) * immortal.count()));
    const end = await w.run(undefined, undefined, { directory, files }).catch((error: unknown) => error);
    expect(end).toBeInstanceOf(Killed);
    await w.run(undefined, undefined, { directory });
    expect(await stableRecords(directory)).toEqual(expected.records);
    expect(Object.keys(await filesIn(directory))).toEqual(expected.files);
    expect(await check(directory)).toEqual([]);
  }
});

test("verify names what is missing, changed or extra among the files of attachments, and a record that points elsewhere", async () => {
  await using w = await inProcess({ messages: 60 }, { attachments: true, filter: ALL });
  await w.run();
  const names = Object.keys(await filesIn(w.directory)).filter((name) => name.startsWith("attachments/"));
  const [gone, altered] = [names[0]!, names[1]!];
  await rm(join(w.directory, gone));
  await writeFile(join(w.directory, altered), "something else");
  const stray = `attachments/00/${"0".repeat(64)}`;
  const other = "attachments/readme.txt";
  await writeFile(join(w.directory, other), "");
  await mkdir(join(w.directory, "attachments/00"), { recursive: true });
  await writeFile(join(w.directory, stray), "");
  const found = await check(w.directory);
  expect(found.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
    [`missing ${gone}`, `changed ${altered}`, `extra ${stray}`, `extra ${other}`].toSorted(),
  );
  const again = await w.run().catch((error: unknown) => error);
  expect(failureOf(again)).toMatchObject({ code: "directory_damaged" });
});

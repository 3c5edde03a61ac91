import { createHash } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";

import { expect, test } from "vitest";

import { failureOf } from "../src/core/errors.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import { entriesIn, originalIn } from "../src/formats/mbox.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify, type Finding } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { dyingAt, Killed } from "./dying-disk.ts";
import { gist, gistOfTruth, manifestIn, recordsIn } from "./exported.ts";
import { gmailReader } from "./gmail-reader.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";
import { fragileDisk, isPowerLost } from "./power-loss.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const NEVER = new AbortController().signal;

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const check = async (directory: string): Promise<readonly Finding[]> =>
  (await verify(directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), NEVER)).findings;

/** Paths below a folder, in order; none where it is not. */
async function pathsIn(directory: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => path.slice(directory.length + 1)).toSorted();
}

/** Holds every original against what Google gives of the message. */
async function expectAllOf(w: InProcess, directory: string): Promise<void> {
  const mailbox = w.google.mailbox();
  const get = await gmailReader(w.google);
  const records = await recordsIn(directory);
  expect(records.map((record) => record["Message-ID"]).toSorted()).toEqual(mailbox.ids().toSorted());
  const paths: string[] = [];
  const without: string[] = [];
  let bytes = 0;
  for (const record of records) {
    const id = record["Message-ID"];
    expect(gist(record)).toEqual(gistOfTruth(mailbox.truth(id)));
    if (!mailbox.truth(id).hasRaw) {
      expect(record.Original).toBeUndefined();
      without.push(id);
      continue;
    }
    const { raw } = Object(await get(`messages/${id}?format=raw`));
    const original = Buffer.from(String(raw), "base64url");
    const path = `eml/${record["Internal-Date"].slice(0, 4)}/${record["Internal-Date"].slice(5, 7)}/${id}.eml`;
    expect(await readFile(join(directory, path))).toEqual(original);
    expect(record.Original).toEqual({ sha256: sha256(original), bytes: original.length });
    expect(Object.keys(record).at(-1)).toBe("Original");
    paths.push(path);
    bytes += original.length;
  }
  expect(without.length).toBeGreaterThan(0);
  const manifest = await manifestIn(directory);
  expect(manifest).toMatchObject({ complete: true, formats: ["eml"], originals: { count: paths.length, bytes } });
  expect(manifest.originals!.without!.map(({ id }) => id).toSorted()).toEqual(without.toSorted());
  expect(await pathsIn(directory, "eml")).toEqual(paths.toSorted());
  expect(await check(directory)).toEqual([]);
}

test("every original is stored byte for byte, and its record tells its hash and follows from it; chats have none", async () => {
  await using w = await inProcess({ messages: 200, messagesPerThread: 3 }, { formats: ["eml"], filter: ALL });
  w.google.meter.reset();
  await w.run();
  // One call a message, a few listings, and nothing twice: chats are known before, but for those without content.
  const { "messages.get": gets = 0, "threads.get": threads = 0 } = w.google.meter.calls;
  const blank = w.google
    .mailbox()
    .ids()
    .filter((id) => !w.google.mailbox().truth(id).labelIds.includes("CHAT") && !w.google.mailbox().truth(id).hasRaw);
  expect([gets, threads]).toEqual([200 + blank.length, 0]);
  await expectAllOf(w, w.directory);
});

test("with attachments too, both come from the same answer", async () => {
  await using w = await inProcess({ messages: 120 }, { formats: ["eml"], attachments: true, filter: ALL });
  await w.run();
  await expectAllOf(w, w.directory);
  const { attachments } = await manifestIn(w.directory);
  expect(await pathsIn(w.directory, "attachments")).toHaveLength(attachments!.blobs);
});

test("answers that break off are asked for again, and leave nothing behind", async () => {
  await using w = await inProcess({ messages: 80 }, { formats: ["eml"], filter: ALL });
  w.google.faults.add(
    { kind: "cutBody", method: "messages.get", rate: 0.3 },
    { kind: "truncatedJson", method: "messages.get", rate: 0.2 },
    { kind: "500", method: "messages.get", rate: 0.1 },
  );
  await w.run();
  w.google.faults.clear();
  await expectAllOf(w, w.directory);
  expect((await readdir(w.directory)).filter((name) => name.startsWith(".new"))).toEqual([]);
});

test("stopped and gone on with, an export is the same as one that was never interrupted", async () => {
  await using w = await inProcess(
    { messages: 120, messagesPerThread: 3 },
    { formats: ["eml"], filter: ALL, batchSize: 25 },
  );
  const whole = join(w.directory, "..", "whole");
  await w.run(undefined, undefined, { directory: whole });
  for (let runs = 0; runs < 9; runs += 1) {
    const stop = new AbortController();
    let before: number | undefined;
    const stopSoon = ({ exported }: { exported: number }): void => {
      before ??= exported;
      if (exported > before + 10) stop.abort(new Error("stopped by hand"));
    };
    await w
      .run(stopSoon, stop.signal)
      .catch((error: unknown) => expect(error).toMatchObject({ message: "stopped by hand" }));
  }
  // A run broke off between an original and its record; something else is nobody's.
  await mkdir(join(w.directory, "eml/2020/01"), { recursive: true });
  await writeFile(join(w.directory, "eml/2020/01/00000000000000ff.eml"), "Subject: late\r\n\r\n");
  await writeFile(join(w.directory, "eml/stray.txt"), "not ours");
  await w.run();
  expect(await recordsIn(w.directory)).toEqual(await recordsIn(whole));
  expect(await pathsIn(w.directory, "eml")).toEqual([...(await pathsIn(whole, "eml")), "eml/stray.txt"].toSorted());
  expect((await check(w.directory)).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual(["extra eml/stray.txt"]);
});

test("verify names an original that is missing, changed or extra, and a record that does not follow from its own", async () => {
  await using w = await inProcess({ messages: 60 }, { formats: ["eml"], filter: ALL });
  await w.run();
  const paths = await pathsIn(w.directory, "eml");
  const [gone, altered] = [paths[0]!, paths[1]!];
  await rm(join(w.directory, gone));
  await writeFile(join(w.directory, altered), "Subject: something else\r\n\r\n");
  await writeFile(join(w.directory, `${altered}.eml`), "");
  // A record that was forged together with the manifest: only its original tells.
  const batch = join(w.directory, "emails_batch_1.json");
  const lines = (await readFile(batch, "utf8")).split("\n");
  const at = lines.findIndex(
    (line) => line.includes('"Original":') && !paths.slice(0, 2).some((path) => line.includes(idIn(path))),
  );
  lines[at] = lines[at]!.replace(/"Subject":"/, '"Subject":"No: ');
  const forged = Buffer.from(lines.join("\n"));
  await writeFile(batch, forged);
  const manifest = await manifestIn(w.directory);
  const entry = { ...manifest.batches[0], bytes: forged.length, sha256: sha256(forged) };
  await writeFile(join(w.directory, "manifest.json"), JSON.stringify({ ...manifest, batches: [entry] }));
  const [, id] = /"Message-ID":"(\w+)"/.exec(lines[at])!;
  const found = await check(w.directory);
  expect(found.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
    [`missing ${gone}`, `changed ${altered}`, `extra ${altered}.eml`, `changed ${id}`].toSorted(),
  );
});

const idIn = (path: string): string => path.slice(path.lastIndexOf("/") + 1, -".eml".length);

test("a directory keeps what was once asked for: originals are never left out later", async () => {
  await using w = await inProcess({ messages: 40 }, { formats: ["eml"], filter: ALL });
  await w.run();
  w.google.mailbox().add({ plain: "one more", labelIds: ["INBOX"] });
  await w.run(undefined, undefined, { formats: [] });
  await expectAllOf(w, w.directory);
});

/** Originals in the mbox files of a directory, in their order, each with the line that begins its entry. */
async function entriesOf(directory: string): Promise<{ from: string; original: Buffer }[]> {
  const all: { from: string; original: Buffer }[] = [];
  const { batches } = await manifestIn(directory);
  for (const { file, files } of batches) {
    expect(files).toHaveLength(1);
    const [mbox] = files!;
    expect(mbox!.file).toBe(file.replace(".json", ".mbox"));
    const bytes = await readFile(join(directory, mbox!.file));
    expect([sha256(bytes), bytes.length]).toEqual([mbox!.sha256, mbox!.bytes]);
    const chunks = async function* (start = 0, end = bytes.length): AsyncGenerator<Buffer> {
      yield bytes.subarray(start, end);
    };
    for await (const { start, end } of entriesIn(chunks()))
      all.push({
        from: bytes.toString("latin1", start, bytes.indexOf(10, start)),
        original: await buffer(originalIn(chunks(start, end))),
      });
  }
  return all;
}

test("an mbox beside each batch has the originals in the order of its records, each byte for byte", async () => {
  for (const formats of [["mbox"], ["mbox", "eml"]] as const) {
    await using w = await inProcess({ messages: 120, messagesPerThread: 2 }, { formats, filter: ALL, batchSize: 50 });
    await w.run();
    const records = (await recordsIn(w.directory)).filter(({ Original }) => Original !== undefined);
    const entries = await entriesOf(w.directory);
    expect(entries.map(({ original }) => ({ sha256: sha256(original), bytes: original.length }))).toEqual(
      records.map(({ Original }) => Original),
    );
    expect(entries.map(({ from }) => from.split("@")[0])).toEqual(
      records.map((record) => `From ${BigInt(`0x${record["Message-ID"]}`).toString()}`),
    );
    expect(await pathsIn(w.directory, "eml")).toHaveLength(formats.length === 2 ? records.length : 0);
    expect(await pathsIn(w.directory, ".originals")).toEqual([]);
    expect(await check(w.directory)).toEqual([]);
    w.google.mailbox().add({ plain: "one more", labelIds: ["INBOX"] });
    await w.run(); // a batch of its own
    expect(await check(w.directory)).toEqual([]);
    expect(await entriesOf(w.directory)).toHaveLength(records.length + 1);
  }
});

test("an mbox, and what is made of the records, is the same wherever its export was cut short and gone on with", async () => {
  const options = { formats: ["mbox", "ndjson", "parquet"], filter: ALL, batchSize: 20 } as const;
  await using w = await inProcess({ messages: 60, messagesPerThread: 2 }, options);
  const whole = join(w.directory, "..", "whole");
  const immortal = dyingAt(Infinity);
  await w.run(undefined, undefined, { directory: whole, files: immortal.files });
  const filesIn = async (directory: string) =>
    Promise.all(
      (await pathsIn(directory, "."))
        .filter((path) => /\.(?:mbox|ndjson\.gz|parquet)$/.test(path))
        .map(async (path) => [path.slice(path.lastIndexOf("/") + 1), sha256(await readFile(join(directory, path)))]),
    );
  const expected = await filesIn(whole);
  expect(expected).toHaveLength(9);
  for (let step = 0; step < 16; step += 1) {
    const directory = join(w.directory, "..", `cut-${step}`);
    const { files } = dyingAt(Math.floor(((step + 0.5) / 16) * immortal.count()));
    const end = await w.run(undefined, undefined, { directory, files }).catch((error: unknown) => error);
    expect(end).toBeInstanceOf(Killed);
    // What was being written may be there in part, or as anything at all.
    for (const name of await readdir(directory))
      if (name.endsWith(".mbox.part"))
        await appendFile(join(directory, name), ["\0\0\0", "From 12", "Fro", ""][step % 4]!);
    await w.run(undefined, undefined, { directory });
    expect(await filesIn(directory)).toEqual(expected);
    expect(await recordsIn(directory)).toEqual(await recordsIn(whole));
    expect(await check(directory)).toEqual([]);
  }
});

test("the power may go off at any moment: nothing that a record tells of is lost, and the export goes on to the same end", async () => {
  const formats = ["mbox", "eml", "ndjson", "parquet"] as const;
  const options = { formats, attachments: true, filter: ALL, batchSize: 12 } as const;
  await using w = await inProcess({ messages: 40, messagesPerThread: 2 }, options);
  const scratch = join(w.directory, "..");
  const whole = join(scratch, "whole");
  await w.run(undefined, undefined, { directory: whole });
  const expected = { records: await stableRecords(whole), files: await pathsIn(whole, ".") };
  for (let step = 0; step < 10; step += 1) {
    const root = join(scratch, `disk-${step}`);
    await mkdir(root);
    await using disk = await fragileDisk(root, 60 + step * 67);
    const end = await w
      .run(undefined, undefined, { directory: join(root, "export"), files: disk.files })
      .catch((error: unknown) => error);
    if (disk.operations() > 60 + step * 67) expect(isPowerLost(end)).toBe(true);
    const left = join(scratch, `left-${step}`);
    await disk.survivors(left);
    const directory = join(left, "export");
    await w.run(undefined, undefined, { directory });
    expect(await stableRecords(directory)).toEqual(expected.records);
    expect((await pathsIn(directory, ".")).filter((path) => !path.startsWith("."))).toEqual(
      expected.files.filter((path) => !path.startsWith(".")),
    );
    expect(await check(directory)).toEqual([]);
  }
});

/** Records without what is new at every read. */
async function stableRecords(directory: string): Promise<unknown[]> {
  const records = await recordsIn(directory);
  for (const { Attachments } of records) for (const one of Attachments) Object.assign(one, { id: "" });
  return records;
}

test("verify names an mbox that is missing or changed, and an entry that is not its record's", async () => {
  await using w = await inProcess({ messages: 60 }, { formats: ["mbox"], filter: ALL, batchSize: 20 });
  await w.run();
  const path = (n: number): string => join(w.directory, `emails_batch_${n}.mbox`);
  await rm(path(1));
  await appendFile(path(2), "x");
  const found = async () => (await check(w.directory)).map(({ kind, subject }) => `${kind} ${subject}`);
  expect(await found()).toEqual(["missing emails_batch_1.mbox", "changed emails_batch_2.mbox"]);
  const again = await w.run().catch((error: unknown) => error);
  expect(failureOf(again)).toMatchObject({ code: "directory_damaged" });
});

test("verify names a file that a link or a folder has taken the place of, and goes on; what the refusal of a run says helps", async () => {
  await using w = await inProcess({ messages: 30 }, { formats: ["mbox", "ndjson"], filter: ALL, batchSize: 10 });
  await w.run();
  const path = (file: string): string => join(w.directory, file);
  await rename(path("emails_batch_2.mbox"), path(".moved"));
  await symlink(".moved", path("emails_batch_2.mbox"));
  await rm(path("emails_batch_1.ndjson.gz"));
  await mkdir(path("emails_batch_1.ndjson.gz"));
  expect((await check(w.directory)).map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
    "missing emails_batch_1.ndjson.gz",
    "missing emails_batch_2.mbox",
  ]);
  await rm(path("emails_batch_1.ndjson.gz"), { recursive: true });
  const failure = failureOf(await w.run().catch((error: unknown) => error));
  expect(failure).toMatchObject({ code: "directory_damaged", message: expect.stringContaining("emails_batch_2.mbox") });
  expect(failure!.next).toContain("Move all files of that batch away");
  for (const file of await readdir(w.directory)) if (file.startsWith("emails_batch_2.")) await rm(path(file));
  expect(await w.run()).toMatchObject({ complete: true, total_emails: 30 });
  expect(await check(w.directory)).toEqual([]);
});

test("one answer without bytes proves nothing: it is asked again where the message has content", async () => {
  await using w = await inProcess({ messages: 20 }, { filter: ALL });
  const id = w.google.mailbox().add({ plain: "Here.", labelIds: ["INBOX"] });
  const lose = (): void => w.google.faults.add({ kind: "lostRaw", method: "messages.get", messageId: id, times: 1 });
  const text = join(w.directory, "..", "text");
  await w.run(undefined, undefined, { directory: text });
  for (const directory of [w.directory, text]) {
    lose();
    const { complete, originals } = await w.run(undefined, undefined, { formats: ["eml"], directory });
    expect([complete, originals!.without]).toEqual([true, undefined]);
    expect((await recordsIn(directory)).find((record) => record["Message-ID"] === id)!.Original).toBeDefined();
  }
});

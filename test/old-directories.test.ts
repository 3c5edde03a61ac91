import { chmod, cp, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { systemClock } from "../src/clock.ts";
import { FORMATS } from "../src/core/export/format.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify } from "../src/pipeline/verify.ts";
import { keyInFile } from "../src/state/embedded/grants/key-in-file.ts";
import { sealedGrants } from "../src/state/embedded/grants/sealed-grants.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { fileLock } from "../src/storage/folder/lock.ts";
import { filesOnDisk } from "../src/storage/folder/private-files.ts";
import { api } from "./api.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { install } from "./product.ts";
import { scratchFolder } from "./scratch.ts";
import { ADA, reaches, signIn } from "./stage.ts";

/** What version 0.1 wrote (test/fixtures/README.md), and this version goes on with. */

const WRITTEN = join(import.meta.dirname, "fixtures", "version-0.1");
const NEVER = new AbortController().signal;
const MAILBOX = { messages: 40, seed: 7 };

/** A copy as that version had it: git keeps no such modes. */
async function copyOf(name: string, to: string): Promise<string> {
  await cp(join(WRITTEN, name), to, { recursive: true });
  await chmod(to, 0o700);
  for (const file of await readdir(to)) await chmod(join(to, file), 0o600);
  return to;
}

async function world(name: string): Promise<InProcess & { old: string; copy: string; goOn(): Promise<object> }> {
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(await scratchFolder());
  const google = stack.use(await inProcess(MAILBOX, { batchSize: 12 }));
  const copy = await copyOf(name, join(scratch.path, name));
  const ours = stack.move();
  return {
    ...google,
    old: join(WRITTEN, name),
    copy,
    goOn: () => google.run(undefined, undefined, { directory: copy }),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

/** A batch but for labels: that version did not follow them, and today's simulated mailbox has others. */
const withoutLabels = async (file: string): Promise<string> =>
  (await readFile(file, "utf8")).replaceAll(/"(Labels|Label-Names)":\[(?:"(?:[^"\\]|\\.)*",?)*\]/g, '"$1":[]');

const idsIn = async (directory: string): Promise<string[]> =>
  (await recordsIn(directory)).map((record) => record["Message-ID"]);

/** What is there, in order, begins with what that version had; today's simulated mailbox may list more behind it. */
async function expectGoneOn(directory: string): Promise<void> {
  const ids = await idsIn(directory);
  const before = await idsIn(join(WRITTEN, "finished"));
  expect(ids.slice(0, before.length)).toEqual(before);
  expect(new Set(ids).size).toBe(ids.length);
}

test("a finished one is brought up to date: no byte of its records changes but their labels", async () => {
  await using w = await world("finished");
  const before = await manifestIn(w.old);
  expect(await w.goOn()).toMatchObject({ complete: true, failed: [], gone: [] });
  await expectGoneOn(w.copy);
  for (const { file } of before.batches)
    expect(await withoutLabels(join(w.copy, file))).toEqual(await withoutLabels(join(w.old, file)));
});

test.each(["paused", "torn"])("one that was %s goes on behind what was whole, to the same end", async (name) => {
  await using w = await world(name);
  expect(await w.goOn()).toMatchObject({ complete: true, failed: [], gone: [] });
  for (const file of ["emails_batch_1.json", "emails_batch_2.json"])
    expect(await withoutLabels(join(w.copy, file))).toEqual(await withoutLabels(join(w.old, file)));
  const grew = await withoutLabels(join(w.old, "emails_batch_3.json.part"));
  const kept = name === "torn" ? grew.slice(0, grew.lastIndexOf(",\n")) : grew;
  expect((await withoutLabels(join(w.copy, "emails_batch_3.json"))).startsWith(kept)).toBe(true);
  await expectGoneOn(w.copy);
  expect((await readdir(w.copy)).filter((file) => /part|journal/.test(file))).toEqual([]);
});

test("messages that could not be read then are read now, behind what there was", async () => {
  await using w = await world("failures");
  const before = await manifestIn(w.old);
  expect(before).toMatchObject({ complete: false, failed: [{ attempts: 12 }, { attempts: 12 }] });
  expect(await w.goOn()).toMatchObject({ complete: true, failed: [], gone: [] });
  for (const { file } of before.batches)
    expect(await withoutLabels(join(w.copy, file))).toEqual(await withoutLabels(join(w.old, file)));
  expect(await idsIn(w.copy)).toEqual(expect.arrayContaining(before.failed.map(({ id }) => id)));
});

test("one that is asked for originals keeps every byte where the mailbox says another thing of a message, and tells that", async () => {
  await using w = await world("finished"); // today's simulated mailbox has other mail under the same ids
  await w.run(undefined, undefined, { directory: w.copy, attachments: true, formats: FORMATS });
  const { findings, manifest } = await verify(
    w.copy,
    createReadDirectory(folderStorage(fileHolds(systemClock))),
    NEVER,
  );
  expect(findings).toEqual([]);
  expect(manifest).toMatchObject({ complete: false, failed: [] });
  const { batches } = await manifestIn(w.old);
  for (const { file } of batches) {
    const [before, after] = await Promise.all([w.old, w.copy].map((folder) => withoutLabels(join(folder, file))));
    expect(before!.split("\n")).toEqual(after!.split("\n").map(withoutNewKeys));
  }
  const told = manifest.originals!.without!.filter(({ attempts }) => attempts !== undefined);
  expect(told.length).toBeGreaterThan(20);
  expect(new Set(told.map(({ reason, attempts }) => `${attempts}: ${reason}`))).toEqual(
    new Set(["2: The bytes that Gmail gives of this message are not what its record says."]),
  );
});

function withoutNewKeys(line: string): string {
  return line
    .replace(/,"sha256":"[0-9a-f]{64}","path":"attachments[^"]*"/g, "")
    .replace(/,"Original":\{[^}]*\}(?=\},?$)/, "");
}

test("a sealed sign-in opens with its key", async () => {
  await using scratch = await scratchFolder();
  const tokens = await copyOf("tokens", join(scratch.path, "tokens"));
  const state = await copyOf("state", join(scratch.path, "state"));
  const { keys } = keyInFile(join(state, "key"), filesOnDisk);
  const store = sealedGrants(tokens, keys, fileLock(systemClock), filesOnDisk);
  expect(await store.accounts()).toEqual([ADA]);
  expect((await store.load(ADA))?.refreshToken?.reveal()).toMatch(/^1\/\//);
});

test("a STATE_DIR in use keeps its exports: the one that was paused goes on when it is asked to", async () => {
  await using google = await simulateGoogle(MAILBOX);
  await using product = await install({ url: google.url, credentials: google.credentials });
  const state = await copyOf("state", join(product.folder, "state"));
  await copyOf("tokens", join(product.folder, "tokens"));
  await cp(join(WRITTEN, "paused"), join(product.folder, "data", "paused"), { recursive: true });
  // It was written in a folder of another name.
  const database = new DatabaseSync(join(state, "exports.sqlite"));
  const table = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").get() as { name: string };
  const rows = database.prepare(`SELECT rowid, * FROM "${table.name}"`).all() as Record<string, unknown>[];
  for (const { rowid, ...row } of rows)
    for (const [column, value] of Object.entries(row))
      if (typeof value === "string")
        database
          .prepare(`UPDATE "${table.name}" SET "${column}" = ? WHERE rowid = ?`)
          .run(value.replaceAll(/\/tmp\/gmail-export-test-\w+/g, product.folder), rowid as number);
  database.close();

  await using server = await product.serve();
  const { get, post } = api(server.url);
  const job = (await get("/exports")).body.exports[0]!;
  expect(job).toMatchObject({ state: "paused", email: ADA, id: expect.any(String) });
  await signIn(server, ADA); // this Google did not give out the sign-in that is stored
  expect((await post(`/exports/${job.id}/resume`, {})).status).toBe(202);
  expect(await reaches(api(server.url), job.id, "completed")).toMatchObject({ complete: true });
  const directory = join(product.folder, "data", "paused");
  await expectGoneOn(directory);
  expect((await stat(directory)).mode & 0o777).toBe(0o700); // git had given it to others, too
});

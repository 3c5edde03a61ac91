import { createHash } from "node:crypto";
import { rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { inspect } from "node:util";

import { expect, test } from "vitest";

import { readDirectory } from "../../../../test/on-disk.ts";
import { scratchFolder } from "../../../../test/scratch.ts";
import { manifestWith, writeChanges } from "../../../../test/written-export.ts";
import { changeLine } from "../../../formats/changes.ts";
import { archiveAsTar } from "./archive.ts";

const ONE = '[\n{"Message-ID":"1"}\n]\n';
const TWO = '[\n{"Message-ID":"2"}\n]\n';
const BATCH = "emails_batch_1.json";
const REFUSED = { failure: { code: "directory_damaged" } };

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

/** A directory with one batch and a manifest that names it. */
async function exported(): Promise<AsyncDisposable & { path: string; manifest: string }> {
  const folder = await scratchFolder();
  const manifest = manifestWith({
    total_emails: 1,
    total_batches: 1,
    batches: [{ file: BATCH, count: 1, bytes: ONE.length, sha256: sha256(ONE) }],
  });
  await writeFile(join(folder.path, BATCH), ONE);
  await writeFile(join(folder.path, "manifest.json"), JSON.stringify(manifest));
  await writeFile(join(folder.path, "emails_batch_2.json"), TWO); // finished, but not told of yet
  await writeFile(join(folder.path, "emails_batch_3.json.part"), TWO);
  return { ...folder, manifest: JSON.stringify(manifest) };
}

async function snapshotOf(path: string) {
  const snapshot = await readDirectory.snapshot(path);
  return snapshot!;
}

test("a snapshot has the files that the manifest names, and the manifest, and no other", async () => {
  await using folder = await exported();
  const { files, manifest } = await snapshotOf(folder.path);
  expect(files).toEqual([
    { file: BATCH, bytes: ONE.length, sha256: sha256(ONE) },
    { file: "manifest.json", bytes: folder.manifest.length, sha256: sha256(folder.manifest) },
  ]);
  expect(manifest).toEqual(await readDirectory.manifest(folder.path));
});

test("what changed in Gmail is among the files, as far as the manifest tells of it", async () => {
  await using folder = await exported();
  const begun = { at: "2026-11-28T07:50:00.000Z", change: "begun", historyId: "1", names: [] } as const;
  await writeChanges(folder.path, [begun]);
  const line = changeLine(begun);
  const { files, open } = await snapshotOf(folder.path);
  expect(files[1]).toEqual({ file: "changes.ndjson", bytes: line.length, sha256: sha256(line) });
  await using content = await open(files[1]!);
  expect(await text(content.read(0, line.length))).toBe(line);
  const { content: archive } = await archiveAsTar("ada", await snapshotOf(folder.path));
  expect(await text(archive)).toContain(line);
});

test("there is none where there is no manifest", async () => {
  await using folder = await scratchFolder();
  expect(await readDirectory.snapshot(folder.path)).toBeUndefined();
  expect(await readDirectory.snapshot(join(folder.path, "nowhere"))).toBeUndefined();
});

test("an open file stays what it was, in whole and in part, when another takes its name", async () => {
  await using folder = await exported();
  const snapshot = await snapshotOf(folder.path);
  const [batch, manifest] = snapshot.files;
  await using openBatch = await snapshot.open(batch!);
  await using openManifest = await snapshot.open(manifest!);
  for (const name of [BATCH, "manifest.json"]) {
    await writeFile(join(folder.path, "other"), "another");
    await rename(join(folder.path, "other"), join(folder.path, name));
  }
  expect(await text(openBatch.read(0, batch!.bytes))).toBe(ONE);
  expect(await text(openBatch.read(3, 9))).toBe(ONE.slice(3, 9));
  expect(await text(openManifest.read(1, 20))).toBe(folder.manifest.slice(1, 20));
});

test("a batch that is gone, of another size, or a link to somewhere else is not opened", async () => {
  await using folder = await exported();
  const path = join(folder.path, BATCH);
  const snapshot = await snapshotOf(folder.path);
  const open = () => snapshot.open(snapshot.files[0]!);
  await writeFile(path, `${ONE} `);
  await expect(open()).rejects.toMatchObject(REFUSED);
  await rm(path);
  await expect(open()).rejects.toMatchObject(REFUSED);
  await writeFile(join(folder.path, "elsewhere"), ONE);
  await symlink(join(folder.path, "elsewhere"), path);
  await expect(open()).rejects.toMatchObject(REFUSED);
});

test("a batch that is cut while it is read breaks off", async () => {
  await using folder = await exported();
  const snapshot = await snapshotOf(folder.path);
  await using open = await snapshot.open(snapshot.files[0]!);
  await truncate(join(folder.path, BATCH), 5);
  await expect(buffer(open.read(0, ONE.length))).rejects.toMatchObject(REFUSED);
});

test("an archive breaks off behind a batch that is not the one that the manifest knows", async () => {
  await using folder = await exported();
  const whole = await archiveAsTar("ada", await snapshotOf(folder.path));
  expect((await buffer(whole.content)).length).toBe(whole.bytes);
  await writeFile(join(folder.path, BATCH), TWO);
  const changed = await archiveAsTar("ada", await snapshotOf(folder.path));
  await expect(buffer(changed.content)).rejects.toMatchObject(REFUSED);
});

test("a manifest that says what none can say is refused, and not quoted", async () => {
  await using folder = await exported();
  const good: object = JSON.parse(folder.manifest);
  const batch = { file: "emails_batch_99999999999999999999.json", count: 1, bytes: 1, sha256: "" };
  for (const change of [{ export_date: "zq7" }, { batches: [batch] }, { duration_seconds: "zq7" }]) {
    await writeFile(join(folder.path, "manifest.json"), JSON.stringify({ ...good, ...change }));
    await expect(snapshotOf(folder.path)).rejects.toMatchObject(REFUSED);
  }
  await writeFile(join(folder.path, "manifest.json"), '{"query": zq7');
  const error: unknown = await readDirectory.snapshot(folder.path).catch((refusal: unknown) => refusal);
  expect(inspect(error, { depth: 9 })).not.toContain("zq7");
});

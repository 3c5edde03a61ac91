import { createHash } from "node:crypto";
import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";

import { EVERYTHING } from "../src/core/mail/filter.ts";
import { createReadDirectory } from "../src/pipeline/directory/reading/read-directory.ts";
import { verify } from "../src/pipeline/verify.ts";
import { fileHolds } from "../src/storage/folder/file-holds.ts";
import { nodeFileSystem } from "../src/storage/folder/file-system.ts";
import { folderStorage } from "../src/storage/folder/folder-storage.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess } from "./in-process.ts";
import { manualClock } from "./manual-clock.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const DERIVED = ["ndjson", "parquet"] as const;

const verdictOf = (directory: string) =>
  verify(directory, createReadDirectory(folderStorage(fileHolds(manualClock()))), new AbortController().signal);

const check = async (directory: string): Promise<string[]> =>
  (await verdictOf(directory)).findings.map(({ kind, subject }) => `${kind} ${subject}`);

const derivedIn = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => /\.(?:ndjson\.gz|parquet)$/.test(name)).toSorted();

const hashIn = async (directory: string, name: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(join(directory, name)))
    .digest("hex");

test("records stand as lines and as columns beside each batch, and both say what the records do", async () => {
  await using w = await inProcess({ messages: 50 }, { formats: DERIVED, filter: ALL, batchSize: 20 });
  await w.run();
  const { email, batches, formats, originals } = await manifestIn(w.directory);
  expect([formats, originals]).toEqual([["ndjson", "parquet"], undefined]);
  const lines: string[] = [];
  const rows: Record<string, unknown>[] = [];
  for (const [index, { files, count }] of batches.entries()) {
    expect(files!.map(({ format, file }) => `${format} ${file}`)).toEqual([
      `ndjson emails_batch_${index + 1}.ndjson.gz`,
      `parquet emails_batch_${index + 1}.parquet`,
    ]);
    for (const { file, sha256 } of files!) expect(await hashIn(w.directory, file)).toBe(sha256);
    const text = gunzipSync(await readFile(join(w.directory, files![0]!.file))).toString();
    const all = text.trimEnd().split("\n");
    expect(JSON.parse(all[0]!)).toEqual({ export: { email, batch: index + 1, version: 1 } });
    expect(JSON.parse(all.at(-1)!)).toEqual({ end: { count } });
    lines.push(...all.slice(1, -1));
    const bytes = new Uint8Array(await readFile(join(w.directory, files![1]!.file))).buffer;
    rows.push(...(await parquetReadObjects({ file: bytes, compressors: { ZSTD: (one) => zstdDecompressSync(one) } })));
  }
  const records = await recordsIn(w.directory);
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(records);
  expect(rows.map((row) => [row["Message-ID"], row["From"], row["Labels"], row["Internal-Date"]])).toEqual(
    records.map((one) => [one["Message-ID"], one.From, one.Labels, new Date(one["Internal-Date"])]),
  );
  expect(rows.map(({ Attachments }) => (Attachments as { size: bigint }[]).map(({ size }) => Number(size)))).toEqual(
    records.map(({ Attachments }) => Attachments.map(({ size }) => size)),
  );
  expect(await check(w.directory)).toEqual([]);
});

test("they can be asked for of a finished export, cost no read, and are made again where they are missing", async () => {
  await using w = await inProcess({ messages: 40 }, { filter: ALL, batchSize: 15 });
  await w.run();
  const batches = ["emails_batch_1.json", "emails_batch_2.json", "emails_batch_3.json"];
  const before = await Promise.all(batches.map((name) => hashIn(w.directory, name)));
  w.google.meter.reset();
  await w.run(undefined, undefined, { formats: DERIVED });
  const { "messages.get": gets = 0, "threads.get": threads = 0 } = w.google.meter.calls;
  expect([gets, threads]).toEqual([0, 0]);
  expect(await Promise.all(batches.map((name) => hashIn(w.directory, name)))).toEqual(before);
  expect(await check(w.directory)).toEqual([]);
  const names = await derivedIn(w.directory);
  expect(names).toHaveLength(6);
  const hashes = await Promise.all(names.map((name) => hashIn(w.directory, name)));

  await rm(join(w.directory, names[0]!));
  await appendFile(join(w.directory, names[1]!), "x");
  expect(await check(w.directory)).toEqual([`missing ${names[0]}`, `changed ${names[1]}`]);
  await w.run(); // asked for once, they stay
  expect(await check(w.directory)).toEqual([]);
  expect(await Promise.all(names.map((name) => hashIn(w.directory, name)))).toEqual(hashes);
});

test("an export that is widened by them is unfinished meanwhile, and neither damaged nor complete", async () => {
  await using w = await inProcess({ messages: 30 }, { filter: ALL, batchSize: 10 });
  await w.run();
  let made = 0;
  const files = {
    ...nodeFileSystem,
    async rename(from: string, to: string) {
      if (/ndjson|parquet/.test(to) && (made += 1) > 3) throw new Error("killed");
      return nodeFileSystem.rename(from, to);
    },
  };
  await expect(w.run(undefined, undefined, { formats: DERIVED, files })).rejects.toThrow("killed");
  const { findings, manifest } = await verdictOf(w.directory);
  expect([findings, manifest.complete]).toEqual([[], false]);
  await w.run(undefined, undefined, { formats: DERIVED });
  expect(await derivedIn(w.directory)).toHaveLength(6);
  expect([await check(w.directory), (await manifestIn(w.directory)).complete]).toEqual([[], true]);
});

test("verify names one that does not follow from its batch, though its own hash is the manifest's", async () => {
  await using w = await inProcess({ messages: 20 }, { formats: DERIVED, filter: ALL, batchSize: 10 });
  await w.run();
  const manifest = await manifestIn(w.directory);
  for (const format of DERIVED) {
    const [one, other] = manifest.batches.map(({ files }) => files!.find((file) => file.format === format)!);
    await writeFile(join(w.directory, other!.file), await readFile(join(w.directory, one!.file)));
    Object.assign(other!, { bytes: one!.bytes, sha256: one!.sha256 });
  }
  await writeFile(join(w.directory, "manifest.json"), JSON.stringify(manifest));
  expect(await check(w.directory)).toEqual(["changed emails_batch_2.ndjson.gz", "changed emails_batch_2.parquet"]);
});

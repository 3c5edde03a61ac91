import { execFile } from "node:child_process";
import { appendFile, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { recordsContract } from "../../test/contracts/records.ts";
import { readBatches } from "../../test/on-disk.ts";
import { until } from "../../test/wait.ts";
import { ALL, record, writeExport } from "../../test/written-export.ts";
import type { ReadBatches } from "../core/ports/records.ts";
import { settled, stage } from "./testing.ts";

recordsContract("an index in SQLite", async () => {
  const w = await stage();
  return {
    ...w,
    write: (batches) => writeExport(w.directory, batches),
    remove: (name) => rm(join(w.directory, name)),
  };
});

const file = async (w: { index: string }): Promise<string> =>
  join(
    w.index,
    (await readdir(w.index)).find((name) => name.endsWith(".sqlite"))!,
  );

test("a letter that SQLite's tables do not have as one is found", async () => {
  await using w = await stage();
  const late = ["\u166d", "\u19b0", "\u19c9\u19b5", "\u1cf3", "\u{1e900}"];
  await writeExport(w.directory, { 1: late.map((Subject, place) => record(String(place), { Subject })) });
  for (const [place, search] of late.entries()) expect(await w.ids({ search })).toEqual([String(place)]);
});

test("what FTS5 would take for a command is text", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1", { Subject: 'to be OR not "to" be*' }), record("2")] });
  for (const search of [
    '"',
    "OR",
    "NOT x",
    "subject:",
    "{",
    "be* AND",
    "^to",
    "NEAR(to be)",
    "a\0b",
    "'; DROP",
    "-",
    "",
  ])
    expect((await w.records.page(w.of, { ...ALL, search }, 5)).index).toEqual(settled(1));
  expect(await w.ids({ search: '"to" be*' })).toEqual(["1"]);
  expect(await w.ids({ search: "NOT x" })).toEqual([]);
  expect(await w.ids({ search: "- ? to" })).toEqual(["1"]);
});

test("a batch that was changed is read again, one that is gone is dropped, and one that is growing is not looked at", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")], 2: [record("2"), record("3")] });
  await writeFile(join(w.directory, "emails_batch_3.json.part"), `[\n${JSON.stringify(record("9"))}`);
  expect(await w.ids()).toEqual(["1", "2", "3"]);
  await writeExport(w.directory, { 1: [record("4", { Subject: "changed" })], 2: [record("2"), record("3")] });
  expect(await w.ids()).toEqual(["2", "3", "4"]);
  expect(await w.ids({ search: "changed" })).toEqual(["4"]);
  await rm(join(w.directory, "emails_batch_2.json"));
  expect(await w.ids()).toEqual(["4"]);
  await rm(w.directory, { recursive: true });
  expect(await w.ids()).toEqual([]);
});

test("a finished batch that the manifest does not name yet counts while the export is unfinished, and is not read twice", async () => {
  let reads = 0;
  await using w = await stage({
    ...readBatches,
    read: (...all) => {
      reads += 1;
      return readBatches.read(...all);
    },
  });
  const batches = { 1: [record("1")], 2: [record("2")] };
  await writeExport(w.directory, batches, { named: [1], unfinished: true });
  expect(await w.ids()).toEqual(["1", "2"]);
  const entry = JSON.parse(await readFile(join(w.directory, "manifest.json"), "utf8"));
  const text = await readFile(join(w.directory, "emails_batch_2.json"));
  const sha256 = Buffer.from(await crypto.subtle.digest("SHA-256", text)).toString("hex");
  entry.batches.push({ file: "emails_batch_2.json", count: 1, bytes: text.length, sha256 });
  await writeFile(join(w.directory, "manifest.json"), JSON.stringify(entry));
  await rm(join(w.directory, ".journal"));
  expect(await w.ids()).toEqual(["1", "2"]);
  expect(reads).toBe(2);
  await writeExport(w.directory, { 1: [record("1")] });
  expect((await w.records.page(w.of, ALL, 9)).index).toEqual(settled(1)); // a stranger's file, as nothing is unfinished
});

test("a batch that is not what the manifest says is left out, without being read again and again", async () => {
  let reads = 0;
  await using w = await stage({
    ...readBatches,
    read: (...all) => {
      reads += 1;
      return readBatches.read(...all);
    },
  });
  await writeExport(w.directory, { 1: [record("1")], 2: [record("2")], 3: [record("3"), "{}"], 4: [record("4")] });
  await appendFile(join(w.directory, "emails_batch_2.json"), " ");
  await rm(join(w.directory, "emails_batch_4.json"));
  await symlink("emails_batch_1.json", join(w.directory, "emails_batch_4.json"));
  for (const _ of [1, 2]) {
    const page = await w.records.page(w.of, ALL, 9);
    expect(page).toMatchObject({ index: settled(1, 4), total: 1, records: [{ id: "1" }] });
  }
  expect(reads).toBe(4);
  expect((await w.records.statistics(w.of)).messages).toBe(1);
});

test("a line is never read from a file that is no longer the one that was indexed", async () => {
  await using w = await stage({ ...readBatches, find: async (of) => found ?? readBatches.find(of) });
  let found: Awaited<ReturnType<ReadBatches["find"]>>;
  await writeExport(w.directory, { 1: [record("1")] });
  expect((await w.records.line(w.of, "1")).line).toBeDefined();
  found = await readBatches.find(w.of); // the look before the change
  await writeExport(w.directory, { 1: [record("2")] });
  await expect(w.records.line(w.of, "1")).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
});

test("an answer waits a second at most, says that it is not all, and the work goes on", async () => {
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  await using w = await stage({
    ...readBatches,
    read: async (path, batch, ...rest) => {
      reads += 1;
      if (batch.number === 2) await gate.promise;
      return readBatches.read(path, batch, ...rest);
    },
  });
  await writeExport(w.directory, { 1: [record("1")], 2: [record("2")] });
  const asked = Promise.all([w.records.page(w.of, ALL, 9), w.records.statistics(w.of)]);
  await until(() => reads === 2);
  await w.clock.advance(1_000);
  const [page, charts] = await asked;
  expect(page).toMatchObject({ index: { files: 1, of: 2, complete: false }, total: 1 });
  expect(charts).toMatchObject({ index: { files: 1, of: 2, complete: false }, messages: 1 });
  gate.resolve();
  expect(await w.records.page(w.of, ALL, 9)).toMatchObject({ index: settled(2), total: 2 });
  expect(reads).toBe(2); // shared
});

/** How often everything else in the process had its turn, from now until `end` is called. */
function countTurns(): { count(): number; end(): void } {
  let turns = 0;
  let on = true;
  const turn = (): void => {
    turns += 1;
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  return { count: () => turns, end: () => void (on = false) };
}

test("everything else in the process has its turn while a batch is read", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: Array.from({ length: 1_000 }, (_, place) => record(String(place))) });
  const turns = countTurns();
  expect((await w.records.page(w.of, ALL, 9)).total).toBe(1_000);
  turns.end();
  expect(turns.count()).toBeGreaterThan(1_000 / 64);
});

test("two processes may index one directory at once", async () => {
  await using w = await stage();
  const many = (name: string) =>
    Array.from({ length: 700 }, (_, place) => record(`${name}-${place}`, { Subject: name }));
  await writeExport(w.directory, { 1: many("a"), 2: many("b"), 3: many("c") });
  const others = [w.records, w.open(), w.open()];
  for (const { index, total } of await Promise.all(others.map((one) => one.page(w.of, ALL, 9))))
    expect({ index, total }).toEqual({ index: settled(3), total: 2_100 });
  await writeExport(w.directory, { 1: many("a"), 2: many("d"), 3: many("e") });
  for (const one of await Promise.all(others.map((records) => records.statistics(w.of))))
    expect(one).toMatchObject({ index: settled(3), messages: 2_100 });
  expect((await w.records.page(w.of, { ...ALL, search: "b" }, 9)).total).toBe(0);
  expect((await w.records.page(w.of, { ...ALL, search: "d" }, 9)).total).toBe(700);
});

test("while another process holds the index, everything else here has its turn, and the index goes on afterwards", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  expect(await w.ids()).toEqual(["1"]);
  const other = new DatabaseSync(await file(w));
  other.exec("BEGIN IMMEDIATE");
  await writeExport(w.directory, { 1: [record("1")], 2: [record("2")] });
  const turns = countTurns();
  const asked = w.ids();
  await until((note) => note(turns.count()) > 3); // it would be one turn in five seconds
  turns.end();
  other.exec("COMMIT");
  other.close();
  expect(await asked).toEqual(["1", "2"]);
});

test("a question that takes long takes it in its own thread, and is given up at its limit; the next is answered", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  expect(await w.ids()).toEqual(["1"]);
  const index = new DatabaseSync(await file(w));
  // Counting so far takes seconds anywhere.
  index.exec(`DROP TABLE tally; CREATE VIEW tally AS SELECT 'all' AS kind, '' AS key, count(*) AS messages, 0 AS bytes
    FROM (WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number) SELECT n FROM number LIMIT 10000000)`);
  index.close();
  const turns = countTurns();
  const asked = w.records.statistics(w.of).catch((error: unknown) => error);
  await until((note) => note(w.slept).at(-1) === 10_000);
  await until((note) => note(turns.count()) > 100);
  turns.end();
  await w.clock.advance(10_000);
  expect(await asked).toMatchObject({ failure: { code: "timeout", retry: "backoff" } });
  expect((await w.records.line(w.of, "1")).line).toBeDefined();
});

test("of very many questions at once those that would wait long are refused at once", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  expect(await w.ids()).toEqual(["1"]);
  const asked = await Promise.allSettled(Array.from({ length: 60 }, () => w.records.page(w.of, ALL, 1)));
  const refused = asked.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThanOrEqual(40);
  expect(await w.ids()).toEqual(["1"]);
});

test("an index that was interrupted goes on, and one that is removed, damaged or of another version is made anew", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")], 2: [record("2")] });
  expect(await w.ids()).toEqual(["1", "2"]);
  await w.records.close();
  const path = await file(w);
  const change = (sql: string): void => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  const damages: (() => unknown)[] = [
    () => rm(w.index, { recursive: true }),
    () => writeFile(path, "not a database, but long enough to be taken for one by its size".repeat(100)),
    async () => rm(path).then(() => promisify(execFile)("mkfifo", [path])),
    async () => rm(path).then(() => symlink(join(w.index, "elsewhere"), path)),
    () => change("PRAGMA user_version = 9; DROP TABLE tally"),
    () => change("ALTER TABLE record RENAME COLUMN size TO bytes"),
    () => change("UPDATE batch SET sha256 = NULL, expected = NULL WHERE number = 2"),
    () => undefined,
  ];
  for (const damage of damages) {
    await damage();
    const again = w.open();
    expect(await w.ids({}, again)).toEqual(["1", "2"]);
    expect((await again.statistics(w.of)).messages).toBe(2);
    await again.close();
    expect(await readdir(w.index)).not.toContain("elsewhere");
  }
});

test("only its owner may read the index", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  await w.ids();
  expect((await stat(w.index)).mode & 0o777).toBe(0o700);
  const names = await readdir(w.index);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    expect(name).toMatch(/^[0-9a-f]{32}\.sqlite(-wal|-shm)?$/);
    expect((await stat(join(w.index, name))).mode & 0o777).toBe(0o600);
  }
});

test("a directory by another way is the same directory", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  await symlink(w.directory, `${w.directory}-too`);
  await w.ids();
  await w.records.page({ ...w.of, directory: `${w.directory}-too` }, ALL, 9);
  expect((await readdir(w.index)).filter((name) => name.endsWith(".sqlite"))).toHaveLength(1);
});

test("more directories than stay open can be looked through, in turns", async () => {
  await using w = await stage();
  const places = Array.from({ length: 12 }, (_, place) => ({ ...w.of, directory: `${w.directory}${place}` }));
  for (const { directory } of places) await writeExport(directory, { 1: [record(directory)] });
  for (const _ of [1, 2]) {
    const pages = await Promise.all(places.map((place) => w.records.page(place, ALL, 9)));
    expect(pages.map(({ records }) => records[0]?.id)).toEqual(places.map(({ directory }) => directory));
  }
});

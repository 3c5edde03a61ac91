import { execFile } from "node:child_process";
import { appendFile, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import { scratchFolder } from "../../test/scratch.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import type { ReadBatches, RecordPosition, RecordQuestion, Records } from "../core/ports/records.ts";
import { readBatches } from "../../test/on-disk.ts";
import { indexedRecords } from "./indexed-records.ts";
import { ALL, record, writeExport, writeGrowing } from "./testing.ts";
import { until } from "../../test/wait.ts";

/** A directory, and an index of it that can be closed and opened again. */
async function stage(reading: ReadBatches = readBatches) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratchFolder());
  const manual = manualClock();
  const slept: number[] = [];
  const clock = {
    ...manual,
    sleep: (ms: number, signal?: AbortSignal) => (slept.push(ms), manual.sleep(ms, signal)),
  };
  const index = join(folder.path, "index");
  const opened = new Set<Records>();
  const open = (): Records => {
    const records = indexedRecords(index, reading, clock);
    opened.add(records);
    return records;
  };
  stack.defer(async () => {
    for (const one of opened) await one.close();
  });
  const directory = join(folder.path, "data");
  const of = { directory, owns: () => true };
  const records = open();
  const ids = async (question: Partial<RecordQuestion> = {}, from = records): Promise<string[]> =>
    (await from.page(of, { ...ALL, ...question }, 200)).records.map(({ id }) => id).toSorted();
  const ours = stack.move();
  return { directory, index, clock, slept, of, open, records, ids, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}

const file = async (w: { index: string }): Promise<string> =>
  join(
    w.index,
    (await readdir(w.index)).find((name) => name.endsWith(".sqlite"))!,
  );

const settled = (files: number, of = files) => ({ files, of, complete: true });

test("rows tell what the records do", async () => {
  await using w = await stage();
  const attachment = { id: "a", filename: "a.pdf", mimeType: "application/pdf", size: 3, partId: "2" };
  const full = record("1", {
    "Thread-ID": "t",
    Labels: ["INBOX", "Label_7"],
    "Label-Names": ["INBOX", "Travel/Lisbon"],
    From: "Ada <ada@example.com>",
    To: "Grace <grace@example.com>",
    Subject: "Tickets",
    Snippet: "Here they are",
    Attachments: [attachment, attachment],
    "Size-Estimate": 4321,
  });
  await writeExport(w.directory, { 1: [full, record("2", { "Internal-Date": "", To: "x".repeat(5_000) })] });
  const { records, ...page } = await w.records.page(w.of, ALL, 10);
  expect(page).toEqual({ index: settled(1), total: 2, next: undefined });
  expect(records[0]).toEqual({
    id: "1",
    threadId: "t",
    date: Date.parse("2026-11-23T09:30:17.250Z"),
    from: "Ada <ada@example.com>",
    to: "Grace <grace@example.com>",
    subject: "Tickets",
    snippet: "Here they are",
    labels: ["INBOX", "Label_7"],
    labelNames: ["INBOX", "Travel/Lisbon"],
    sizeEstimate: 4321,
    attachments: 2,
  });
  expect(records[1]).toMatchObject({ id: "2", date: undefined, to: expect.stringMatching(/^x{500}…$/) });
});

test("a record's line comes as it stands in its batch, whatever is in it", async () => {
  await using w = await stage();
  const odd = { Subject: "a\0b\ud800c", Body: { plain: '"},"Attachments":', html: '<a title=\\",\\"html\\":\\">' } };
  const lines = [
    JSON.stringify(record("1", odd)),
    JSON.stringify(record("2")).replace("{", '{"Message-ID":"2","__proto__":{"x":1},'),
    JSON.stringify({ ...record("3"), Body: { html: "x", plain: "y" } }),
  ];
  await writeExport(w.directory, { 1: lines.slice(0, 2), 2: lines.slice(2) });
  for (const [place, line] of lines.entries()) {
    const found = await w.records.line(w.of, String(place + 1));
    expect(found.line?.toString()).toBe(line);
  }
  expect((await w.records.line(w.of, "4")).line).toBeUndefined();
  expect((await w.records.page(w.of, ALL, 9)).records.find(({ id }) => id === "1")?.subject).toBe("a\0b\ufffdc");
  expect(await w.ids({ search: "b" })).toEqual(["1"]);
});

const subjects = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { minLength: 1, maxLength: 8 });

test("any text can be searched for, and every word of a subject finds its message", async () => {
  await using w = await stage();
  let round = 0;
  await fc.assert(
    fc.asyncProperty(subjects, fc.string({ unit: "binary", maxLength: 60 }), async (texts, anything) => {
      round += 1;
      await writeExport(w.directory, { 1: texts.map((Subject, place) => record(`${round}-${place}`, { Subject })) });
      for (const field of ["search", "from", "subject"]) await w.ids({ [field]: anything });
      for (const [place, text] of texts.entries())
        for (const word of text.split(/\s+/)) {
          expect(await w.ids({ search: word })).toContain(`${round}-${place}`);
          expect(await w.ids({ subject: word.normalize("NFD") })).toContain(`${round}-${place}`);
        }
    }),
    { numRuns: 40 },
  );
});

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

test("words are found where they are looked for: by their beginning, whatever their case and accents", async () => {
  await using w = await stage();
  await writeExport(w.directory, {
    1: [
      record("1", { From: "Zoë Müller <zoe@example.com>", Subject: "Três quilómetros 🎉" }),
      record("2", { To: "zoe@example.com", Cc: "Bob", Snippet: "até à praia" }),
    ],
  });
  expect(await w.ids({ search: "ZOE@EXAMPLE" })).toEqual(["1", "2"]);
  expect(await w.ids({ from: "zoe@example.com" })).toEqual(["1"]);
  expect(await w.ids({ from: "mull" })).toEqual(["1"]);
  expect(await w.ids({ subject: "QUILOMETROS tres" })).toEqual(["1"]);
  expect(await w.ids({ search: "🎉" })).toEqual(["1"]);
  expect(await w.ids({ search: "ate praia bob" })).toEqual(["2"]);
  expect(await w.ids({ subject: "praia" })).toEqual([]);
  expect(await w.ids({ search: "uller" })).toEqual([]);
});

test("labels are found by id and by name, days from one to before another", async () => {
  await using w = await stage();
  const dated = (id: string, date: string, Labels: string[] = [], names = Labels) =>
    record(id, { "Internal-Date": date, Labels, "Label-Names": names });
  await writeExport(w.directory, {
    1: [
      dated("1", "2024-01-31T23:59:59.999Z", ["INBOX", "Label_7"], ["INBOX", "Travel"]),
      dated("2", "2024-02-01T00:00:00.000Z", ["INBOX"]),
      dated("3", ""),
    ],
  });
  expect(await w.ids({ label: "Label_7" })).toEqual(["1"]);
  expect(await w.ids({ label: "Travel" })).toEqual(["1"]);
  expect(await w.ids({ label: "INBOX" })).toEqual(["1", "2"]);
  expect(await w.ids({ label: "Label" })).toEqual([]);
  const february = Date.parse("2024-02-01");
  expect(await w.ids({ after: february })).toEqual(["2"]);
  expect(await w.ids({ before: february })).toEqual(["1"]);
  expect(await w.ids({ before: february, label: "INBOX", search: "" })).toEqual(["1"]);
});

test("pages of any size hold every record once, in order, also while the index grows", async () => {
  const moments = fc.constantFrom(
    "",
    "2024-01-01T00:00:00.000Z",
    "2024-01-02T00:00:00.000Z",
    "0001-01-01T00:00:00.000Z",
  );
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
  const order = fc.constantFrom("newest" as const, "oldest" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(moments, { minLength: 1, maxLength: 25 }),
      sizes,
      order,
      fc.boolean(),
      async (dates, limits, way, grows) => {
        await using w = await stage();
        const make = (name: string): ExportRecord[] =>
          dates.map((date, place) => record(`${name}-${place}`, { "Internal-Date": date }));
        const batches: Record<number, ExportRecord[]> = { 1: make("1") };
        await writeExport(w.directory, batches);
        const seen: string[] = [];
        let from: RecordPosition | undefined;
        let last: number | undefined;
        for (let turn = 0; turn === 0 || from; turn++) {
          const page = await w.records.page(w.of, { ...ALL, order: way }, limits[turn % limits.length]!, from);
          expect(page.records.length).toBeLessThanOrEqual(limits[turn % limits.length]!);
          for (const { id, date = -Infinity } of page.records) {
            if (last !== undefined) expect(way === "newest" ? last >= date : last <= date).toBe(true);
            last = date;
            seen.push(id);
          }
          from = page.next;
          if (grows && turn < 3)
            await writeExport(w.directory, Object.assign(batches, { [turn + 2]: make(`${turn + 2}`) }));
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => id.startsWith("1-")).length).toBe(dates.length);
        if (!grows) expect(seen.length).toBe(dates.length);
      },
    ),
    { numRuns: 25 },
  );
});

test("charts count what the records say, also after a batch was changed and another removed", async () => {
  await using w = await stage();
  const make = (count: number, salt: number): ExportRecord[] =>
    Array.from({ length: count }, (_, place) =>
      record(`${salt}-${place}`, {
        From: `P${place % 25} <p${place % 25}@Example.com>`,
        "Internal-Date": place % 10 === 0 ? "" : `202${place % 4}-0${1 + (place % 9)}-15T00:00:00.000Z`,
        "Size-Estimate": 10 ** (place % 9),
        Labels: place % 3 ? ["INBOX", "Label_1"] : ["SENT"],
        "Label-Names": place % 3 ? ["INBOX", "One"] : ["SENT"],
        Attachments: Array.from({ length: place % 2 }, () => ({
          id: "",
          filename: "",
          mimeType: "",
          size: 0,
          partId: "",
        })),
      }),
    );
  await writeExport(w.directory, { 1: make(200, 1), 2: make(90, 2), 3: make(70, 3) });
  await w.records.statistics(w.of);
  const left = { 1: make(200, 1), 3: make(33, 4) };
  await rm(join(w.directory, "emails_batch_2.json"));
  await writeExport(w.directory, left);
  const all = Object.values(left).flat();
  const sum = (some: readonly ExportRecord[]): number => some.reduce((bytes, one) => bytes + one["Size-Estimate"], 0);

  const found = await w.records.statistics(w.of);
  expect(found).toMatchObject({ index: settled(2), messages: 233, bytes: sum(all) });
  expect(found.attachments).toBe(all.flatMap(({ Attachments }) => Attachments).length);
  const months = Map.groupBy(
    all.filter((one) => one["Internal-Date"] !== ""),
    (one) => one["Internal-Date"].slice(0, 7),
  );
  expect(found.months).toEqual(
    [...months]
      .map(([month, some]) => ({ month, messages: some.length, bytes: sum(some) }))
      .toSorted((a, b) => (a.month < b.month ? -1 : 1)),
  );
  expect(found.senders).toHaveLength(20);
  const [first] = found.senders;
  const theirs = all.filter(({ From }) => From === `${first!.name} <${first!.name.toLowerCase()}@Example.com>`);
  expect(first).toMatchObject({ messages: theirs.length, bytes: sum(theirs) });
  expect(first!.address).toBe(`${first!.name.toLowerCase()}@example.com`);
  const within = (from: number, to: number): number =>
    all.filter((one) => one["Size-Estimate"] > from && one["Size-Estimate"] <= to).length;
  expect(found.sizes).toEqual([
    { upToBytes: 10_000, messages: within(-1, 10_000) },
    { upToBytes: 100_000, messages: within(10_000, 100_000) },
    { upToBytes: 1_000_000, messages: within(100_000, 1_000_000) },
    { upToBytes: 10_000_000, messages: within(1_000_000, 10_000_000) },
    { upToBytes: undefined, messages: within(10_000_000, Infinity) },
  ]);
  const inbox = all.filter(({ Labels }) => Labels.includes("INBOX")).length;
  expect(found.labels).toEqual([
    { id: "INBOX", name: "INBOX", messages: inbox },
    { id: "Label_1", name: "One", messages: inbox },
    { id: "SENT", name: "SENT", messages: all.length - inbox },
  ]);
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

test("nothing of a directory that is another export's is shown, and its index is left alone", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: [record("1")] });
  await w.records.page(w.of, ALL, 9);
  const foreign = { ...w.of, owns: () => false };
  const nothing = { index: settled(0) };
  expect(await w.records.page(foreign, ALL, 9)).toEqual({ ...nothing, total: 0, records: [], next: undefined });
  expect(await w.records.statistics(foreign)).toMatchObject({ ...nothing, messages: 0, senders: [] });
  expect(await w.records.line(foreign, "1")).toEqual({ ...nothing, line: undefined });
  expect(await w.ids()).toEqual(["1"]);
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

test("everything else in the process has its turn while a batch is read", async () => {
  await using w = await stage();
  await writeExport(w.directory, { 1: Array.from({ length: 1_000 }, (_, place) => record(String(place))) });
  let turns = 0;
  let on = true;
  const turn = (): void => {
    turns += 1;
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  expect((await w.records.page(w.of, ALL, 9)).total).toBe(1_000);
  on = false;
  expect(turns).toBeGreaterThan(1_000 / 64);
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

describe("a batch that still grows", () => {
  const [one, two, three, four] = ["1", "2", "3", "4"].map((id) => record(id, { Subject: `Number ${id}` }));
  const growing = { files: 0, of: 0, complete: true };

  test("is looked into as far as whole records stand there, each read once", async () => {
    const from: number[] = [];
    const openGrowing: ReadBatches["openGrowing"] = async (...asked) => {
      const open = await readBatches.openGrowing(...asked);
      return open && { ...open, read: (start, signal) => (from.push(start), open.read(start, signal)) };
    };
    await using w = await stage({ ...readBatches, openGrowing });
    await writeGrowing(w.directory, 1, [one!, two!], '{"Message-ID":"3","Thr');
    expect(await w.ids()).toEqual(["1", "2"]);
    expect((await w.records.line(w.of, "2")).line?.toString()).toBe(JSON.stringify(two));
    expect((await w.records.line(w.of, "3")).line).toBeUndefined();
    expect((await w.records.page(w.of, ALL, 9)).index).toEqual(growing);
    expect((await w.records.statistics(w.of)).messages).toBe(2);
    expect(from).toEqual([0]); // nothing came meanwhile

    await writeGrowing(w.directory, 1, [one!, two!, three!, four!]);
    expect(await w.ids()).toEqual(["1", "2", "3", "4"]);
    expect(await w.ids({ search: "number" })).toHaveLength(4);
    expect(from).toEqual([0, `[\n${JSON.stringify(one)},\n`.length]); // behind what is known
  });

  test("is another export's where its journal says so", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!]);
    const asked: unknown[] = [];
    const others = { ...w.of, owns: (found: unknown) => (asked.push(found), false) };
    expect((await w.records.page(others, ALL, 9)).records).toEqual([]);
    expect(asked).toEqual([expect.objectContaining({ email: "ada@example.com" })]);
  });

  test("stays in sight when it is finished, and becomes what the finished file says", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!, two!, three!]);
    expect(await w.ids()).toEqual(["1", "2", "3"]);
    const other = record("2", { Subject: "Another 2" }); // as after a power cut that took the end
    await rm(join(w.directory, "emails_batch_1.json.part"));
    await writeExport(w.directory, { 1: [one!, other] }, { unfinished: true });
    await writeGrowing(w.directory, 2, [four!]);
    expect((await w.records.page(w.of, ALL, 9)).index).toEqual(settled(1));
    expect(await w.ids()).toEqual(["1", "2", "4"]);
    expect(await w.ids({ search: "another" })).toEqual(["2"]);
    expect((await w.records.statistics(w.of)).messages).toBe(3);
  });

  test("is read anew when its end is another than the one that was read, and goes with its file", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!, two!, three!]);
    expect(await w.ids()).toHaveLength(3);
    await writeGrowing(w.directory, 1, [one!, four!]);
    expect(await w.ids()).toEqual(["1", "4"]);
    await writeGrowing(w.directory, 1, []);
    expect(await w.ids()).toEqual([]);
    await writeGrowing(w.directory, 1, [two!]);
    expect(await w.ids()).toEqual(["2"]);
    await rm(join(w.directory, "emails_batch_1.json.part"));
    expect(await w.ids()).toEqual([]);
  });

  test("is no longer looked for where a finished one has its number", async () => {
    await using w = await stage();
    await writeExport(w.directory, { 2: [one!] }, { unfinished: true });
    await writeGrowing(w.directory, 2, [two!]);
    expect(await w.ids()).toEqual(["1"]);
  });

  test("may be finished between the search and the reading of a line", async () => {
    await using w = await stage({
      ...readBatches,
      async bytes(...asked) {
        await rm(join(w.directory, "emails_batch_1.json.part"));
        await writeExport(w.directory, { 1: isSame ? [one!, two!] : [two!, one!] });
        return readBatches.bytes(...asked);
      },
    });
    let isSame = true;
    await writeGrowing(w.directory, 1, [one!, two!]);
    expect((await w.records.line(w.of, "2")).line?.toString()).toBe(JSON.stringify(two));
    await rm(join(w.directory, "emails_batch_1.json"));
    await rm(join(w.directory, "manifest.json"));
    await writeGrowing(w.directory, 1, [one!, two!]);
    isSame = false;
    await expect(w.records.line(w.of, "2")).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
  });
});

import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { ChangeEntry } from "../src/core/export/change.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import type { ReadDirectory } from "../src/core/ports/read-directory.ts";
import type { Entry } from "../src/surfaces/cli/context.ts";
import { runCommand } from "../src/surfaces/cli/program.ts";
import type { Services } from "../src/surfaces/cli/services.ts";
import { terminal, type Terminal } from "../src/surfaces/cli/terminal/terminal.ts";
import { TEST_MACHINE, testTerminal } from "../src/surfaces/cli/testing.ts";
import { dyingAt } from "./dying-disk.ts";
import { inProcess } from "./in-process.ts";
import { readDirectory } from "./on-disk.ts";
import { scratchFolder } from "./scratch.ts";
import { until } from "./wait.ts";
import { record, writeChanges, writeExport } from "./written-export.ts";

const HOSTILE = "a\u001b]52;c;ZXZpbA==\u0007\nb\u202ec";

const CHANGES: readonly ChangeEntry[] = [
  { at: "2026-11-01T09:00:00.000Z", change: "begun", historyId: "1", names: [["Label_1", "Travel"]] },
  { at: "2026-11-03T02:00:00.000Z", change: "label", label: "Label_2", name: HOSTILE, was: null },
  {
    at: "2026-11-03T02:00:00.000Z",
    id: "18c1",
    change: "labels",
    labels: ["INBOX", "Label_2"],
    labelsBefore: ["INBOX", "Label_1"],
    historyId: "2",
  },
  { at: "2026-11-03T02:00:00.000Z", id: "18c3", change: "added", labels: ["INBOX"], historyId: "2" },
  { at: "2026-11-05T02:00:00.000Z", change: "label", label: "Label_2", name: "Work", was: HOSTILE },
  { at: "2026-11-05T02:00:00.000Z", change: "label", label: "Label_1", name: null, was: "Travel" },
  { at: "2026-11-05T02:00:00.000Z", id: "18c2", change: "deleted", labels: ["Label_1"], historyId: "3" },
];

const BODY = { plain: "long ".repeat(100), html: '<p>"Attachments":' };
const RECORDS: readonly ExportRecord[] = [
  record("18c1", { Labels: ["INBOX", "Label_2"], "Label-Names": ["INBOX", "Work"], Body: BODY, Subject: "first" }),
  record("18c2", { Labels: ["Label_1"], "Label-Names": ["Travel"] }),
  record("18c3", { Labels: ["INBOX"], "Label-Names": ["INBOX"] }),
];

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let directory: string;
beforeAll(async () => {
  folder = await scratchFolder();
  directory = join(folder.path, "export");
  await writeExport(directory, { 1: RECORDS.slice(0, 2), 2: RECORDS.slice(2) });
  await writeChanges(directory, CHANGES, { deleted: [{ id: "18c2", seenAt: "2026-11-05T02:00:00.000Z" }] });
});
afterAll(() => folder[Symbol.asyncDispose]());

const never = async (): Promise<never> => Promise.reject(new Error("that is not needed"));

async function run(on: Terminal, argv: readonly string[], read = readDirectory, signal = new AbortController().signal) {
  const services = async (): Promise<Services> => ({ readDirectory: read }) as Services; // these commands need no more
  const entry: Entry = {
    version: "1",
    language: "en",
    calledAs: "gmail-export",
    machine: TEST_MACHINE,
    terminal: on,
    services,
    signedIn: never,
    doctor: never,
    serve: never,
    work: never,
    moveState: never,
    demo: never,
  };
  return runCommand(argv, entry, signal);
}

async function told(argv: readonly string[], columns?: number) {
  const on = await testTerminal(columns);
  const code = await run(on, argv);
  return { code, stdout: on.stdout(), stderr: on.stderr() };
}

const linesOf = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

test("records prints the lines of the batches as they stand there", async () => {
  const { code, stdout, stderr } = await told(["records", directory]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(RECORDS.map((one) => `${JSON.stringify(one)}\n`).join(""));
});

test("records --as-of tells who was there on a day, with the labels and the names of then, and nothing else changed", async () => {
  const on = async (day: string): Promise<unknown[]> =>
    linesOf((await told(["records", directory, "--as-of", day])).stdout);
  const [first, second] = RECORDS;
  expect(await on("2026-11-02")).toEqual([
    { ...first, Labels: ["INBOX", "Label_1"], "Label-Names": ["INBOX", "Travel"] },
    second,
  ]);
  expect(await on("2026-11-04")).toEqual([{ ...first, "Label-Names": ["INBOX", HOSTILE] }, second, RECORDS[2]]);
  expect(await on("2026-11-05")).toEqual([first, RECORDS[2]]);
  const { stdout } = await told(["records", directory, "--as-of", "2026-11-05"]);
  expect(stdout).toBe([first, RECORDS[2]].map((one) => `${JSON.stringify(one)}\n`).join(""));
});

test("a day before the first run is refused, and so is what is no day", async () => {
  const { code, stdout, stderr } = await told(["records", directory, "--as-of", "2026-10-31"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("What was there on 2026-10-31 is not known: the first run ended on 2026-11-01.");
  expect((await told(["records", directory, "--as-of", "2026-11-31"])).code).toBe(2);
});

test("an export in which nothing changed yet is known from the day on which it was finished", async () => {
  await using other = await scratchFolder();
  await writeExport(other.path, { 1: RECORDS.slice(0, 1) });
  expect((await told(["records", other.path, "--as-of", "2026-11-22"])).code).toBe(2);
  const { code, stdout } = await told(["records", other.path, "--as-of", "2026-11-23"]);
  expect([code, linesOf(stdout)]).toEqual([0, RECORDS.slice(0, 1)]);
  expect(await told(["log", other.path])).toEqual({ code: 0, stdout: "", stderr: "No change was seen.\n" });
});

test("log tells what was seen and when, a line each, whatever names hold", async () => {
  const { code, stdout, stderr } = await told(["log", directory]);
  expect([code, stderr]).toEqual([0, ""]);
  const escaped = String.raw`a\u001b]52;c;ZXZpbA==\u0007\u000ab\u202ec`;
  expect(stdout.split("\n")).toEqual([
    "2026-11-01 09:00:00Z  begun          the first run ended; what was before is not known",
    `2026-11-03 02:00:00Z  label made     Label_2  ${escaped}`,
    `2026-11-03 02:00:00Z  relabelled     18c1  +${escaped} -Travel`,
    "2026-11-03 02:00:00Z  added          18c3  INBOX",
    `2026-11-05 02:00:00Z  label renamed  Label_2  ${escaped} → Work`,
    "2026-11-05 02:00:00Z  label removed  Label_1  Travel",
    "2026-11-05 02:00:00Z  deleted        18c2  Label_1",
    "",
  ]);
  expect((await told(["--lang", "fr", "log", directory])).stdout).toContain("libellé renommé   Label_2");
  expect((await told(["log", directory], 80)).stdout).toContain(escaped);
});

test("log --json tells each change as it is written down, and --since leaves out what is older", async () => {
  const { stdout } = await told(["log", directory, "--json"]);
  expect(linesOf(stdout)).toEqual(CHANGES);
  const since = async (time: string): Promise<number> =>
    linesOf((await told(["log", directory, "--json", "--since", time])).stdout).length;
  expect([await since("2026-11-03"), await since("2026-11-05T03:00:00+01:00")]).toEqual([6, 3]);
  expect(await told(["log", directory, "--since", "2026-11-06"])).toMatchObject({ code: 0, stdout: "" });
  for (const wrong of ["yesterday", "2026-11-05T03:00:00", "2026-13-01"])
    expect((await told(["log", directory, "--since", wrong])).code).toBe(2);
  const late = await told(["log", directory, "--since", "2026-11-05"]);
  expect(late.stdout).toContain("→ Work\n"); // with the name that it was given before
  expect(late.stdout).toContain("Label_1  Travel");
});

test("what a run that broke off appended is not told; what was changed is refused", async () => {
  await using other = await scratchFolder();
  await writeExport(other.path, { 1: RECORDS });
  await writeChanges(other.path, CHANGES);
  const path = join(other.path, "changes.ndjson");
  await appendFile(path, '{"at":"2026-11-06T02:00:00.000Z","id":"18c1","cha');
  expect(linesOf((await told(["log", other.path, "--json"])).stdout)).toEqual(CHANGES);
  const text = await readFile(path, "utf8");
  for (const wrong of [text.replace("18c3", "18c4"), text.replace('"added"', '"adde"'), text.slice(0, 300)]) {
    await writeFile(path, wrong);
    const { code, stderr } = await told(["log", other.path]);
    expect([code, stderr]).toEqual([8, expect.stringContaining("changes.ndjson")]);
    expect((await told(["records", other.path, "--as-of", "2026-11-02"])).code).toBe(8);
  }
});

test("of a run that was killed among its changes, the days before are told as they were, and what it did is told", async () => {
  await using w = await inProcess({ messages: 30 }, { batchSize: 5 });
  await w.run();
  const day = new Date(w.clock.now()).toISOString().slice(0, 10);
  const linesOn = async (path: string): Promise<unknown[]> =>
    linesOf((await told(["records", path, "--as-of", day])).stdout);
  const before = await linesOn(w.directory);
  await w.clock.advance(2 * 86_400_000);
  await w.signIn();
  const mailbox = w.google.mailbox();
  const changed = mailbox.ids().filter((_, n) => n % 4 === 0);
  for (const id of changed) mailbox.setLabels(id, ["INBOX", "STARRED"]);
  const [counted, copy] = [dyingAt(Infinity), `${w.directory}-copy`];
  await cp(w.directory, copy, { recursive: true });
  await w.run(undefined, undefined, { files: counted.files, directory: copy });
  const { files } = dyingAt(Math.floor(counted.count() * 0.6));
  await expect(w.run(undefined, undefined, { files })).rejects.toThrow("killed");
  const now = linesOf((await told(["records", w.directory])).stdout);
  expect(now).not.toEqual(before);
  expect(await linesOn(w.directory)).toEqual(before);
  const seen = linesOf((await told(["log", w.directory, "--json"])).stdout);
  expect(seen.length).toBeGreaterThan(0);
  await w.run();
  expect(await linesOn(w.directory)).toEqual(before);
  expect(await linesOn(copy)).toEqual(before);
});

/** A directory with as many records as anybody reads, each of them large; tells how many were read. */
function endless(): ReadDirectory & { read(): number } {
  let read = 0;
  const line = Buffer.from(JSON.stringify(record("18c1", { Subject: "x".repeat(1 << 15) })));
  return {
    ...readDirectory,
    read: () => read,
    async *records() {
      for (;;) {
        read += 1;
        yield line;
      }
    },
  };
}

test("records waits for who reads it, and ends with Ctrl-C while nobody does", async () => {
  const stdout = new PassThrough();
  const on = await terminal(new PassThrough(), stdout, new PassThrough().resume(), "dumb");
  const over = new AbortController();
  const mail = endless();
  const ended = run(on, ["records", directory], mail, over.signal);
  await until(() => stdout.writableNeedDrain || undefined);
  const [before] = [mail.read()];
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(mail.read()).toBe(before);
  stdout.read();
  await until(() => mail.read() > before || undefined);
  over.abort();
  stdout.resume();
  expect(await ended).toBe(130);
});

test("records ends quietly where its reader has seen enough", async () => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const on = await terminal(new PassThrough(), stdout, stderr, "dumb");
  const mail = endless();
  const ended = run(on, ["records", directory], mail);
  await until(() => stdout.writableNeedDrain || undefined);
  stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect([await ended, stderr.read()]).toEqual([0, null]);
});

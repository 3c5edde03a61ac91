import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";

import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { systemClock } from "../src/clock.ts";
import { failureOf, type Failure } from "../src/core/errors.ts";
import { TARGETS, type Target } from "../src/core/export/target.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import type { ReadDirectory } from "../src/core/ports/read-directory.ts";
import { convert, type Conversion, type Converted } from "../src/pipeline/convert/convert.ts";
import { nodeFileSystem, type FileSystem } from "../src/storage/folder/file-system.ts";
import { fileLock } from "../src/storage/folder/lock.ts";
import { outputFolders } from "../src/storage/folder/output-folder.ts";
import { convertedLines } from "../src/surfaces/cli/words/report-lines.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { readDirectory } from "./on-disk.ts";
import { askJq, askPython, testWith } from "./other-readers.ts";
import { until } from "./wait.ts";
import { record as recordWith, writeExport } from "./written-export.ts";

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const NEVER = new AbortController().signal;
const PROGRAM = join(import.meta.dirname, "..", "bin", "gmail-export.js");

/** Names of mail that would be a path, a device, too long, right to left, or nothing. */
const HOSTILE = [
  "../../etc/passwd",
  String.raw`C:\Windows\report.pdf`,
  "CON.txt",
  "",
  `${"long ".repeat(60)}.pdf`,
  "invoice\u202efdp.exe",
  ".hidden",
  "REPORT.pdf",
];

let w: InProcess;
let records: ExportRecord[];

beforeAll(async () => {
  w = await inProcess(
    { messages: 70, messagesPerThread: 2 },
    { formats: ["mbox", "eml"], attachments: true, filter: ALL, batchSize: 25 },
  );
  const mailbox = w.google.mailbox();
  mailbox.add({ plain: "no label at all", labelIds: [] });
  mailbox.add({
    plain: "\r\nFrom the beginning\r\n>From twice",
    subject: '=HYPERLINK("https://evil.example","x")',
    labelIds: ["INBOX", "UNREAD", "STARRED"],
    attachments: HOSTILE.map((filename, n) => ({
      filename,
      mimeType: "application/pdf",
      bytes: Buffer.from(`pdf ${n}`),
    })),
  });
  await w.run();
  records = await recordsIn(w.directory);
});

afterAll(() => w[Symbol.asyncDispose]());

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

const PLAIN = { perLabel: false, dialect: "mboxrd", flat: false } as const;

let made = 0;

/** Converts the export into a new folder, and resolves with its path and what it came to. */
async function convertTo(
  to: Target,
  changes: Partial<Conversion> = {},
  from = w.directory,
): Promise<Converted & { into: string }> {
  const into = join(w.directory, "..", `converted-${(made += 1)}`);
  const openOutput = outputFolders(fileLock(systemClock));
  return convert(
    from,
    { to, into, selection: {}, manner: PLAIN, ...changes },
    { directory: readDirectory, openOutput },
    NEVER,
  );
}

const refusalOf = async (converting: Promise<unknown>): Promise<Failure | undefined> =>
  failureOf(await converting.catch((error: unknown) => error));

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const withOriginals = (): ExportRecord[] => records.filter(({ Original }) => Original !== undefined);
const hashes = (): string[] => withOriginals().map(({ Original }) => Original!.sha256);

describe("as mbox", () => {
  testWith("python3", "Python's mailbox finds every message in it, in the order of the export", async () => {
    const { into, messages, withoutOriginal } = await convertTo("mbox");
    expect([messages, withoutOriginal]).toEqual([hashes().length, records.length - hashes().length]);
    const found = await askPython(
      `
box = mailbox.mbox(path + "/mail.mbox", create=False)
say([[box[key]["X-GM-THRID"], box[key]["Subject"] is not None] for key in box.keys()])
`,
      into,
    );
    expect((found as string[][]).map(([thread]) => thread)).toEqual(
      withOriginals().map((record) => BigInt(`0x${record["Thread-ID"]}`).toString()),
    );
  });

  testWith(
    "python3",
    "from each entry Python takes the original, byte for byte, by the rules of the page",
    async () => {
      const { into } = await convertTo("mbox");
      const found = await askPython(
        String.raw`
import re
data = open(path + "/mail.mbox", "rb").read()
starts = [m.start() for m in re.finditer(rb"^From ", data, re.M)] + [len(data)]
out = []
for start, end in zip(starts, starts[1:]):
    entry = data[start:end]
    head = re.match(rb"From [^\n]*\nX-GM-THRID: [^\n]*\nX-Gmail-Labels:[^\n]*\n(?:[ \t][^\n]*\n)*", entry).end()
    out.append(sha(re.sub(rb"^>(>*From )", rb"\1", entry[head:-1], flags=re.M)))
say(out)
`,
        into,
      );
      expect(found).toEqual(hashes());
    },
  );

  test("there can be a file for each label; mail without one is in a file too", async () => {
    const { into, files } = await convertTo("mbox", { manner: { ...PLAIN, perLabel: true } });
    const paths = await pathsIn(into);
    expect(paths).toHaveLength(files);
    expect(paths).toEqual(expect.arrayContaining(["INBOX.mbox", "unlabelled.mbox"]));
    const count = async (name: string) => (await readFile(join(into, name), "latin1")).match(/^From /gm)!.length;
    expect(await count("INBOX.mbox")).toBe(withOriginals().filter(({ Labels }) => Labels.includes("INBOX")).length);
    const nowhere = withOriginals().filter(({ Labels }) => Labels.every((one) => /^(?:UNREAD|STARRED)$/.test(one)));
    expect(await count("unlabelled.mbox")).toBe(nowhere.length);
  });

  test("mboxo quotes no more than older programs undo", async () => {
    const { into } = await convertTo("mbox", { manner: { ...PLAIN, dialect: "mboxo" } });
    const text = await readFile(join(into, "mail.mbox"), "latin1");
    expect(text).toContain("\n>From the beginning");
    expect(text).not.toContain("\n>>From");
  });
});

test("as eml each original is a file, byte for byte", async () => {
  const { into, files } = await convertTo("eml");
  const paths = await pathsIn(into);
  expect(paths).toHaveLength(files);
  const found = await Promise.all(paths.map(async (path) => sha256(await readFile(join(into, path)))));
  expect(found.toSorted()).toEqual(hashes().toSorted());
  for (const path of paths) expect(path).toMatch(/^(?:\d{4}\/\d{2}|undated)\/[0-9a-f]+\.eml$/);
});

testWith("python3", "Python's email reads each eml as the record says", async () => {
  const { into } = await convertTo("eml");
  const found = await askPython(
    `
out = {}
for root, _, names in os.walk(path):
    for name in names:
        with open(os.path.join(root, name), "rb") as file:
            mail = email.message_from_binary_file(file)
        out[name[:-4]] = mail["Message-ID"]
say(out)
`,
    into,
  );
  const told = withOriginals().map((record) => [record["Message-ID"], record["RFC822-Message-ID"] || null]);
  expect(found).toEqual(Object.fromEntries(told));
});

describe("as Maildir", () => {
  testWith(
    "python3",
    "Python's mailbox finds each message in the folder of each of its labels, with its states",
    async () => {
      const { into } = await convertTo("maildir");
      const found = (await askPython(
        `
def read(box): return sorted([sha(box.get_bytes(key)), box.get_message(key).get_flags()] for key in box.keys())
root = mailbox.Maildir(path, create=False)
say({"": read(root), **{name: read(root.get_folder(name)) for name in root.list_folders()}})
`,
        into,
      )) as Record<string, [string, string][]>;
      const expected: Record<string, [string, string][]> = {};
      for (const { Original, Labels, "Label-Names": names } of withOriginals()) {
        const flags = `${Labels.includes("DRAFT") ? "D" : ""}${Labels.includes("STARRED") ? "F" : ""}`;
        const states = `${flags}${Labels.includes("UNREAD") ? "" : "S"}${Labels.includes("TRASH") ? "T" : ""}`;
        const places = names.filter((_, n) => !["UNREAD", "STARRED"].includes(Labels[n]!));
        for (const place of places.length > 0 ? places : ["unlabelled"])
          (expected[place === "INBOX" ? "" : ascii(place)] ??= []).push([Original!.sha256, states]);
      }
      const withoutAnswered = Object.entries(found).map(([name, all]) => [
        name,
        all.map(([hash, flags]) => `${hash} ${flags.replace("R", "")}`).toSorted(),
      ]);
      expect(Object.fromEntries(withoutAnswered)).toEqual(
        Object.fromEntries(
          Object.entries(expected).map(([name, all]) => [name, all.map((one) => one.join(" ")).toSorted()]),
        ),
      );
      expect(Object.keys(found)).toContain("unlabelled");
    },
  );

  test("what a sent message of the export answers has the state R", async () => {
    const { into } = await convertTo("maildir", { manner: { ...PLAIN, flat: true } });
    const answers = records.filter(({ Labels }) => Labels.includes("SENT")).map((record) => record["In-Reply-To"]);
    const answered = withOriginals().filter(
      (record) =>
        record["RFC822-Message-ID"] !== "" && answers.some((one) => one.includes(record["RFC822-Message-ID"])),
    );
    const flagged = (await pathsIn(into)).filter((path) => /:2,\w*R/.test(path));
    const idOf = (path: string): string => path.split(".")[1] ?? "";
    expect(new Set(flagged.map(idOf))).toEqual(new Set(answered.map((record) => record["Message-ID"])));
    expect(flagged).toHaveLength(answered.length);
  });

  testWith("python3", "flat, one folder has every message once, with its labels in X-Keywords", async () => {
    const { into } = await convertTo("maildir", { manner: { ...PLAIN, flat: true } });
    const found = await askPython(
      `
from email.header import decode_header, make_header
box = mailbox.Maildir(path, create=False)
out = []
for key in box.keys():
    data = box.get_bytes(key)
    mail = email.message_from_bytes(data)
    out.append(str(make_header(decode_header(mail["X-Keywords"].replace("\\r", "").replace("\\n", "")))))
say([sorted(out), box.list_folders()])
`,
      into,
    );
    const labels = withOriginals().map((record) =>
      record["Label-Names"].map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(","),
    );
    expect(found).toEqual([labels.toSorted(), []]);
  });
});

/** As IMAP spells it, dots apart. */
const ascii = (label: string): string =>
  label
    .replaceAll("&", "&-")
    .replaceAll(".", "_")
    .replaceAll("/", ".")
    .replaceAll(/[^\x20-\x7e]+/g, (run) => {
      const base64 = Buffer.from(run, "utf16le").swap16().toString("base64");
      return `&${base64.replaceAll("/", ",").replaceAll("=", "")}-`;
    });

describe("as records", () => {
  test("ndjson has the lines of all batches", async () => {
    const { into } = await convertTo("ndjson");
    const lines = gunzipSync(await readFile(join(into, "mail.ndjson.gz")))
      .toString()
      .trimEnd()
      .split("\n");
    expect(JSON.parse(lines[0]!)).toEqual({ export: { email: "ada@example.com", batch: null, version: 1 } });
    expect(lines.slice(1, -1).map((line): unknown => JSON.parse(line))).toEqual(records);
    expect(JSON.parse(lines.at(-1)!)).toEqual({ end: { count: records.length } });
  });

  testWith("jq", "jq reads the ndjson", async () => {
    const { into } = await convertTo("ndjson");
    const filter = 'select(has("Message-ID")) | ."Message-ID"';
    expect(await askJq(filter, join(into, "mail.ndjson.gz"))).toEqual(records.map((record) => record["Message-ID"]));
  });

  test("hyparquet reads the parquet", async () => {
    const { into } = await convertTo("parquet");
    const file = new Uint8Array(await readFile(join(into, "mail.parquet"))).buffer;
    const rows = await parquetReadObjects({ file, compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) } });
    expect(rows.map((row) => [row["Message-ID"], row["Subject"], row["Label-Names"]])).toEqual(
      records.map((record) => [record["Message-ID"], record.Subject, record["Label-Names"]]),
    );
  });

  testWith(
    "python3",
    "Python's csv reads each cell as the record says; what a spreadsheet would run is text",
    async () => {
      const { into } = await convertTo("csv");
      const found = (await askPython(
        `
with open(path + "/mail.csv", encoding="utf-8", newline="") as file: say(list(csv.DictReader(file, strict=True)))
`,
        into,
      )) as Record<string, string>[];
      expect(found).toHaveLength(records.length);
      const isFormula = (text: string): boolean => /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text);
      for (const [n, record] of records.entries()) {
        const row = found[n]!;
        for (const [key, value] of [
          ["Subject", record.Subject],
          ["From", record.From],
          ["Body.plain", record.Body.plain],
          ["Body.html", record.Body.html],
          ["Internal-Date", record["Internal-Date"]],
        ] as const)
          expect(row[key]).toBe(isFormula(value) ? `'${value}` : value);
        expect(Object.values(row).filter(isFormula)).toEqual([]);
      }
      expect(found.map(({ Subject }) => Subject)).toContain(`'=HYPERLINK("https://evil.example","x")`);
    },
  );
});

test("as files each attachment lies there once for each message, under a name that is safe everywhere", async () => {
  const { into, files } = await convertTo("files");
  const names = await readdir(into);
  const stored = records.flatMap((record) => record.Attachments);
  expect([names.length, files]).toEqual([stored.length, stored.length]);
  const found = await Promise.all(names.map(async (name) => sha256(await readFile(join(into, name)))));
  expect(found.toSorted()).toEqual(stored.map((one) => one.sha256!).toSorted());
  for (const name of names) {
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^(?:\d{4}-\d{2}-\d{2}|undated) [^/\\\u202e<>:"|?*]+ - [^/\\\u202e<>:"|?*]+$/u);
  }
  const theirs = names.filter((name) => name.includes(" grace@example.com - "));
  for (const end of ["passwd", "report.pdf", "REPORT (2).pdf", "hidden", "_CON.txt", "attachment.pdf"])
    expect(theirs.filter((name) => name.endsWith(`- ${end}`))).toHaveLength(1);
  const one = theirs.find((name) => name.endsWith("- report.pdf"))!;
  expect((await stat(join(into, one))).nlink).toBeGreaterThan(1); // not a byte of disk
  expect((await stat(join(into, one))).mode & 0o777).toBe(0o600);
  expect((await stat(into)).mode & 0o777).toBe(0o700);
});

test("only what is selected is written: by label, sender and day", async () => {
  const idsOf = async (selection: Conversion["selection"]): Promise<string[]> => {
    const { into } = await convertTo("ndjson", { selection });
    const lines = gunzipSync(await readFile(join(into, "mail.ndjson.gz")))
      .toString()
      .trimEnd()
      .split("\n");
    return lines.slice(1, -1).map((line) => (JSON.parse(line) as ExportRecord)["Message-ID"]);
  };
  const those = (wanted: (record: ExportRecord) => boolean): string[] =>
    records.filter(wanted).map((record) => record["Message-ID"]);
  const moments = records.map((record) => Date.parse(record["Internal-Date"])).toSorted((a, b) => a - b);
  const middle = moments[Math.floor(moments.length / 2)]!;
  const sender = records[0]!.From.slice(1, 9);
  const momentOf = (record: ExportRecord): number => Date.parse(record["Internal-Date"]);
  expect(await idsOf({ after: middle })).toEqual(those((record) => momentOf(record) >= middle));
  expect(await idsOf({ before: middle })).toEqual(those((record) => momentOf(record) < middle));
  expect(await idsOf({ labels: ["inbox", "UNREAD"] })).toEqual(
    those(({ Labels }) => Labels.includes("INBOX") && Labels.includes("UNREAD")),
  );
  expect(await idsOf({ from: sender.toUpperCase() })).toEqual(
    those(({ From }) => From.toLowerCase().includes(sender.toLowerCase())),
  );
  expect(await refusalOf(convertTo("ndjson", { selection: { labels: ["Nowhere"] } }))).toMatchObject({
    code: "label_unknown",
    message: 'No message of the export has the label "Nowhere".',
  });
});

test("what a target is made of and the export has not: the command that brings it, and what that costs", async () => {
  const bare = join(w.directory, "..", "bare");
  await w.run(undefined, undefined, { directory: bare, formats: [], attachments: false });
  for (const to of ["mbox", "eml", "maildir"] as const) {
    const failure = await refusalOf(convertTo(to, {}, bare));
    expect(failure).toMatchObject({ code: "invalid_request", message: expect.stringContaining("has no originals") });
    const format = to === "mbox" ? "mbox" : "eml";
    expect(failure!.next).toContain(`gmail-export export ada@example.com --output-dir ${bare} --formats ${format}`);
    expect(failure!.next).toContain(`about ${(records.length * 20).toLocaleString("en-US")} quota units`);
  }
  expect(await refusalOf(convertTo("files", {}, bare))).toMatchObject({
    code: "invalid_request",
    next: expect.stringContaining("--attachments"),
  });
  expect(await convertTo("csv", {}, bare)).toMatchObject({ messages: records.length });
  expect(await refusalOf(convertTo("csv", {}, join(bare, "nothing")))).toMatchObject({ code: "directory_damaged" });
});

test("attachments that the export could not have are counted, not passed over in silence", async () => {
  const without = join(w.directory, "..", "without");
  const mail = recordWith("a1", {
    Attachments: [{ id: "", filename: "a.pdf", mimeType: "a/b", size: 1, partId: "1" }],
  });
  await writeExport(without, { 1: [mail, recordWith("a2")] });
  const manifest = await manifestIn(without);
  const attachments = { stored: 0, bytes: 0, blobs: 0, blobBytes: 0, without: [{ id: "a1", reason: "It is gone." }] };
  await writeFile(join(without, "manifest.json"), JSON.stringify({ ...manifest, attachments }));
  const done = await convertTo("files", {}, without);
  expect(done).toMatchObject({ files: 0, withoutContent: 1, withoutOriginal: 0 });
  expect(convertedLines(done, (_, text) => text)).toContain(
    "  1 attachment left out: the export does not have them (manifest.json says why)",
  );
  expect(await convertTo("csv", {}, without)).toMatchObject({ withoutContent: 0 });
});

test("nothing that is there is touched: a folder with anything in it is refused", async () => {
  const into = join(w.directory, "..", "taken");
  await mkdir(into);
  expect(await convertTo("csv", { into })).toMatchObject({ files: 1 }); // an empty one is not taken
  await writeFile(join(into, "mine.txt"), "mine");
  expect(await refusalOf(convertTo("csv", { into }))).toMatchObject({ code: "directory_foreign" });
  expect(await pathsIn(into)).toEqual(["mail.csv", "mine.txt"]);
  const other = join(w.directory, "..", "other");
  await mkdir(`${other}.part`);
  await writeFile(join(`${other}.part`, "mine.txt"), "mine");
  expect(await refusalOf(convertTo("csv", { into: other }))).toMatchObject({ code: "directory_foreign" });
  expect(await pathsIn(`${other}.part`)).toEqual(["mine.txt"]);
  expect(await refusalOf(convertTo("csv", { into: join(into, "mine.txt") }))).toMatchObject({
    code: "directory_foreign",
  });
  for (const inside of [w.directory, join(w.directory, "eml", "mine"), join(w.directory, "..mine")])
    expect(await refusalOf(convertTo("csv", { into: inside }))).toMatchObject({ code: "invalid_request" });
});

test("what was killed in the middle is begun anew, and what fails leaves nothing", async () => {
  const into = join(w.directory, "..", "killed");
  await mkdir(join(`${into}.part`, "cur"), { recursive: true });
  await writeFile(join(`${into}.part`, ".convert"), "");
  await writeFile(join(`${into}.part`, "mail.mbox"), "From half");
  await convertTo("eml", { into });
  expect(await pathsIn(into)).toHaveLength(hashes().length);
  const damaged = join(w.directory, "..", "damaged");
  await w.run(undefined, undefined, { directory: damaged });
  const [first] = withOriginals();
  const date = first!["Internal-Date"];
  const eml = join(damaged, "eml", date.slice(0, 4), date.slice(5, 7), `${first!["Message-ID"]}.eml`);
  await writeFile(eml, "Subject: forged\r\n\r\n");
  const gone = join(w.directory, "..", "gone");
  for (const to of ["mbox", "eml", "maildir"] as const)
    expect(await refusalOf(convertTo(to, { into: gone }, damaged))).toMatchObject({ code: "directory_damaged" });
  const batch = join(damaged, "emails_batch_1.json");
  await writeFile(batch, (await readFile(batch, "utf8")).replace("Subject", "Object"));
  for (const to of TARGETS)
    expect(await refusalOf(convertTo(to, { into: gone }, damaged))).toMatchObject({ code: "directory_damaged" });
  expect((await readdir(join(w.directory, ".."))).filter((name) => name.startsWith("gone"))).toEqual([]);
});

test("an export that was killed while its records were completed is converted as it lies there", async () => {
  const directory = join(w.directory, "..", "half-completed");
  await w.run(undefined, undefined, { directory, formats: [], attachments: false });
  let isRewritten = false;
  const files: FileSystem = {
    ...nodeFileSystem,
    async rename(from, to) {
      if (isRewritten) throw new Error("killed");
      await nodeFileSystem.rename(from, to);
      isRewritten = to.endsWith("emails_batch_1.json");
    },
  };
  await expect(w.run(undefined, undefined, { directory, formats: ["mbox"], files })).rejects.toThrow("killed");
  const { batches } = await manifestIn(directory);
  expect(sha256(await readFile(join(directory, "emails_batch_1.json")))).not.toBe(batches[0]!.sha256);
  const left = await recordsIn(directory);
  const { into } = await convertTo("eml", {}, directory);
  expect(await pathsIn(into)).toHaveLength(left.filter(({ Original }) => Original !== undefined).length);
  expect(await convertTo("ndjson", {}, directory)).toMatchObject({ messages: left.length });
});

test("who stops it waits for no further batch, and nothing is left of it", async () => {
  const into = join(w.directory, "..", "stopped");
  const openOutput = outputFolders(fileLock(systemClock));
  for (const to of ["eml", "maildir"] as const) {
    const stop = new AbortController();
    let batches = 0;
    const directory: ReadDirectory = {
      ...readDirectory,
      records(...asked) {
        batches += 1;
        stop.abort(new Error("stopped by hand"));
        return readDirectory.records(...asked);
      },
    };
    const conversion = { to, into, selection: {}, manner: PLAIN };
    await expect(convert(w.directory, conversion, { directory, openOutput }, stop.signal)).rejects.toThrow("stopped");
    expect([to, batches]).toEqual([to, 1]);
  }
  expect((await readdir(join(w.directory, ".."))).filter((name) => name.startsWith("stopped"))).toEqual([]);
});

test("one that is being made is not made twice at once", async () => {
  const into = join(w.directory, "..", "busy");
  const openOutput = outputFolders(fileLock(systemClock));
  await using _ = await openOutput(into, NEVER);
  expect(await refusalOf(convertTo("csv", { into }))).toMatchObject({ code: "directory_busy" });
});

describe("at the command line", () => {
  const cli = (...args: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const cwd = join(w.directory, "..");
      execFile(process.execPath, [PROGRAM, "--lang", "en", ...args], { cwd }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  test("it goes beside the export where no folder is named, and says what came of it", async () => {
    const { code, stdout } = await cli("convert", `${w.directory}/`, "--to", "eml");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^✓ \d+ messages in \d+ files, \d+ MB, in \S+\/export-eml\n {2}\d+ messages? without an original left out \(manifest\.json says why\)/,
      ),
    ]);
    expect(await pathsIn(`${w.directory}-eml`)).toHaveLength(hashes().length);
    for (const same of [w.directory, `${w.directory}/.`]) {
      const again = await cli("--json", "convert", same, "--to", "eml");
      expect([again.code, JSON.parse(again.stdout)]).toMatchObject([8, { error: { code: "directory_foreign" } }]);
    }
  });

  test("killed while it writes it leaves no folder, and the same command makes the whole one", async () => {
    const into = join(w.directory, "..", "really-killed");
    const args = ["convert", w.directory, "--to", "eml", "--into", into];
    const isWriting = async (): Promise<boolean> =>
      (await pathsIn(`${into}.part`).catch(() => [])).some((path) => path.endsWith(".eml"));
    for (let killed = false; !killed;) {
      await rm(into, { recursive: true, force: true }); // where it was done before it was killed
      const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: "ignore" });
      const ended = once(child, "close");
      await until(async () => child.exitCode !== null || (await isWriting()));
      child.kill("SIGKILL");
      killed = (await ended)[1] === "SIGKILL";
    }
    await expect(stat(into)).rejects.toThrow("ENOENT");
    expect(await cli(...args)).toMatchObject({ code: 0 });
    const contents = await Promise.all((await pathsIn(into)).map((path) => readFile(join(into, path))));
    expect(contents.map(sha256).toSorted()).toEqual(hashes().toSorted());
    await expect(stat(`${into}.part`)).rejects.toThrow("ENOENT");
  });

  test("an export that has not what is needed ends with 2, and the command that brings it", async () => {
    const bare = join(w.directory, "..", "bare-here");
    await w.run(undefined, undefined, { directory: bare, formats: [], attachments: false });
    const { code, stderr } = await cli("--lang", "fr", "convert", bare, "--to", "mbox");
    expect(code).toBe(2);
    expect(stderr).toContain(`gmail-export export ada@example.com --output-dir ${bare} --formats mbox`);
    expect(stderr).toContain("n'a pas les originaux");
  });
});

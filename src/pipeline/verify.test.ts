import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { manualClock } from "../../test/manual-clock.ts";
import { message } from "../../test/messages.ts";
import { readDirectory } from "../../test/on-disk.ts";
import { scratchFolder } from "../../test/scratch.ts";
import type { Manifest } from "../core/export/manifest.ts";
import { EVERYTHING } from "../core/mail/filter.ts";
import type { Ended } from "../core/ports/export-directory.ts";
import type { MailboxSource } from "../core/ports/mailbox-source.ts";
import { NOTHING_SPENT } from "../core/quota.ts";
import { toRecord } from "../formats/to-record.ts";
import { fileHolds } from "../storage/folder/file-holds.ts";
import { folderStorage } from "../storage/folder/folder-storage.ts";
import { createOpenDirectory } from "./directory/open-directory.ts";
import { verify, type Finding, type Verdict } from "./verify.ts";

const NEVER = new AbortController().signal;
const clock = manualClock();
const open = createOpenDirectory(folderStorage(fileHolds(clock)), clock, "gmail-export test");

const idsTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);
const exported = (id: string): Ended => ({
  outcome: "exported",
  id,
  record: toRecord(message(undefined, { id, threadId: `t-${id}`, snippet: "\uFFFD" }), new Map()),
});

/** A directory with an export of m0 to m6, three a batch; m7 is gone and, if asked for, m8 failed. Not closed: only m0 to m3 are on disk. */
async function exportIn(
  path: string,
  {
    closed = true,
    failed = false,
    maxEmails = null,
  }: { closed?: boolean; failed?: boolean; maxEmails?: number | null } = {},
): Promise<void> {
  const purpose = { email: "ada@example.com", filter: EVERYTHING, maxEmails, batchSize: 3 };
  await using directory = await open(path, purpose, () => NOTHING_SPENT, NEVER);
  await directory.beginListing("100");
  await directory.addRefs(idsTo(9).map((id) => ({ id, threadId: `t-${id}` })));
  await directory.endListing();
  await directory.write(idsTo(closed ? 7 : 4).map(exported));
  if (!closed) return directory.checkpoint();
  await directory.write([{ outcome: "gone", id: "m7" }]);
  await directory.write([
    failed ? { outcome: "failed", id: "m8", reason: "No.", attempts: 6 } : { outcome: "gone", id: "m8" },
  ]);
  await directory.commit();
}

const check = (path: string, source?: MailboxSource): Promise<Verdict> => verify(path, readDirectory, NEVER, source);

/** What a check finds, a line each, details left out. */
const findings = ({ findings: found }: Verdict): string[] => found.map(({ kind, subject }) => `${kind} ${subject}`);

async function foundAfter(
  change: (file: (name: string) => string) => Promise<unknown>,
  options?: Parameters<typeof exportIn>[1],
): Promise<string[]> {
  await using folder = await scratchFolder();
  await exportIn(folder.path, options);
  await change((name) => join(folder.path, name));
  const verdict = await check(folder.path);
  expect(verdict.sound).toBe(verdict.findings.length === 0);
  return findings(verdict);
}

const edit = async (path: string, change: (text: string) => string): Promise<void> =>
  writeFile(path, change(await readFile(path, "utf8")));

const editManifest = (path: string, change: (manifest: Manifest) => object): Promise<void> =>
  edit(path, (text) => JSON.stringify({ ...JSON.parse(text), ...change(JSON.parse(text) as Manifest) }));

/** Changes a batch, and the manifest so that it tells of just these bytes: what is wrong then is wrong within. */
async function forge(file: (name: string) => string, change: (text: string) => string): Promise<void> {
  const batch = file("emails_batch_2.json");
  await edit(batch, change);
  const bytes = await readFile(batch);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await editManifest(file("manifest.json"), ({ batches }) => ({
    batches: batches.map((one) => (one.file === "emails_batch_2.json" ? { ...one, sha256, bytes: bytes.length } : one)),
  }));
}

describe("offline", () => {
  test("an export is sound as it was written, and says what it holds", async () => {
    await using folder = await scratchFolder();
    await exportIn(folder.path);
    expect(await check(folder.path)).toMatchObject({
      sound: true,
      findings: [],
      deletedSince: [],
      manifest: { complete: true, total_emails: 7, gone: ["m7", "m8"], replacementCharacters: 7 },
    });
  });

  test.each<[string, (file: (name: string) => string) => Promise<unknown>, string[]]>([
    ["a batch that is not there", (file) => rm(file("emails_batch_2.json")), ["missing emails_batch_2.json"]],
    [
      "a file that nobody promised",
      (file) => writeFile(file("emails_batch_9.json"), "[]"),
      ["extra emails_batch_9.json"],
    ],
    [
      "a batch that still grows, though all is done",
      (file) => writeFile(file("emails_batch_4.json.part"), "[\n"),
      ["extra emails_batch_4.json.part"],
    ],
    [
      "nothing in a manifest that a crash kept from its place",
      (file) => writeFile(file("manifest.json.part"), "{"),
      [],
    ],
    [
      "hidden files and folders, which are none of its business",
      async (file) => {
        await writeFile(file(".DS_Store"), "");
        await mkdir(file("attachments"));
      },
      [],
    ],
    [
      "a byte too many",
      (file) => edit(file("emails_batch_1.json"), (text) => `${text}\n`),
      ["changed emails_batch_1.json"],
    ],
    [
      "another letter in a record",
      (file) => edit(file("emails_batch_1.json"), (text) => text.replace("t-m1", "t-mX")),
      ["changed emails_batch_1.json"],
    ],
    [
      "a batch cut short",
      (file) => edit(file("emails_batch_3.json"), (text) => text.slice(0, 40)),
      ["malformed emails_batch_3.json", "changed emails_batch_3.json"],
    ],
    ["a message twice", (file) => forge(file, (text) => text.replace('"m4"', '"m0"')), ["duplicate m0"]],
    [
      "a record that is none",
      (file) => forge(file, (text) => text.replace('"id":"m4"', "").replace('"Message-ID":"m4"', '"Message-ID":4')),
      ["malformed emails_batch_2.json"],
    ],
    [
      "a record that lacks a field",
      (file) => forge(file, (text) => text.replace('"m4","Thread-ID":"t-m4","Labels":[]', '"m4","Thread-ID":"t-m4"')),
      ["malformed m4"],
    ],
    [
      "a line that is not JSON",
      (file) => forge(file, (text) => text.replace('{"Message-ID":"m4"', '{"Message-ID":"m4')),
      ["malformed emails_batch_2.json"],
    ],
    [
      "an array that is not closed",
      (file) => forge(file, (text) => text.slice(0, -2)),
      ["malformed emails_batch_2.json"],
    ],
    [
      "a count that is not the file's",
      (file) =>
        editManifest(file("manifest.json"), ({ batches: [first, ...rest] }) => ({
          batches: [{ ...first, count: 2 }, ...rest],
          total_emails: 6,
        })),
      ["malformed emails_batch_1.json"],
    ],
    [
      "another number of U+FFFD",
      (file) => editManifest(file("manifest.json"), () => ({ replacementCharacters: 6 })),
      ["changed manifest.json"],
    ],
    [
      "totals that do not add up",
      (file) => editManifest(file("manifest.json"), () => ({ total_emails: 8 })),
      ["malformed manifest.json"],
    ],
    [
      "a message that is there and said to be gone",
      (file) => editManifest(file("manifest.json"), () => ({ gone: ["m3"] })),
      ["duplicate m3"],
    ],
    [
      "a message that is there and said to have failed",
      (file) => editManifest(file("manifest.json"), () => ({ failed: [{ id: "m3", reason: "No.", attempts: 6 }] })),
      ["duplicate m3"],
    ],
  ])("finds %s", async (_, change, expected) => {
    expect(await foundAfter(change)).toEqual(expected);
  });

  test("an export that is not finished is sound so far; what still grows is not looked at", async () => {
    const part = "emails_batch_2.json.part";
    expect(
      await foundAfter(async (file) => expect(await readFile(file(part), "utf8")).toContain("m3"), { closed: false }),
    ).toEqual([]);
    expect(await foundAfter((file) => edit(file(part), (text) => text.slice(0, 60)), { closed: false })).toEqual([]);
  });

  test("an export that is not finished may have finished more batches than its manifest names yet, and no others", async () => {
    const before = async (file: (name: string) => string): Promise<void> => {
      // What is asked for by a later run may be there before a manifest says that it was asked for.
      for (const name of ["emails_batch_1.mbox", "emails_batch_1.ndjson.gz"]) await writeFile(file(name), "");
      await editManifest(file("manifest.json"), () => ({
        batches: [],
        total_batches: 0,
        total_emails: 0,
        replacementCharacters: 0,
      }));
    };
    expect(await foundAfter(before, { closed: false })).toEqual([]);
    const other = async (file: (name: string) => string): Promise<void> => {
      await before(file);
      await writeFile(file("emails_batch_7.mbox"), "");
    };
    expect(await foundAfter(other, { closed: false })).toEqual(["extra emails_batch_7.mbox"]);
  });

  test("where there is no export, that is said", async () => {
    await using folder = await scratchFolder();
    await expect(check(join(folder.path, "none"))).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
    await expect(check(folder.path)).rejects.toMatchObject({
      failure: { code: "directory_damaged", message: expect.stringContaining(folder.path) },
    });
    await writeFile(join(folder.path, "manifest.json"), "{}");
    await expect(check(folder.path)).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
  });
});

test("every finding says what is wrong in words", async () => {
  await using folder = await scratchFolder();
  await exportIn(folder.path);
  await rm(join(folder.path, "emails_batch_1.json"));
  const { findings: found } = await check(folder.path);
  expect(found).toContainEqual({
    kind: "missing",
    subject: "emails_batch_1.json",
    detail: "is in the manifest, but not on the disk",
  } satisfies Finding);
});

test("a link or a folder in the place of a batch is a changed batch, in that of the manifest a refusal in words", async () => {
  await using folder = await scratchFolder();
  await exportIn(folder.path);
  const batch = join(folder.path, "emails_batch_1.json");
  await rm(batch);
  await symlink("/dev/zero", batch);
  expect(findings(await check(folder.path))).toContain("changed emails_batch_1.json");
  await rm(batch);
  await mkdir(batch);
  expect(findings(await check(folder.path))).toContain("changed emails_batch_1.json");
  await rm(join(folder.path, "manifest.json"));
  await symlink("manifest.json", join(folder.path, "manifest.json"));
  await expect(check(folder.path)).rejects.toMatchObject({
    failure: { code: "directory_damaged", message: expect.stringContaining("is a link") },
  });
});

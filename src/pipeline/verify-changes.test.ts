import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { readDirectory } from "../../test/on-disk.ts";
import { scratchFolder } from "../../test/scratch.ts";
import { record, writeChanges, writeExport } from "../../test/written-export.ts";
import type { ChangeEntry } from "../core/export/change.ts";
import type { Manifest } from "../core/export/manifest.ts";
import { changeLine } from "../formats/changes.ts";
import { inFrench } from "../surfaces/words/french.ts";
import { verify } from "./verify.ts";

const AT = "2026-11-28T02:00:00.000Z";
const BEGUN: ChangeEntry = { at: "2026-11-01T02:00:00.000Z", change: "begun", historyId: "1", names: [] };
const added = (id: string): ChangeEntry => ({ at: AT, id, change: "added", labels: [], historyId: "2" });
const deleted = (id: string): ChangeEntry => ({ at: AT, id, change: "deleted", labels: [], historyId: "2" });
const RECORDS = { 1: [record("18c1"), record("18c2"), record("18c3")] };
const TOTALS = { total_emails: 3 };

/** What verify finds in an export of three messages with these changes, a line each, and whether each is told in French. */
async function findingsIn(
  changes: readonly ChangeEntry[],
  fields: Partial<Manifest> = {},
  damage: (path: string) => Promise<void> = async () => {},
): Promise<string[]> {
  await using folder = await scratchFolder();
  await writeExport(folder.path, RECORDS);
  await writeChanges(folder.path, changes, { ...TOTALS, ...fields });
  await damage(join(folder.path, "changes.ndjson"));
  const { findings } = await verify(folder.path, readDirectory, new AbortController().signal);
  for (const { detail } of findings) expect(inFrench(detail), detail).toBeDefined();
  return findings.map(({ kind, subject, detail }) => `${kind} ${subject}: ${detail}`);
}

test("changes of messages that are here, were deleted, pruned, gone or failed are no difference", async () => {
  const changes = [BEGUN, added("18c1"), deleted("18c2"), deleted("18c9"), added("18c8"), added("18c7")];
  const told = await findingsIn(changes, {
    deleted: [
      { id: "18c2", seenAt: AT },
      { id: "18c9", seenAt: AT, pruned: true },
      { id: "18c3", seenAt: AT }, // of which no line tells: it came of another source
    ],
    gone: ["18c8", "18c7"],
  });
  expect(told).toEqual([]);
});

test.each<[string, readonly ChangeEntry[], Partial<Manifest>, string]>([
  [
    "a message that nobody knows",
    [BEGUN, added("18c9")],
    {},
    "missing 18c9: changed by changes.ndjson, but has no record",
  ],
  [
    "a deletion that the manifest does not know",
    [BEGUN, deleted("18c2")],
    {},
    "malformed 18c2: is deleted by changes.ndjson, and not by the manifest",
  ],
  [
    "a deletion that was taken back",
    [BEGUN, deleted("18c2"), added("18c2")],
    { deleted: [{ id: "18c2", seenAt: AT }] },
    "malformed 18c2: is deleted by the manifest, and not by changes.ndjson",
  ],
  [
    "a message that is kept, and is not",
    [BEGUN],
    { deleted: [{ id: "18c9", seenAt: AT }] },
    "missing 18c9: is said to be deleted in Gmail and kept, but has no record",
  ],
  [
    "a message that is pruned, and is not",
    [BEGUN],
    { deleted: [{ id: "18c2", seenAt: AT, pruned: true }] },
    "extra 18c2: is said to be pruned, and has a record",
  ],
  [
    "one that is deleted twice",
    [BEGUN],
    {
      deleted: [
        { id: "18c2", seenAt: AT },
        { id: "18c2", seenAt: AT },
      ],
    },
    "duplicate 18c2: is listed twice as deleted",
  ],
  ["lines that are none", [added("18c1")], {}, "malformed changes.ndjson: line 1 does not begin the file"],
])("%s is named", async (_what, changes, fields, finding) => {
  expect(await findingsIn(changes, fields)).toEqual([finding]);
});

const written = changeLine(BEGUN).length;

test.each<[string, (path: string) => Promise<void>, string[]]>([
  ["gone", (path) => rm(path), ["missing changes.ndjson: is in the manifest, but not on the disk"]],
  [
    "longer than the manifest says",
    (path) => appendFile(path, changeLine(added("18c1"))),
    [expect.stringMatching(/^changed changes\.ndjson: \d+ bytes where \d+ were written/)],
  ],
  [
    "other than what was written",
    (path) => writeFile(path, changeLine(BEGUN).replace('"1"', '"2"')),
    [`changed changes.ndjson: ${written} bytes where ${written} were written, or other ones`],
  ],
])("a file that is %s is named", async (_what, damage, found) => {
  expect(await findingsIn([BEGUN], {}, damage)).toEqual(found);
});

test("what a run that broke off appended is no difference, nor is a file that it began", async () => {
  const unfinished = { complete: false };
  const torn = `${changeLine(deleted("18c2"))}${changeLine(added("18c9"))}{"at":`;
  expect(await findingsIn([BEGUN], unfinished, (path) => appendFile(path, torn))).toEqual([]);
  const found = await findingsIn([BEGUN], unfinished, (path) => writeFile(path, changeLine(BEGUN).slice(0, 40)));
  expect(found.map((line) => line.slice(0, 24))).toEqual(["malformed changes.ndjson", "changed changes.ndjson: "]);
  await using folder = await scratchFolder();
  await writeExport(folder.path, RECORDS, { unfinished: true });
  await writeChanges(folder.path, [BEGUN], { ...TOTALS, ...unfinished, changes: undefined } as object);
  const { findings, manifest } = await verify(folder.path, readDirectory, new AbortController().signal);
  expect([findings, manifest.changes]).toEqual([[], undefined]);
});

test("a finished export has no such file that its manifest does not name", async () => {
  await using folder = await scratchFolder();
  await writeExport(folder.path, RECORDS);
  await writeChanges(folder.path, [BEGUN], { ...TOTALS, changes: undefined } as object);
  const { findings } = await verify(folder.path, readDirectory, new AbortController().signal);
  expect(findings).toEqual([{ kind: "extra", subject: "changes.ndjson", detail: "is not in the manifest" }]);
});

import { cp, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { ChangeEntry } from "../src/core/export/change.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { ExportRecord } from "../src/core/mail/record.ts";
import { nodeFileSystem, type FileSystem } from "../src/storage/folder/file-system.ts";
import { deletedIn, expectCurrent, recordsById, verified } from "./current-export.ts";
import { Killed } from "./dying-disk.ts";
import { manifestIn } from "./exported.ts";
import { inProcess } from "./in-process.ts";

/** A finished export follows what happens in Gmail: labels, deletions, and what is new. */

const ALL = { ...EVERYTHING, includeSpamTrash: true };

/** The lines of changes.ndjson, their times and cursors left out. */
async function changesIn(directory: string): Promise<object[]> {
  const lines = (await readFile(join(directory, "changes.ndjson"), "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { at: _, historyId: __, ...change } = JSON.parse(line) as ChangeEntry & { historyId: string };
    return change;
  });
}

test("a message that is not found for a whole run is not called deleted, nor is a new one lost", async () => {
  await using w = await inProcess({ messages: 20, messagesPerThread: 1 }, { filter: ALL, batchSize: 10 });
  const mailbox = w.google.mailbox();
  await w.run();
  const old = mailbox.ids()[3]!;
  const added = mailbox.add({ subject: "New", labelIds: ["INBOX"] });
  for (const id of [old, added]) {
    mailbox.setLabels(id, ["STARRED"]);
    w.google.faults.add({ kind: "notFound", messageId: id });
  }
  w.google.faults.add({ kind: "withoutLabelIds" }); // only reading tells which labels they have
  const manifest = await w.run(undefined, undefined, { prune: true });
  expect([deletedIn(manifest), manifest.gone]).toEqual([[], [added]]);
  w.google.faults.clear();
  await expectCurrent(w, await w.run());
});

test("labels, deletions and new mail are followed by history: only what changed is written, and it is told", async () => {
  await using w = await inProcess({ messages: 60 }, { filter: ALL, batchSize: 20 });
  const mailbox = w.google.mailbox();
  await w.run();
  const before = await recordsById(w.directory);
  const [first, second, third] = ["1", "2", "3"].map((n) => join(w.directory, `emails_batch_${n}.json`));
  const inBatch = async (path: string): Promise<ExportRecord[]> => JSON.parse(await readFile(path, "utf8"));
  const [relabelled, removed] = (await inBatch(second!)).map((record) => record["Message-ID"]);
  const kept = (await inBatch(third!))[0]!["Message-ID"];
  const untouched = [await stat(first!, { bigint: true }), await readFile(third!)] as const;
  mailbox.setLabels(relabelled!, ["STARRED", "Label_1"]);
  mailbox.remove(removed!);
  mailbox.remove(kept);
  const added = mailbox.add({ subject: "New", labelIds: ["INBOX"] });
  w.google.meter.reset();
  const manifest = await w.run();
  expect(w.google.meter.calls).toEqual({
    getProfile: 3,
    "labels.list": 1,
    "history.list": 1,
    "messages.list": 1, // which are not there any more
    "messages.get": 1,
  });
  await expectCurrent(w, manifest);
  expect(deletedIn(manifest)).toEqual([kept, removed!].toSorted());
  const after = await recordsById(w.directory);
  for (const [id, record] of before)
    expect(after.get(id)).toEqual(
      id === relabelled ? { ...record, Labels: ["STARRED", "Label_1"], "Label-Names": ["STARRED", "Travel"] } : record,
    );
  expect((await stat(first!, { bigint: true })).mtimeNs).toBe(untouched[0].mtimeNs);
  expect(await readFile(third!)).toEqual(untouched[1]); // a deletion is told, and its record stays
  const labelsOf = (id: string): readonly string[] => before.get(id)!.Labels;
  expect((await changesIn(w.directory)).slice(1)).toEqual([
    { id: relabelled, change: "labels", labels: ["STARRED", "Label_1"], labelsBefore: labelsOf(relabelled!) },
    { id: removed, change: "deleted", labels: labelsOf(removed!) },
    { id: kept, change: "deleted", labels: labelsOf(kept) },
    { id: added, change: "added", labels: ["INBOX"] },
  ]);
});

test("new mail of which history tells no labels is looked at before it is taken for wanted", async () => {
  await using w = await inProcess({ messages: 10 });
  const mailbox = w.google.mailbox();
  await w.run();
  const [trashed, here] = ["TRASH", "INBOX"].map((label) => mailbox.add({ subject: label, labelIds: [label] }));
  w.google.faults.add({ kind: "withoutLabelIds" });
  await w.run();
  const records = await recordsById(w.directory);
  expect([records.has(trashed!), records.has(here!)]).toEqual([false, true]);
});

test("that a message was deleted is not believed because the history says so once, and it is looked for before it is taken out", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 5 });
  const mailbox = w.google.mailbox();
  await w.run();
  const [id, other, removed] = mailbox.ids();
  const forge = (one: string): void =>
    mailbox.forgeHistory({ change: "messageDeleted", message: { id: one, threadId: mailbox.truth(one).threadId } });
  forge(id!);
  await expectCurrent(w, await w.run());
  expect((await changesIn(w.directory)).length).toBe(1); // which is the first, of all
  forge(id!);
  w.google.faults.add({ kind: "notFound", messageId: id! });
  expect(deletedIn(await w.run())).toEqual([id]); // now both say so
  w.google.faults.clear();
  forge(other!);
  mailbox.remove(removed!);
  const manifest = await w.run(undefined, undefined, { prune: true });
  expect(manifest.deleted).toMatchObject([{ id: removed, pruned: true }]);
  const records = await recordsById(w.directory);
  expect([...records.keys()].toSorted()).toEqual(mailbox.ids().toSorted());
  expect((await verified(w.directory)).findings).toEqual([]);
});

test("a journal that a kill left behind a finished export is gone after the next run, though nothing happened", async () => {
  await using w = await inProcess({ messages: 3 });
  const hasJournal = async (): Promise<boolean> => (await readdir(w.directory)).includes(".journal");
  const unlink: FileSystem["unlink"] = async (path) => {
    const isFinished =
      (await readdir(w.directory)).includes("manifest.json") && (await manifestIn(w.directory)).complete;
    if (isFinished && path.endsWith(".journal")) throw new Killed("killed");
    return nodeFileSystem.unlink(path);
  };
  await expect(w.run(undefined, undefined, { files: { ...nodeFileSystem, unlink } })).rejects.toThrow("killed");
  expect([(await manifestIn(w.directory)).complete, await hasJournal()]).toEqual([true, true]);
  await cp(w.directory, `${w.directory}-copy`, { recursive: true });
  expect([(await w.run()).complete, await hasJournal()]).toEqual([true, false]);
  const id = w.google.mailbox().add({ subject: "New", labelIds: ["INBOX"] });
  await w.run(undefined, undefined, { directory: `${w.directory}-copy` });
  expect((await changesIn(`${w.directory}-copy`)).slice(1)).toEqual([{ id, change: "added", labels: ["INBOX"] }]);
});

test("a message of which history tells more behind its deletion is read, whatever that says", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 5 });
  const mailbox = w.google.mailbox();
  await w.run();
  const [removed, there] = mailbox.ids();
  const message = (id: string) => ({ id, threadId: mailbox.truth(id).threadId, labelIds: ["INBOX", "STARRED"] });
  const [one, other] = [message(removed!), message(there!)];
  mailbox.remove(removed!);
  for (const each of [one, other]) {
    mailbox.forgeHistory({ change: "messageDeleted", message: each });
    mailbox.forgeHistory({ change: "labelAdded", message: each, labelIds: ["STARRED"] });
  }
  await expectCurrent(w, await w.run());
});

test("a message that is not found is not asked for again as often as the history names it in a run", async () => {
  await using w = await inProcess({ messages: 10 }, { filter: ALL });
  const mailbox = w.google.mailbox();
  await w.run();
  const lost = mailbox.add({ subject: "Lost", labelIds: ["INBOX"] });
  w.google.faults.add({ kind: "notFound", messageId: lost });
  expect((await w.run()).gone).toEqual([lost]);
  let touches = 0;
  w.google.meter.reset();
  await w.run(({ stage }) => {
    if (stage !== "fetching" || touches === 8) return;
    touches += 1;
    mailbox.setLabels(lost, touches % 2 === 0 ? ["INBOX"] : ["STARRED"]);
  });
  expect(w.google.meter.calls["messages.get"]).toBe(2);
});

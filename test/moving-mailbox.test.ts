import { expect, test } from "vitest";

import { EVERYTHING } from "../src/core/mail/filter.ts";
import { expectAccountsFor } from "./accounts-for.ts";
import { conversationsIn } from "./conversations.ts";
import { idsOnDisk } from "./exported.ts";
import { inProcess } from "./in-process.ts";
import { seededRandom } from "./random.ts";

test("what was deleted between the listing and the reading is gone, be it a conversation or a part of one", async () => {
  await using w = await inProcess();
  const [whole, part] = conversationsIn(w.google).filter((all) => all.length > 2);
  const deleted = [...whole!, part![0]!];
  let left = deleted;
  const manifest = await w.run(({ stage, listed }) => {
    if (stage !== "listing" || listed === 0) return;
    for (const id of left) w.google.mailbox().remove(id);
    left = [];
  });
  expect(manifest.gone.toSorted()).toEqual(deleted.toSorted());
  expect(manifest.complete).toBe(true);
  await expectAccountsFor(w, manifest);
});

test.each([
  ["when everything is asked for", EVERYTHING, undefined],
  ["when a query is", { ...EVERYTHING, query: "is:unread" }, "UNREAD"],
  ["when a label is", { ...EVERYTHING, labels: ["STARRED"] }, "STARRED"],
])("what came while the rest was listed and read is in it, %s", async (_, filter, label) => {
  await using w = await inProcess({}, { filter });
  const mailbox = w.google.mailbox();
  const add = (): string =>
    mailbox.add({ subject: "Meanwhile", labelIds: ["INBOX", ...(label === undefined ? [] : [label])] });
  const came: string[] = [];
  let reports = 0;
  const manifest = await w.run(({ stage }) => {
    reports += 1;
    if (reports === 1 || (came.length === 1 && stage === "fetching" && reports > 5)) came.push(add());
  });
  const onDisk = await idsOnDisk(w.directory);
  expect(came).toHaveLength(2);
  expect(came.filter((id) => !onDisk.includes(id))).toEqual([]);
  await expectAccountsFor(w, manifest, ({ labelIds }) => label === undefined || labelIds.includes(label));
});

test("what came is found by a new listing when Gmail has forgotten its history", async () => {
  await using w = await inProcess();
  const mailbox = w.google.mailbox();
  let came: string | undefined;
  const manifest = await w.run(({ exported }) => {
    if (exported < 80 || came !== undefined) return;
    came = mailbox.add({ subject: "Forgotten", labelIds: ["INBOX"] });
    mailbox.expireHistory();
  });
  expect(await idsOnDisk(w.directory)).toContain(came);
  await expectAccountsFor(w, manifest);
});

test("mail that comes and goes all the time is all accounted for", async () => {
  await using w = await inProcess();
  const mailbox = w.google.mailbox();
  const random = seededRandom(7);
  let changes = 0;
  const manifest = await w.run(({ stage }) => {
    if ((stage !== "listing" && stage !== "fetching") || random() > 0.5 || (changes += 1) > 60) return;
    if (random() < 0.4) mailbox.add({ subject: `Number ${changes}` });
    else mailbox.remove(mailbox.ids()[Math.floor(random() * mailbox.size)]!);
  });
  expect(changes).toBeGreaterThan(40);
  expect(manifest.gone.length).toBeGreaterThan(0);
  expect(manifest.complete).toBe(true);
  await expectAccountsFor(w, manifest);
});

test("the manifest keeps the place in the history up to which all that came is in it", async () => {
  await using w = await inProcess();
  const mailbox = w.google.mailbox();
  let came: string | undefined;
  const manifest = await w.run(({ exported }) => {
    if (exported >= 80) came ??= mailbox.add({ subject: "Meanwhile" });
  });
  expect(await idsOnDisk(w.directory)).toContain(came);
  expect(manifest.historyId).toBe(mailbox.historyId);
});

test("labels are found by their names, and an export made with their ids is the same", async () => {
  await using w = await inProcess({}, { filter: { ...EVERYTHING, labels: ["starred"] } });
  const manifest = await w.run();
  expect(manifest.filter.labels).toEqual(["STARRED"]);
  await expectAccountsFor(w, manifest, ({ labelIds }) => labelIds.includes("STARRED"));
  await using unknown = await inProcess({}, { filter: { ...EVERYTHING, labels: ["Nowhere"] } });
  await expect(unknown.run()).rejects.toMatchObject({
    failure: { code: "label_unknown", message: expect.stringContaining('"Nowhere"') },
  });
});

test("a run that finds nothing new reads nothing, and writes the same", async () => {
  await using w = await inProcess();
  const { batches } = await w.run();
  w.google.meter.reset();
  const again = await w.run();
  expect(again).toMatchObject({ complete: true, batches });
  expect(w.google.meter.calls).toEqual({ getProfile: 1, "labels.list": 1 });
});

import { expect, test } from "vitest";

import { EVERYTHING } from "../src/core/mail/filter.ts";
import { expectCurrent, recordsById, verified } from "./current-export.ts";
import { inProcess } from "./in-process.ts";

/** Labels that Gmail makes, deletes, or does not list by: records follow as soon as it can be known, at a bounded price. */

const ALL = { ...EVERYTHING, includeSpamTrash: true };
const MANY = 60;

test("a label that is made during a run, and whose messages no history tells, is in the records", async () => {
  await using w = await inProcess({ messages: 12 }, { filter: ALL, batchSize: 5 });
  const mailbox = w.google.mailbox();
  let isDone = false;
  const manifest = await w.run(({ stage }) => {
    if (isDone || stage !== "fetching") return;
    isDone = true;
    mailbox.setLabels(mailbox.ids().at(-1)!, [mailbox.makeLabel("Made meanwhile")]);
    mailbox.expireHistory();
  });
  await expectCurrent(w, manifest);
});

test.each([
  ["by history", false],
  ["by listings", true],
])(
  "a label that is deleted in Gmail is off all of its many messages for a few reads, found out %s",
  async (_, expires) => {
    await using w = await inProcess({ messages: 2 * MANY }, { filter: ALL, batchSize: 50 });
    const mailbox = w.google.mailbox();
    const label = mailbox.makeLabel("Deleted soon");
    const carriers = mailbox.ids().slice(0, 2 * MANY - 20);
    for (const id of carriers) mailbox.setLabels(id, ["INBOX", label]);
    await w.run();
    mailbox.removeLabel(label);
    mailbox.setLabels(mailbox.ids().at(-1)!, ["INBOX", "STARRED"]);
    if (expires) mailbox.expireHistory();
    w.google.meter.reset();
    await expectCurrent(w, await w.run());
    expect(w.google.meter.calls["messages.get"]).toBe(expires ? 26 : 25); // one has a label that Gmail never names
    expect((w.google.meter.calls["messages.list"] ?? 0) > 10).toBe(expires);
    const changes = (await recordsById(w.directory)).get(carriers[0]!)!;
    expect([changes.Labels, changes["Label-Names"]]).toEqual([["INBOX"], ["INBOX"]]);
  },
);

test("a label that Gmail does not name, and that some messages have all the same, is read of each that had it", async () => {
  await using w = await inProcess({ messages: 2 * MANY }, { filter: ALL, batchSize: 50 });
  const mailbox = w.google.mailbox();
  for (const id of mailbox.ids()) mailbox.setLabels(id, ["INBOX", "Label_404"]);
  await w.run();
  for (const id of mailbox.ids().filter((_, n) => n % 3 > 0)) mailbox.setLabels(id, ["INBOX"]);
  mailbox.expireHistory();
  await expectCurrent(w, await w.run());
});

test("a label that Gmail refuses while it is compared with: who got it meanwhile has it as soon as Gmail tells", async () => {
  await using w = await inProcess({ messages: 20 }, { filter: ALL, batchSize: 10 });
  const mailbox = w.google.mailbox();
  const proven = (await w.run()).checkedAt;
  const id = mailbox.ids().find((one) => !mailbox.labelIds(one).includes("STARRED"))!;
  mailbox.setLabels(id, [...mailbox.labelIds(id), "STARRED"]);
  mailbox.expireHistory();
  w.google.faults.add({ kind: "invalidLabel", labelId: "STARRED" });
  await w.clock.advance(1_000);
  expect((await w.run()).checkedAt).toBe(proven); // not everything is known as of now
  w.google.faults.clear();
  const manifest = await w.run();
  await expectCurrent(w, manifest);
  expect(manifest).not.toHaveProperty("unprovenLabels");
});

test("a label that Gmail refuses for ever is named, and does not keep the rest from being proven", async () => {
  await using w = await inProcess({ messages: 30 }, { filter: ALL, batchSize: 10 });
  const mailbox = w.google.mailbox();
  const [lost, got, later] = mailbox.ids();
  for (const id of mailbox.ids()) mailbox.setLabels(id, id === got || id === later ? ["INBOX"] : ["INBOX", "STARRED"]);
  await w.run();
  mailbox.setLabels(lost!, ["INBOX"]);
  mailbox.setLabels(got!, ["INBOX", "STARRED"]);
  mailbox.expireHistory("past");
  w.google.faults.add({ kind: "invalidLabel", labelId: "STARRED" });
  await w.clock.advance(1_000);
  w.google.meter.reset();
  const [first, since] = [await w.run(), w.clock.now()];
  expect([first.unprovenLabels, w.google.meter.calls["messages.get"]]).toEqual([["STARRED"], undefined]);
  await w.clock.advance(1_000);
  const second = await w.run();
  expect(second.unprovenLabels).toEqual(["STARRED"]);
  expect(Date.parse(second.checkedAt!)).toBeGreaterThan(since);
  const labels = async (id: string) => (await recordsById(w.directory)).get(id)!.Labels;
  expect([await labels(lost!), await labels(got!)]).toEqual([["INBOX"], ["INBOX"]]); // who had it was read
  expect((await verified(w.directory)).unprovenLabels).toEqual(["STARRED"]);
  mailbox.setLabels(later!, ["STARRED"]); // of this the history tells
  w.google.meter.reset();
  expect((await w.run()).unprovenLabels).toEqual(["STARRED"]);
  expect([await labels(later!), w.google.meter.calls["messages.get"]]).toEqual([["STARRED"], undefined]);
  w.google.faults.clear();
  w.google.meter.reset();
  const manifest = await w.run(); // nothing happened, and yet it is asked for
  await expectCurrent(w, manifest);
  expect([manifest.unprovenLabels, w.google.meter.calls["messages.get"]]).toEqual([undefined, 1]);
  w.google.meter.reset();
  await w.run();
  expect(w.google.meter.units).toBe(2);
});

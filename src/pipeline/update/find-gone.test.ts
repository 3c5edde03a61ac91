import { describe, expect, test } from "vitest";

import { inProcess } from "../../../test/in-process.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import { findListed, readWhereThere } from "./find-gone.ts";
import { NEVER, refOf, sourceOver, type Given } from "./testing.ts";

describe.each([
  ["reads are cheaper", 1_000_000],
  ["a listing is cheaper", 10],
])("what is not found, where %s,", (_, size) => {
  const settings = { messages: 10, messagesPerThread: 1 };

  test("is gone where it is not listed, and could not be read where it is", async () => {
    await using w = await inProcess(settings);
    const [removed, lost, there] = w.google.mailbox().ids();
    w.google.mailbox().remove(removed!);
    w.google.faults.add({ kind: "notFound", messageId: lost! });
    const read = Array.fromAsync(readWhereThere([removed!, lost!, there!], size, () => false, w.source, NEVER));
    const readings = new Map((await w.clock.run(read, 2)).map((reading) => [reading.id, reading]));
    expect([...readings.keys()].toSorted()).toEqual([removed!, lost!, there!].toSorted());
    expect(readings.get(removed!)).toEqual({ id: removed, gone: true });
    expect(readings.get(lost!)).toHaveProperty("failed");
    expect(readings.get(there!)).toHaveProperty("labelIds");
  });

  test("is gone where it is known to go", async () => {
    await using w = await inProcess(settings);
    const [lost] = w.google.mailbox().ids();
    w.google.faults.add({ kind: "notFound", messageId: lost! });
    const read = Array.fromAsync(readWhereThere([lost!], size, () => true, w.source, NEVER));
    expect(await w.clock.run(read, 2)).toEqual([{ id: lost, gone: true }]);
  });

  test("is not gone because a listing left it out", async () => {
    await using w = await inProcess(settings);
    const [unlisted] = w.google.mailbox().ids();
    const list: MailboxSource["list"] = async function* (filter, signal) {
      for await (const page of w.source.list(filter, signal)) yield page.filter(({ id }) => id !== unlisted);
    };
    const read = Array.fromAsync(readWhereThere([unlisted!], size, () => false, { ...w.source, list }, NEVER));
    expect(await w.clock.run(read, 2)).toEqual([{ id: unlisted, labelIds: expect.any(Array) }]);
  });

  test("is not gone because a listing was empty once", async () => {
    await using w = await inProcess(settings);
    const [lost] = w.google.mailbox().ids();
    w.google.faults.add({ kind: "notFound", messageId: lost! }, { kind: "emptyListing", times: 1 });
    const read = Array.fromAsync(readWhereThere([lost!], size, () => false, w.source, NEVER));
    expect(await w.clock.run(read, 2)).toEqual([{ id: lost, failed: expect.any(String) }]);
  });
});

describe("how many messages are asked for one by one", () => {
  const ask = async (ids: readonly string[], size: number, goes: readonly string[], given: Given) => {
    const { source, asked } = sourceOver(given);
    const readings = await Array.fromAsync(readWhereThere(ids, size, (id) => goes.includes(id), source, NEVER));
    return { readings: Object.fromEntries(readings.map(({ id, ...reading }) => [id, reading])), asked };
  };
  const gone = { gone: true };
  const there = { labelIds: ["INBOX"] };

  test("is all of them in a large mailbox, which is listed only for what is not explained", async () => {
    const mail = { there: ["INBOX"] };
    const known = await ask(["there", "gone"], 1_000_000, ["gone"], { mail });
    expect(known).toEqual({ readings: { there, gone }, asked: ["read there", "read gone"] });
    const unknown = await ask(["there", "gone"], 1_000_000, [], { mail });
    expect(unknown).toEqual({ readings: { there, gone }, asked: ["read there", "read gone", "list"] });
  });

  test("is those that a listing names, and those that nobody said to go, in a small one, which is listed once", async () => {
    const mail = { there: ["INBOX"], spam: ["SPAM"] };
    const found = await ask(["there", "gone", "lost", "spam"], 10, ["there", "gone"], { mail, lost: ["spam"] });
    expect(found.readings).toEqual({ there, gone, lost: gone, spam: { failed: expect.any(String) } });
    expect(found.asked).toEqual(["list", "read there", "read lost", "read spam"]);
  });

  test("and a listing of nothing is made twice, and not more often", async () => {
    expect((await ask(["gone"], 10, [], {})).asked).toEqual(["list", "list", "read gone"]);
  });
});

test("a message that a listing names twice is found once", async () => {
  const { source } = sourceOver({ mail: { a: ["INBOX"] } });
  const list: MailboxSource["list"] = async function* (filter, signal) {
    for await (const page of source.list(filter, signal)) yield* [page, page];
  };
  expect(await findListed(["a", "b"], EVERYTHING, { ...source, list }, NEVER)).toEqual([refOf("a")]);
});

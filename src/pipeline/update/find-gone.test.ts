import { describe, expect, test } from "vitest";

import { inProcess } from "../../../test/in-process.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import { readWhereThere } from "./find-gone.ts";

const NEVER = new AbortController().signal;

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

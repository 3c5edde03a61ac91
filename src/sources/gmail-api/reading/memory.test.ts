import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { until } from "../../../../test/wait.ts";
import { TEXT_ALONE } from "../../../core/ports/mailbox-source.ts";
import { NEVER, scriptedGmail, type Asked } from "../testing.ts";
import { createMemory } from "./memory.ts";

const MB = 1 << 20;

describe("memory", () => {
  test("has room until its limit, then lets wait until room is made; the oldest of a line never waits", async () => {
    const memory = createMemory(10);
    using line = memory.openLine();
    const [first, second, third] = [line.openShare(), line.openShare(), line.openShare()];
    expect(first.take(4)).toBeUndefined();
    expect(second.take(6)).toBeUndefined();
    expect(first.take(20)).toBeUndefined();
    const room = third.take(1);
    expect(room).toBeDefined();
    let reserved = false;
    const reserving = second.reserve(5, NEVER)!.then(() => (reserved = true));
    expect(memory.held()).toBe(31);
    first.close(); // now the second is the oldest
    await reserving;
    expect(reserved).toBe(true);
    second.close();
    await room;
    expect(memory.held()).toBe(1);
    third.close();
    expect([memory.held(), memory.peak()]).toEqual([0, 31]);
  });

  test("of a line that ends is given back, and who waits elsewhere goes on", async () => {
    const memory = createMemory(10);
    const left = memory.openLine();
    void left.openShare().take(8);
    void left.openShare().take(8);
    using line = memory.openLine();
    const [oldest, next] = [line.openShare(), line.openShare()];
    expect(oldest.take(1)).toBeUndefined();
    const room = next.take(1);
    left[Symbol.dispose]();
    await room;
    expect(memory.held()).toBe(2);
  });

  test("that is waited for can be given up", async () => {
    const memory = createMemory(1);
    using line = memory.openLine();
    void line.openShare().take(1);
    const stop = new AbortController();
    const reserving = line.openShare().reserve(1, stop.signal);
    stop.abort(new Error("stopped by hand"));
    await expect(reserving).rejects.toThrow("stopped by hand");
    expect(memory.held()).toBe(1);
  });
});

describe("large conversations read at once", () => {
  const SIZE = 6 * MB;
  const COUNT = 10;
  /** A piece of an answer as it comes from a socket, at the most. */
  const PIECE = 64 << 10;
  const text = randomBytes(SIZE / 2).toString("hex");

  const conversation = ({ url }: Asked): [number, unknown] => {
    const id = url.pathname.split("/").at(-1)!;
    const member = (n: number) => ({
      id: `${id}-${n}`,
      threadId: id,
      payload: { mimeType: "text/plain", body: { size: n === 0 ? (SIZE * 3) / 4 : 0, data: n === 0 ? text : "" } },
    });
    return [200, { id, messages: [member(0), member(1), member(2)] }];
  };
  const pending = Array.from({ length: COUNT }, (_, n) => ({
    threadId: `t${n}`,
    ids: [0, 1, 2].map((m) => `t${n}-${m}`),
  }));

  test("do not add up: no more is held than the limit, what the oldest needs, and a piece of each", async () => {
    const limit = 8 * MB;
    const memory = createMemory(limit);
    await using gmail = await scriptedGmail(conversation, { memory, width: COUNT, limits: { connections: COUNT } });
    const ids: string[] = [];
    await gmail.run(async (_, source) => {
      for await (const { ended } of source.read(pending, TEXT_ALONE, NEVER)) {
        ids.push(...ended.map(({ id }) => id));
        // As long as the first has not been written, the others come in until there is no more room.
        if (ids.length === 3) await until(() => memory.held() > limit);
      }
    });
    expect(ids).toEqual(pending.flatMap((one) => one.ids));
    expect(memory.peak()).toBeGreaterThan(limit);
    expect(memory.peak()).toBeLessThan(limit + SIZE + 4_096 + COUNT * PIECE);
    expect(memory.held()).toBe(0);
  });

  test("come in as many connections as there are calls, so that the one all wait for is never kept out", async () => {
    const memory = createMemory(1); // whatever is not the oldest pauses at its first piece
    await using gmail = await scriptedGmail(conversation, { memory, width: 4, limits: { connections: 4 } });
    const steps = await gmail.run((_, source) => Array.fromAsync(source.read(pending.slice(0, 6), TEXT_ALONE, NEVER)));
    expect(steps).toHaveLength(6);
    // Who waits gives back its turn before it has ended: "done" comes more often than calls get through.
    expect(gmail.heard.filter((word) => word === "done").length).toBeGreaterThan(6);
    // … but not before it was told that it got through: the pacer would let others go in its place, and not know what passed.
    expect(gmail.heard.indexOf("accepted")).toBeLessThan(gmail.heard.indexOf("done"));
  });
});

import { describe, expect, test } from "vitest";

import type { AlarmMemory, AlarmRecord } from "../../src/core/ports/alarm-memory.ts";

export type AlarmMemoryStage = AsyncDisposable &
  Readonly<{
    memory: AlarmMemory;
    /** As another process has it: nothing shared but what is stored. */
    another(): AlarmMemory;
  }>;

export const RECORD: AlarmRecord = {
  one: {
    provenAt: 1_800_000_000_000,
    alarms: [
      {
        event: "needs_sign_in",
        account: "ada@example.com",
        exportId: "8e6b",
        since: 1_800_000_000_000,
        message: "It cannot go on.",
        next: "Sign in.",
        told: true,
        round: 1_800_000_060_000,
        attempts: 0,
        nextAt: 1_800_086_460_000,
      },
      {
        event: "unproven",
        account: "ada@example.com",
        exportId: null,
        since: 1_800_000_000_000,
        message: "It has not been proven complete.",
        next: "Look at it.",
        silent: true,
        overSince: 1_800_000_060_000,
        told: false,
        round: 1_800_000_060_000,
        attempts: 3,
        nextAt: 1_800_000_480_000,
      },
    ],
  },
  two: { alarms: [], paused: true },
};

const never = new AbortController().signal;

/** What every memory of alarms does; each runs this suite. */
export function alarmMemoryContract(implementation: string, open: () => Promise<AlarmMemoryStage>): void {
  describe(`AlarmMemory contract (${implementation})`, () => {
    test("nothing is remembered at first; what is kept is all that is remembered, also by another process", async () => {
      await using at = await open();
      expect(await at.memory.read()).toEqual({});
      const seen: AlarmRecord[] = [];
      await at.memory.exclusively(async (record, keep) => {
        seen.push(record);
        await keep({ three: { alarms: [] } });
        await keep(RECORD);
      }, never);
      expect(seen).toEqual([{}]);
      expect(await at.another().read()).toEqual(RECORD);
      await at.another().exclusively(async (record, keep) => {
        seen.push(record);
        await keep({ two: record["two"]! });
      }, never);
      expect(seen).toEqual([{}, RECORD]);
      expect(await at.memory.read()).toEqual({ two: RECORD["two"] });
    });

    test("while one works no other one does, and none waits for it; afterwards another may", async () => {
      await using at = await open();
      const order: string[] = [];
      const first = await at.memory.exclusively(async () => {
        order.push("first");
        const meanwhile = [at.another(), at.memory].map((memory) =>
          memory.exclusively(async () => void order.push("meanwhile"), never),
        );
        expect(await Promise.all(meanwhile)).toEqual([false, false]);
      }, never);
      expect(first).toBe(true);
      expect(await at.another().exclusively(async () => void order.push("afterwards"), never)).toBe(true);
      expect(order).toEqual(["first", "afterwards"]);
    });

    test("work that fails fails for its caller, and gives its turn back", async () => {
      await using at = await open();
      const failing = at.memory.exclusively(() => Promise.reject(new Error("the receiver's matter")), never);
      await expect(failing).rejects.toThrow("the receiver's matter");
      expect(await at.another().exclusively(async () => {}, never)).toBe(true);
    });
  });
}

import { describe, expect, test } from "vitest";

import type { RecentCalls, RecentMinute } from "../../src/core/ports/recent-calls.ts";

export type RecentCallsStage = AsyncDisposable &
  Readonly<{
    recent: RecentCalls;
    /** As another process has it: nothing shared but what is stored. */
    another(): RecentCalls;
  }>;

export const MINUTE: RecentMinute = {
  asOf: 1_800_000_060_000,
  knownSince: 1_800_000_000_000,
  ended: false,
  calls: [
    { at: 1_800_000_001_000, method: "threads.get", count: 3 },
    { at: 1_800_000_002_000, method: "messages.get", count: 1, refused: true },
  ],
};

/** What every store of recent calls does; each runs this suite. */
export function recentCallsContract(implementation: string, open: () => Promise<RecentCallsStage>): void {
  describe(`RecentCalls contract (${implementation})`, () => {
    test("what an account sent through a project is known again, however its address is spelt, and that of others stays", async () => {
      await using at = await open();
      expect(await at.recent.read("one", "ada@example.com")).toBeUndefined();
      const ended = { ...MINUTE, ended: true, calls: [] };
      await Promise.all([
        at.recent.keep("one", "Ada@Example.com", MINUTE),
        at.recent.keep("one", "bob@example.com", MINUTE),
        at.recent.keep("two", "ada@example.com", MINUTE),
        at.recent.keep("two", "ada@example.com", ended),
      ]);
      const other = at.another();
      expect(await other.read("one", "ada@example.com")).toEqual(MINUTE);
      expect(await other.read("one", "bob@example.com")).toEqual(MINUTE);
      expect(await other.read("two", "ada@example.com")).toEqual(ended);
      expect(await other.read("two", "bob@example.com")).toBeUndefined();
    });
  });
}

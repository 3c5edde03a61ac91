import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Lock } from "../../src/core/ports/lock.ts";
import { scratchFolder } from "../scratch.ts";

/** What every lock keeps; `make` gives another holder each time, as another process has it. */
export function lockContract(implementation: string, make: () => Lock): void {
  describe(`Lock contract (${implementation})`, () => {
    const LONG_MS = 2 ** 30;

    test("one holds it at a time; who will not wait is told so, and it is had when it was given back", async () => {
      await using folder = await scratchFolder();
      const path = join(folder.path, ".lock");
      const [first, second] = [make(), make()];
      const held = await first(path, 0);
      expect(held).toBeDefined();
      expect(await second(path, 0)).toBeUndefined();
      expect(await first(path, 0)).toBeUndefined(); // nor does its holder have it twice
      await held![Symbol.asyncDispose]();
      const next = await second(path, 0);
      expect(next).toBeDefined();
      await next![Symbol.asyncDispose]();
    });

    test("who waits has it when it is given back", async () => {
      await using folder = await scratchFolder();
      const path = join(folder.path, ".lock");
      const held = await make()(path, 0);
      const waiting = make()(path, LONG_MS);
      await held![Symbol.asyncDispose]();
      const next = await waiting;
      expect(next).toBeDefined();
      await next![Symbol.asyncDispose]();
    });

    test("who is called off while waiting goes with the reason, and takes nothing along", async () => {
      await using folder = await scratchFolder();
      const path = join(folder.path, ".lock");
      const held = await make()(path, 0);
      const stop = new AbortController();
      const waiting = make()(path, LONG_MS, stop.signal).then(
        () => "held",
        (reason: unknown) => reason,
      );
      const reason = new Error("called off");
      stop.abort(reason);
      expect(await waiting).toBe(reason);
      await held![Symbol.asyncDispose]();
      const next = await make()(path, 0);
      expect(next).toBeDefined();
      await next![Symbol.asyncDispose]();
    });

    test("two places are two locks", async () => {
      await using folder = await scratchFolder();
      const lock = make();
      await using one = await lock(join(folder.path, "one"), 0);
      await using two = await lock(join(folder.path, "two"), 0);
      expect([one, two]).not.toContain(undefined);
    });
  });
}

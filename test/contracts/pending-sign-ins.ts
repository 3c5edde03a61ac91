import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { Clock } from "../../src/core/ports/clock.ts";
import type { PendingSignIns } from "../../src/core/ports/pending-sign-ins.ts";
import { Secret } from "../../src/core/secret.ts";

export type PendingStage = AsyncDisposable &
  Readonly<{
    pending: PendingSignIns;
    /** As another process has it: nothing shared but what is stored. Undefined where nothing is. */
    another?: () => PendingSignIns;
    clock: Clock & { advance(ms: number): void };
  }>;

const begun = { account: "", redirectUri: "http://localhost/", codeVerifier: new Secret("v") };

async function messageOf(call: Promise<unknown>): Promise<string> {
  const failure = failureOf(await call.then(() => undefined).catch((error: unknown) => error));
  return failure?.code === "state_invalid" ? failure.message : (failure?.message ?? "taken");
}

/** What every store of sign-ins on their way does; each runs this suite. */
export function pendingSignInsContract(implementation: string, open: () => Promise<PendingStage>): void {
  describe(`PendingSignIns contract (${implementation})`, () => {
    test("a sign-in is taken once, by the browser that began it", async () => {
      await using at = await open();
      const { pending } = at;
      const { state, browserKey } = await pending.add(begun);
      expect(await messageOf(pending.take(state, "another"))).toMatch(/another browser/);
      expect(await messageOf(pending.take(state, ""))).toMatch(/another browser/);
      const taken = await pending.take(state, browserKey);
      expect([taken.account, taken.redirectUri, taken.codeVerifier.reveal()]).toEqual(["", "http://localhost/", "v"]);
      expect(await messageOf(pending.take(state, browserKey))).toMatch(/used already/);
    });

    test("of two answers at once one is taken", async () => {
      await using at = await open();
      const { state, browserKey } = await at.pending.add(begun);
      const takers = [at.pending, at.another?.() ?? at.pending];
      const ends = await Promise.all(takers.map((pending) => messageOf(pending.take(state, browserKey))));
      expect(ends.filter((end) => end === "taken")).toHaveLength(1);
    });

    test("a state that is missing or unknown is refused", async () => {
      await using at = await open();
      const { pending } = at;
      const { browserKey } = await pending.add(begun);
      expect(await messageOf(pending.take(undefined, browserKey))).toMatch(/carries no state/);
      expect(await messageOf(pending.take("", browserKey))).toMatch(/carries no state/);
      expect(await messageOf(pending.take("guess", browserKey))).toMatch(/not begun here/);
    });

    test("a sign-in is good for ten minutes", async () => {
      await using at = await open();
      const { pending, clock } = at;
      const first = await pending.add(begun);
      clock.advance(10 * 60_000 - 1);
      const second = await pending.add(begun);
      expect(await messageOf(pending.take(first.state, first.browserKey))).toBe("taken");
      clock.advance(10 * 60_000);
      expect(await messageOf(pending.take(second.state, second.browserKey))).toMatch(/ten minutes/);
    });

    test("state and browser key have 256 bits each, and nothing in common", async () => {
      await using at = await open();
      const { state, browserKey } = await at.pending.add(begun);
      expect(Buffer.from(state, "base64url")).toHaveLength(32);
      expect(Buffer.from(browserKey, "base64url")).toHaveLength(32);
      expect(state).not.toBe(browserKey);
    });

    test("beyond a thousand the oldest is forgotten", async () => {
      await using at = await open();
      const { pending } = at;
      const all = [await pending.add(begun), await pending.add(begun)];
      await Promise.all(Array.from({ length: 998 }, () => pending.add(begun)));
      await pending.add(begun);
      expect(await messageOf(pending.take(all[0]!.state, all[0]!.browserKey))).toMatch(/not begun here/);
      expect(await messageOf(pending.take(all[1]!.state, all[1]!.browserKey))).toBe("taken");
    });
  });
}

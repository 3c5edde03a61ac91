import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { AccessToken } from "../../src/core/ports/accounts.ts";
import type { Secret } from "../../src/core/secret.ts";

export type AccessTokenStage = AsyncDisposable &
  Readonly<{
    token: AccessToken;
    /** What an account ends in that nobody allowed to be read: a person must sign in, or somebody else must allow it. */
    refusal: Readonly<{ retry: "sign_in" | "never"; code?: string }>;
    /** As another of those has it who share its tokens: another process of the machine, where they are stored. */
    another(): AccessToken;
    /** From now on whoever is asked gives tokens for the account. */
    allow(): Promise<void>;
    /** The account, or who answers for it, takes that back. */
    withdraw(): Promise<void>;
    /** Time passes until no token given so far is good. */
    endTokens(): void;
    /** Whether Google lets this token in. */
    isGood(token: Secret): Promise<boolean>;
    /** How many tokens were asked for since `allow`. */
    asked(): number;
    /** The next so many answers get lost on the way. */
    loseAnswers(count: number): void;
  }>;

const NEVER = new AbortController().signal;

/** What every way to an access token does; each runs this suite. */
export function accessTokenContract(implementation: string, setUp: () => Promise<AccessTokenStage>): void {
  const failureIn = async (asking: Promise<unknown>) => failureOf(await asking.catch((error: unknown) => error));

  describe(`AccessToken contract (${implementation})`, () => {
    test("an account that nobody allowed to be read has none, and it is said who must allow it", async () => {
      await using w = await setUp();
      expect(await failureIn(w.token(undefined, NEVER))).toMatchObject(w.refusal);
    });

    test("a token is one that Google takes, and stays while it is good", async () => {
      await using w = await setUp();
      await w.allow();
      const first = await w.token(undefined, NEVER);
      expect(await w.isGood(first)).toBe(true);
      const before = w.asked();
      expect((await w.token(undefined, NEVER)).reveal()).toBe(first.reveal());
      expect((await w.another()(undefined, NEVER)).reveal()).toBe(first.reveal());
      expect(w.asked()).toBe(before);
    });

    test("one that has ended is followed by another, which is asked for once, by however many at once", async () => {
      await using w = await setUp();
      await w.allow();
      const first = await w.token(undefined, NEVER);
      w.endTokens();
      const before = w.asked();
      const other = w.another();
      const all = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? w.token : other)(undefined, NEVER));
      const given = new Set((await Promise.all(all)).map((one) => one.reveal()));
      expect(given.size).toBe(1);
      expect(given.has(first.reveal())).toBe(false);
      expect(w.asked()).toBe(before + 1);
    });

    test("one that Gmail refused is followed by another, for all who were refused", async () => {
      await using w = await setUp();
      await w.allow();
      const stale = await w.token(undefined, NEVER);
      const [one, two] = await Promise.all([w.token(stale, NEVER), w.token(stale, NEVER)]);
      expect(one.reveal()).toBe(two.reveal());
      expect(one.reveal()).not.toBe(stale.reveal());
      expect((await w.another()(stale, NEVER)).reveal()).toBe(one.reveal());
    });

    test("an answer that gets lost is asked for again", async () => {
      await using w = await setUp();
      await w.allow();
      w.endTokens();
      w.loseAnswers(2);
      expect(await w.isGood(await w.token(undefined, NEVER))).toBe(true);
    });

    test("once it is withdrawn there is none any more, until it is allowed again", async () => {
      await using w = await setUp();
      await w.allow();
      await w.token(undefined, NEVER);
      await w.withdraw();
      w.endTokens();
      for (const ask of [w.token, w.token, w.another()])
        expect(await failureIn(ask(undefined, NEVER))).toMatchObject(w.refusal);
      await w.allow();
      expect(await w.isGood(await w.token(undefined, NEVER))).toBe(true);
    });

    test("whoever calls off gets the reason", async () => {
      await using w = await setUp();
      await w.allow();
      const reason = new Error("called off");
      await expect(w.token(undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}

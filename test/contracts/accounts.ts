import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { Accounts, CallbackQuery, SignInStart } from "../../src/core/ports/accounts.ts";

export type AccountsStage = AsyncDisposable &
  Readonly<{
    accounts: Accounts;
    /** As another process has them. */
    another(): Accounts;
    /** A person agrees, as this account, to what the sign-in page at `url` asks: what Google then sends the browser back with. */
    consent(start: SignInStart, account: string): CallbackQuery;
    /** Sign-outs that Google was told of. */
    revoked(): number;
    /** From now on Google cannot be told of anything. */
    cutOff(): void;
  }>;

const NEVER = new AbortController().signal;
const ADA = "ada@example.com";
const BOB = "bob@example.com";

/** What every way of signing people in and out does; each runs this suite. */
export function accountsContract(implementation: string, setUp: () => Promise<AccountsStage>): void {
  const signIn = async ({ accounts, consent }: AccountsStage, account: string): Promise<string> => {
    const start = await accounts.begin(account);
    return accounts.finish(consent(start, account), start.browserKey, NEVER);
  };
  const failureIn = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

  describe(`Accounts contract (${implementation})`, () => {
    test("nobody is signed in at first", async () => {
      await using w = await setUp();
      expect(await w.accounts.list()).toEqual([]);
      expect(await w.accounts.status(ADA)).toMatchObject({
        authenticated: false,
        email: ADA,
        user_id: null,
        scopes: [],
      });
      expect(await w.accounts.signOut(ADA, NEVER)).toEqual({ revoked: false });
    });

    test("who agreed is signed in, for every process, and the status holds no secret", async () => {
      await using w = await setUp();
      expect(await signIn(w, ADA)).toBe(ADA);
      expect(await signIn(w, BOB)).toBe(BOB);
      for (const accounts of [w.accounts, w.another()]) {
        expect((await accounts.list()).map(({ email }) => email).toSorted()).toEqual([ADA, BOB]);
        const status = await accounts.status("Ada@Example.com");
        expect(status).toMatchObject({ authenticated: true, user_id: ADA, can_refresh: true });
        expect(new Date(status.granted_at!).toISOString()).toBe(status.granted_at);
        expect(Object.keys(status).filter((key) => /token$|secret/.test(key))).toEqual([]);
      }
    });

    test("an answer is taken once, from the browser that began, and for the account that was asked for", async () => {
      await using w = await setUp();
      const start = await w.accounts.begin(ADA);
      const answer = w.consent(start, ADA);
      expect(await failureIn(w.accounts.finish(answer, "another browser's key", NEVER))).toBeDefined();
      expect(
        await failureIn(w.accounts.finish({ ...answer, state: "guessed" }, start.browserKey, NEVER)),
      ).toBeDefined();
      const other = await w.accounts.begin(ADA);
      expect(await failureIn(w.accounts.finish(w.consent(other, BOB), other.browserKey, NEVER))).toBeDefined();
      expect(await w.accounts.list()).toEqual([]);
      const again = await w.accounts.begin("");
      const anyone = w.consent(again, BOB);
      expect(await w.accounts.finish(anyone, again.browserKey, NEVER)).toBe(BOB);
      expect(await failureIn(w.accounts.finish(anyone, again.browserKey, NEVER))).toBeDefined();
    });

    test("a person who refuses is not signed in", async () => {
      await using w = await setUp();
      const start = await w.accounts.begin(ADA);
      const { state } = w.consent(start, ADA);
      expect(
        await failureIn(w.accounts.finish({ error: "access_denied", state }, start.browserKey, NEVER)),
      ).toMatchObject({
        code: "sign_in_refused",
      });
      expect(await w.accounts.list()).toEqual([]);
    });

    test("who signs out is forgotten here, and at Google where it can be told", async () => {
      await using w = await setUp();
      await signIn(w, ADA);
      await signIn(w, BOB);
      expect(await w.accounts.signOut(ADA, NEVER)).toEqual({ revoked: true });
      expect(w.revoked()).toBe(1);
      w.cutOff();
      expect(await w.accounts.signOut(BOB, NEVER)).toEqual({ revoked: false });
      expect(await w.another().list()).toEqual([]);
    });

    test("a sign-out that is called off forgets nobody", async () => {
      await using w = await setUp();
      await signIn(w, ADA);
      const reason = new Error("called off");
      await expect(w.accounts.signOut(ADA, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await w.accounts.status(ADA)).toMatchObject({ authenticated: true });
    });
  });
}

import { describe, expect, test } from "vitest";

import type { Grant } from "../../src/core/grant.ts";
import type { Grants } from "../../src/core/ports/grants.ts";
import { Secret } from "../../src/core/secret.ts";

export type GrantsStage = AsyncDisposable &
  Readonly<{
    grants: Grants;
    /** As another process has it: nothing shared but what is stored. */
    another(): Grants;
  }>;

const ADA = "ada@example.com";
const never = new AbortController().signal;

const grantOf = (account: string): Grant => ({
  account,
  refreshToken: new Secret(`refresh of ${account}`),
  accessToken: new Secret(`access of ${account}`),
  expiresAt: 2,
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  grantedAt: 1,
});

/** What every store of grants does; each runs this suite. */
export function grantsContract(implementation: string, open: () => Promise<GrantsStage>): void {
  describe(`Grants contract (${implementation})`, () => {
    test("where nobody signed in there is nothing to find, to list or to remove", async () => {
      await using at = await open();
      expect(await at.grants.load(ADA)).toBeUndefined();
      expect([await at.grants.accounts(), await at.grants.stored()]).toEqual([[], []]);
      await at.grants.remove(ADA);
    });

    test("a grant comes back as it was stored, in another process too, until it is removed", async () => {
      await using at = await open();
      const full: Grant = { ...grantOf(ADA), obtainedAt: 1, revoked: "Password changed." };
      const sparse: Grant = { ...grantOf("bob@example.com"), refreshToken: undefined };
      await at.grants.save(full);
      await at.grants.save(sparse);
      for (const grants of [at.grants, at.another()]) {
        expect(await grants.load(ADA)).toEqual(full);
        expect((await grants.load(ADA))?.refreshToken?.reveal()).toBe(`refresh of ${ADA}`);
        expect((await grants.load(ADA))?.accessToken.reveal()).toBe(`access of ${ADA}`);
        expect((await grants.load("bob@example.com"))?.refreshToken).toBeUndefined();
        expect((await grants.accounts()).toSorted()).toEqual([ADA, "bob@example.com"]);
        expect(await grants.stored()).toHaveLength(2);
      }
      await at.another().remove(ADA);
      expect(await at.grants.load(ADA)).toBeUndefined();
      expect(await at.grants.accounts()).toEqual(["bob@example.com"]);
    });

    test("an account has one grant, found under every spelling that Google takes for one", async () => {
      await using at = await open();
      await at.grants.save(grantOf("Ada@example.com"));
      expect((await at.grants.load("ADA@EXAMPLE.COM"))?.account).toBe("Ada@example.com");
      await at.grants.save(grantOf("first.last@googlemail.com"));
      expect((await at.grants.load("FirstLast@gmail.com"))?.account).toBe("first.last@googlemail.com");
      await at.grants.save({ ...grantOf("first.last@gmail.com"), grantedAt: 3 }); // as Google spells it since
      expect((await at.grants.accounts()).toSorted()).toEqual(["Ada@example.com", "first.last@gmail.com"]);
      expect((await at.another().load("firstlast@googlemail.com"))?.grantedAt).toBe(3);
      await at.grants.remove("f.irstlast@gmail.com");
      expect(await at.grants.accounts()).toEqual(["Ada@example.com"]);
    });

    test("who reads while a grant is stored has one or the other as a whole", async () => {
      await using at = await open();
      const of = (n: number): Grant => ({ ...grantOf(ADA), grantedAt: n, accessToken: new Secret(String(n)) });
      await at.grants.save(of(0));
      const reader = at.another();
      const over = new AbortController();
      const reading = (async () => {
        let seen = 0;
        do {
          const found = await reader.load(ADA);
          expect(found?.accessToken.reveal()).toBe(String(found?.grantedAt));
          expect(found!.grantedAt).toBeGreaterThanOrEqual(seen);
          seen = found!.grantedAt;
        } while (!over.signal.aborted);
      })();
      for (let n = 1; n <= 20; n += 1) await at.grants.save(of(n));
      over.abort();
      await reading;
      expect((await reader.load(ADA))?.grantedAt).toBe(20);
    });

    test("one piece of work at a time for an account, in the order asked, and a failure stops nobody", async () => {
      await using at = await open();
      const done: number[] = [];
      const works = ["first.last@gmail.com", "firstlast@googlemail.com", "First.Last@gmail.com"].map((spelling, n) =>
        at.grants.lockAccount(
          spelling,
          async () => {
            done.push(n);
            await new Promise(setImmediate);
            done.push(n);
            if (n === 1) throw new Error("failed");
            return n;
          },
          never,
        ),
      );
      const ends = await Promise.allSettled(works);
      expect(done).toEqual([0, 0, 1, 1, 2, 2]);
      expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    });

    test("processes take turns: nothing that one of them did is lost to another", async () => {
      await using at = await open();
      await at.grants.save({ ...grantOf(ADA), grantedAt: 0 });
      const count = async (grants: Grants): Promise<void> => {
        for (let n = 0; n < 5; n += 1)
          await grants.lockAccount(
            ADA,
            async () => {
              const grant = (await grants.load(ADA))!;
              await grants.save({ ...grant, grantedAt: grant.grantedAt + 1 });
            },
            never,
          );
      };
      await Promise.all([at.grants, at.another(), at.another()].map(count));
      expect((await at.grants.load(ADA))?.grantedAt).toBe(15);
    });

    test("different accounts do not wait for each other", async () => {
      await using at = await open();
      const inner = () => at.grants.lockAccount("bob@example.com", async () => "both", never);
      expect(await at.grants.lockAccount(ADA, inner, never)).toBe("both");
    });

    test("who is called off before its turn waits no longer, and its work is never begun", async () => {
      await using at = await open();
      const gate = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const first = at.grants.lockAccount(
        ADA,
        () => {
          begun.resolve();
          return gate.promise;
        },
        never,
      );
      await begun.promise;
      const reason = new Error("called off");
      const done: string[] = [];
      for (const [who, grants] of Object.entries({ here: at.grants, elsewhere: at.another() })) {
        const stop = new AbortController();
        const waiting = grants.lockAccount(ADA, async () => void done.push(who), stop.signal);
        stop.abort(reason);
        await expect(waiting, who).rejects.toBe(reason);
      }
      const last = at.grants.lockAccount(ADA, async () => void done.push("last"), never);
      gate.resolve();
      await Promise.all([first, last]);
      expect(done).toEqual(["last"]);
    });
  });
}

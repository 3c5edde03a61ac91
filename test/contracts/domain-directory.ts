import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import type { DomainDirectory, DomainUser } from "../../src/core/ports/domain-directory.ts";

/** A domain in which these users are, all others active, in "/" and with a mailbox; and these groups, by address. */
export type DomainMade = Readonly<{
  users: readonly (Pick<DomainUser, "email"> & Partial<DomainUser>)[];
  /** Addresses, of groups too; "*" is everybody. One that looks like a group's and is none here is another organisation's. */
  groups?: Readonly<Record<string, readonly string[]>>;
}>;

export type DomainDirectoryStage = AsyncDisposable &
  Readonly<{
    directory: DomainDirectory;
    /** Who looks may see nothing from now on. */
    forbid(): void;
    /** The next so many calls go wrong in a way that passes. */
    fail(times: number): void;
  }>;

const NEVER = new AbortController().signal;

/** What every directory of a domain does; each implementation runs this suite. */
export function domainDirectoryContract(
  implementation: string,
  setUp: (made: DomainMade) => Promise<DomainDirectoryStage>,
): void {
  const usersIn = async ({ directory }: DomainDirectoryStage): Promise<DomainUser[]> =>
    (await Array.fromAsync(directory.listUsers(NEVER))).flat();

  describe(`DomainDirectory contract (${implementation})`, () => {
    test("tells of each user where and how they are", async () => {
      const users = [
        { email: "ada@example.com", aliases: ["countess@example.com"], unit: "/Engines/Cards" },
        { email: "bob@example.com", suspended: true },
        { email: "eve@example.com", archived: true, hasMailbox: false },
      ];
      await using w = await setUp({ users });
      const usual = { aliases: [], unit: "/", suspended: false, archived: false, hasMailbox: true };
      expect((await usersIn(w)).toSorted((a, b) => (a.email < b.email ? -1 : 1))).toEqual(
        users.map((user) => Object.assign({}, usual, user)),
      );
    });

    test("names every user of a large domain once", async () => {
      const users = Array.from({ length: 1_201 }, (_, n) => ({ email: `user${n}@example.com` }));
      await using w = await setUp({ users });
      const found = (await usersIn(w)).map(({ email }) => email);
      expect(found.toSorted()).toEqual(users.map(({ email }) => email).toSorted());
    });

    test("follows groups inside of groups, in circles too, and everybody's", async () => {
      const outsiders = Array.from({ length: 401 }, (_, n) => `guest${n}@elsewhere.example`);
      const groups = {
        "all@example.com": ["Ada@example.com", "some@example.com"],
        "some@example.com": ["bob@example.com", "all@example.com", ...outsiders],
        "everybody@example.com": ["*"],
      };
      await using w = await setUp({ users: [{ email: "ada@example.com" }, { email: "bob@example.com" }], groups });
      const { addresses, everybody, unreadable } = await w.directory.listMembers("All@example.com", NEVER);
      expect([...addresses].toSorted()).toEqual(["ada@example.com", "bob@example.com", ...outsiders].toSorted());
      expect([everybody, unreadable]).toEqual([false, []]);
      expect((await w.directory.listMembers("everybody@example.com", NEVER)).everybody).toBe(true);
    });

    test("refuses a group that there is not", async () => {
      await using w = await setUp({ users: [{ email: "ada@example.com" }] });
      const error = await w.directory.listMembers("nobody@example.com", NEVER).catch((reason: unknown) => reason);
      expect(failureOf(error)).toMatchObject({ code: "invalid_request", message: expect.stringContaining("nobody@") });
    });

    test("says so when who looks may see nothing", async () => {
      await using w = await setUp({ users: [{ email: "ada@example.com" }] });
      w.forbid();
      expect(failureOf(await usersIn(w).catch((reason: unknown) => reason))).toMatchObject({ code: "forbidden" });
    });

    test("asks again when something goes wrong that passes", async () => {
      await using w = await setUp({ users: [{ email: "ada@example.com" }] });
      w.fail(3);
      expect(await usersIn(w)).toHaveLength(1);
    });

    test("whoever calls off gets the reason", async () => {
      await using w = await setUp({ users: [{ email: "ada@example.com" }] });
      const reason = new Error("called off");
      await expect(Array.fromAsync(w.directory.listUsers(AbortSignal.abort(reason)))).rejects.toBe(reason);
      await expect(w.directory.listMembers("all@example.com", AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}

import { expect, test } from "vitest";

import { failureOf } from "../../core/errors.ts";
import type { DomainDirectory, DomainUser } from "../../core/ports/domain-directory.ts";
import { findAccounts, type AccountFilter } from "./choose-accounts.ts";

const NEVER = new AbortController().signal;

function user(email: string, more: Partial<DomainUser> = {}): DomainUser {
  return { email, aliases: [], unit: "/", suspended: false, archived: false, hasMailbox: true, ...more };
}

const USERS = [
  user("zoe@example.com", { unit: "/Sales" }),
  user("Ada@example.com", { aliases: ["Countess@example.com"], unit: "/Engines" }),
  user("bob@example.com", { unit: "/Engines/Cards", suspended: true }),
  user("bobby.b@sub.example.com", { unit: "/EnginesToo" }),
];

/** Two pages of users, and one group. */
const directory: DomainDirectory = {
  async *listUsers() {
    yield USERS.slice(0, 2);
    yield USERS.slice(2);
  },
  listMembers: async () => ({
    addresses: new Set(["countess@example.com", "zoe@example.com", "guest@elsewhere.example"]),
    everybody: false,
    unreadable: ["theirs@elsewhere.example"],
  }),
};

const found = async (filter: AccountFilter) =>
  (await findAccounts(directory, filter, NEVER)).users.map(({ email }) => email);

test("everybody, by address, where nothing is named", async () => {
  expect(await found({})).toEqual(["Ada@example.com", "bob@example.com", "bobby.b@sub.example.com", "zoe@example.com"]);
});

test("a unit with those below it, and none whose name only begins like it, however it is written", async () => {
  for (const unit of ["/Engines", "engines", "/Engines/", "/ENGINES"])
    expect(await found({ unit }), unit).toEqual(["Ada@example.com", "bob@example.com"]);
  expect(await found({ unit: "/" })).toHaveLength(4);
  const error = await found({ unit: "/Engine" }).catch((reason: unknown) => reason);
  expect(failureOf(error)).toMatchObject({ code: "invalid_request", message: expect.stringContaining("/Engine") });
});

test("a group, by whatever address of theirs its members are in it", async () => {
  const { users, unreadableGroups } = await findAccounts(directory, { group: "some@example.com" }, NEVER);
  expect(users.map(({ email }) => email)).toEqual(["Ada@example.com", "zoe@example.com"]);
  expect(unreadableGroups).toEqual(["theirs@elsewhere.example"]);
});

test.each([
  ["bob", ["bob@example.com"]],
  ["bob*", ["bob@example.com", "bobby.b@sub.example.com"]],
  ["BOB@EXAMPLE.COM", ["bob@example.com"]],
  ["*@example.com", ["Ada@example.com", "bob@example.com", "zoe@example.com"]],
  ["b.b", []],
  ["b*b*b", ["bobby.b@sub.example.com"]],
  ["bob*b", ["bobby.b@sub.example.com"]],
  ["bo*ob", []],
  ["*", ["Ada@example.com", "bob@example.com", "bobby.b@sub.example.com", "zoe@example.com"]],
  ["*y.b", ["bobby.b@sub.example.com"]],
])("a pattern is of the whole address, or of all before its @: %s", async (match, emails) => {
  expect(await found({ match })).toEqual(emails);
});

test("a list of addresses, aliases too, with those that are nobody's", async () => {
  const addresses = ["COUNTESS@example.com", "ada@example.com", "nobody@example.com"];
  expect(await findAccounts(directory, { addresses }, NEVER)).toMatchObject({
    users: [{ email: "Ada@example.com" }],
    unknown: ["nobody@example.com"],
  });
});

test("all that is named must hold", async () => {
  expect(await found({ unit: "/Engines", match: "b*" })).toEqual(["bob@example.com"]);
  expect(await found({ group: "some@example.com", addresses: ["bob@example.com"] })).toEqual([]);
});

import { expect, test } from "vitest";

import type { DomainAccount } from "./api.ts";
import { EVERYBODY, filterAccounts, readListFile, unitsOf } from "./filter.ts";

const account = (email: string, unit = "/", aliases: string[] = []): DomainAccount => ({
  email,
  aliases,
  unit,
  suspended: false,
  archived: false,
  has_mailbox: true,
  messages: null,
  conversations: null,
  units: null,
});

const ALL = [
  account("ada@example.com", "/Engines", ["countess@example.com"]),
  account("bob@example.com", "/Engines/Cards"),
  account("eve@other.example", "/Sales"),
];

const shown = (filter: Partial<typeof EVERYBODY>) =>
  filterAccounts(ALL, { ...EVERYBODY, ...filter }).shown.map(({ email }) => email.split("@")[0]);

test("all that is filled in must hold; nothing is everybody", () => {
  expect(shown({})).toEqual(["ada", "bob", "eve"]);
  expect(shown({ unit: "/Engines" })).toEqual(["ada", "bob"]);
  expect(shown({ unit: "/Engines", match: "b*" })).toEqual(["bob"]);
});

test("what is typed without a star may stand anywhere", () => {
  expect(shown({ match: "d" })).toEqual(["ada"]);
  expect(shown({ match: "@other" })).toEqual(["eve"]);
  expect(shown({ match: "example.com" })).toEqual([]);
  expect(shown({ match: "*@example.com" })).toEqual(["ada", "bob"]);
});

test("a file chooses by any address of a user; each bad line is told by its number, and whom nobody knows by name", async () => {
  const file = await readListFile(
    new File(["\uFEFFcountess@example.com\r\nAda\r\nNobody@example.com\r\n;"], "list.txt"),
  );
  expect(file).toMatchObject({ name: "list.txt", rubbish: [2, 4] });
  const found = filterAccounts(ALL, { ...EVERYBODY, file });
  expect(found.shown.map(({ email }) => email)).toEqual(["ada@example.com"]);
  expect(found.unknown).toEqual(["nobody@example.com"]);
});

test("a file in UTF-16 is refused, not misread", async () => {
  await expect(readListFile(new File([Buffer.from("\uFEFFada@example.com", "utf16le")], "list.txt"))).rejects.toThrow();
});

test("units are those that somebody is in, and those above", () => {
  expect(unitsOf([account("a@b.c", "/Sales/East/Two"), ...ALL])).toEqual([
    "/Engines",
    "/Engines/Cards",
    "/Sales",
    "/Sales/East",
    "/Sales/East/Two",
  ]);
});

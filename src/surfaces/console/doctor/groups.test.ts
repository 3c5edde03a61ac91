import { expect, test } from "vitest";

import { fail, ok, skipped, warn } from "../../../doctor/finding.ts";
import { sorted, type Group } from "./groups.ts";

const ada = { account: "ada@example.com" };
const bob = { account: "bob@example.com" };

const gist = (groups: readonly Group[]) =>
  groups.map(({ about, account, findings }) => [account ?? about, ...findings.map(({ id }) => id)]);

test("findings are told by what they are about, each account by itself, in the order in which they came", () => {
  const { open, fine } = sorted([
    ok("node", "Node 24"),
    ok("host_gmail", "answers"),
    ok("signed_in", "2"),
    { ...ok("grant", "ada"), ...ada },
    { ...ok("grant", "bob"), ...bob },
    { ...ok("gmail", "answers"), ...ada },
    ok("disk_room", "enough"),
  ]);
  expect(open).toEqual([]);
  expect(gist(fine)).toEqual([
    ["machine", "node", "disk_room"],
    ["google", "host_gmail"],
    ["accounts", "signed_in"],
    ["ada@example.com", "grant", "gmail"],
    ["bob@example.com", "grant"],
  ]);
});

test("what is worst comes first, and what could not be looked at is not fine", () => {
  const { open, fine } = sorted([
    skipped("disk_room", "x", "y", "z"),
    warn("tier", "x", "y", "z"),
    { ...ok("grant", "ada"), ...ada },
    { ...fail("gmail", "x", "y", "z"), ...ada },
  ]);
  expect(gist(open)).toEqual([
    ["ada@example.com", "gmail"],
    ["google", "tier"],
    ["machine", "disk_room"],
  ]);
  expect(gist(fine)).toEqual([["ada@example.com", "grant"]]);
});

import { describe, expect, test } from "vitest";

import type { Outcome } from "../../core/export/ledger.ts";
import type { Change } from "../../core/ports/mailbox-source.ts";
import type { LabelMembers } from "./label-members.ts";
import { settle } from "./settle.ts";
import { change, createMembers, directoryWith, NEVER, sourceOver, type Given } from "./testing.ts";
import { createTold } from "./told.ts";

const HERE: Readonly<Record<string, Outcome>> = { a: "exported", b: "exported", c: "exported" };

/** What is known of message a, whether all is settled, and what the mailbox was asked for. */
async function standing({
  told: changes = [],
  members,
  here = HERE,
  deleted = [],
  carriers = {},
  unproven = [],
  prunes = false,
  ...given
}: Given & {
  told?: readonly Change[];
  members?: LabelMembers;
  here?: Readonly<Record<string, Outcome>>;
  deleted?: readonly string[];
  carriers?: Readonly<Record<string, readonly string[]>>;
  unproven?: readonly string[];
  prunes?: boolean;
}) {
  const { source, asked, mailbox } = sourceOver(given);
  const told = createTold();
  for (const one of changes) if (one.change !== "cursor") told.add(one);
  const names = new Map(mailbox.labels.map((label) => [label, label]));
  const cursor = { source: "test", value: "7" };
  const followed = { told, names, members, isConfirmedGone: () => false, cursor, at: 0 };
  const directory = directoryWith(here, { deleted, carriers, unproven });
  const { standings, isSettled, unprovenLabels } = await settle(followed, directory, source, NEVER, prunes);
  expect(standings.cursor).toBe("7");
  const { find, size } = standings;
  return { a: find("a"), find, size, isSettled, asked, unprovenLabels };
}

const SETTLED = { isSettled: true, asked: [] };
const manyHere = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [n === 0 ? "a" : `here${n}`, "exported" as const]));

describe("what the history tells of a message that is here", () => {
  test("is true of it where it is clear; of others nothing is known", async () => {
    const told = [change.added("a", "SPAM"), change.labels("a", "INBOX")];
    const found = await standing({ told });
    expect(found).toMatchObject({ ...SETTLED, a: { labels: ["INBOX"] }, size: 1 });
    expect(found.find("b")).toBeUndefined();
    expect(await standing({ told: [change.added("a", "SPAM")] })).toMatchObject({ ...SETTLED, a: undefined });
  });

  test.each<[string, readonly Change[], readonly string[]]>([
    ["it was deleted", [change.removed("a")], []],
    ["it was deleted and then came", [change.removed("a"), change.added("a", "INBOX")], []],
    ["its labels are not told", [change.labels("a")], []],
    ["it has a label that is no more", [change.labels("a", "INBOX", "Label_9")], []],
    ["it was deleted before, and came", [change.added("a", "INBOX")], ["a"]],
    ["it was deleted before, and has labels", [change.labels("a", "INBOX")], ["a"]],
  ])("is what a read says where %s", async (_, told, deleted) => {
    const given = { told, deleted };
    const there = await standing({ ...given, mail: { a: ["STARRED"] } });
    expect(there).toMatchObject({ a: { labels: ["STARRED"] }, isSettled: true, size: 2 });
    expect(await standing({ ...given, mail: { b: [] } })).toMatchObject({ a: { deleted: true }, isSettled: true });
    const unreadable = await standing({ ...given, mail: { a: ["STARRED"] }, unreadable: ["a"] });
    expect(unreadable).toMatchObject({ a: undefined, isSettled: false });
  });

  test("is that it was deleted where it says so and does not find it, though it is listed; else that is not known", async () => {
    const lost = { mail: { a: ["INBOX"] }, lost: ["a"] };
    for (const told of [[change.removed("a")], [change.removed("a"), change.labels("a", "INBOX")]])
      expect(await standing({ told, ...lost })).toMatchObject({ a: { deleted: true }, isSettled: true });
    expect(await standing({ told: [change.labels("a")], ...lost })).toMatchObject({ a: undefined, isSettled: false });
    const back = { told: [change.labels("a", "INBOX")], deleted: ["a"], ...lost };
    expect(await standing(back)).toMatchObject({ a: undefined, isSettled: false });
  });

  test("is not asked about where nothing of it is here", async () => {
    const told = [change.removed("x"), change.labels("failed")];
    const found = await standing({ told, here: { ...HERE, failed: "failed" } });
    expect(found).toMatchObject({ ...SETTLED, size: 2 });
  });

  test("is read without a listing where the mailbox is large", async () => {
    const told = [change.labels("a")];
    const mail = { a: ["INBOX"] };
    const large = { here: manyHere(9_000) };
    expect((await standing({ told, mail, ...large })).asked).toEqual(["read a"]);
    const members = createMembers({ a: [], b: [], c: [] }, { size: 9_000 });
    expect((await standing({ told, mail, members })).asked).toEqual(["read a"]);
    expect((await standing({ told, mail })).asked).toEqual(["list", "read a"]);
  });
});

describe("where all of the mailbox was listed", () => {
  const mail = { a: ["INBOX"], b: ["SPAM"], c: [] };

  test("labels are those that were listed, or were told since", async () => {
    const members = createMembers(mail);
    expect(await standing({ members })).toMatchObject({ ...SETTLED, a: { labels: ["INBOX"] }, size: 3 });
    const since = await standing({ members, told: [change.labels("a", "TRASH")] });
    expect(since).toMatchObject({ ...SETTLED, a: { labels: ["TRASH"] }, size: 4 });
  });

  test("what changed meanwhile is read, and so is what is there or not, unlike before", async () => {
    const read = { a: { labels: ["STARRED"] }, isSettled: true, size: 4, asked: ["list", "read a"] };
    const now = { ...mail, a: ["STARRED"] };
    expect(await standing({ mail: now, members: createMembers(mail, { unsettled: ["a"] }) })).toMatchObject(read);
    expect(await standing({ mail: now, members: createMembers(mail), deleted: ["a"] })).toMatchObject(read);
    const { a: _, ...others } = mail;
    const unlisted = { members: createMembers(others) };
    expect(await standing({ mail: now, ...unlisted })).toMatchObject({ ...read, size: 3 });
    expect(await standing({ mail: others, ...unlisted })).toMatchObject({ a: { deleted: true }, isSettled: true });
    const lost = { mail: now, lost: ["a"] }; // two of three say so
    expect(await standing({ ...lost, ...unlisted })).toMatchObject({ a: { deleted: true }, isSettled: true });
  });

  test("what the history has told since is not asked for again, nor what was known to be deleted", async () => {
    const { a: _, ...others } = mail;
    const members = createMembers(others);
    const came = await standing({ members, told: [change.labels("a", "INBOX")] });
    expect(came).toMatchObject({ ...SETTLED, a: { labels: ["INBOX"] } });
    expect(await standing({ members, deleted: ["a"] })).toMatchObject({ ...SETTLED, a: undefined });
    const unsettled = createMembers(mail, { unsettled: ["x"] });
    expect((await standing({ members: unsettled })).asked).toEqual([]);
    const removed = await standing({ members: createMembers(mail), deleted: ["a"], told: [change.removed("b")], mail });
    expect(removed.find("b")).toEqual({ labels: ["SPAM"] });
  });

  test("a record that was deleted, and could not be read, has not the labels that were listed", async () => {
    const found = await standing({ mail, members: createMembers(mail), deleted: ["a"], unreadable: ["a"] });
    expect(found).toMatchObject({ a: undefined, isSettled: false });
  });

  test("labels by which it does not list keep records as they are, and are asked about again", async () => {
    const members = createMembers(mail, { refused: ["Label_1"] });
    const given = { mail, members, carriers: { Label_1: ["a"] } };
    const first = await standing(given);
    expect(first).toMatchObject({ a: undefined, isSettled: false, asked: [], unprovenLabels: new Set(["Label_1"]) });
    const second = await standing({ ...given, unproven: ["Label_1"] });
    expect(second).toMatchObject({ a: { labels: ["INBOX"] }, isSettled: true, asked: ["list", "read a"] });
  });
});

describe("before records are taken out", () => {
  test("what an earlier run found deleted is looked for once more, and nothing else is", async () => {
    const deleted = ["a"];
    expect(await standing({ deleted, mail: { a: ["INBOX"] } })).toMatchObject(SETTLED);
    const back = await standing({ deleted, mail: { a: ["INBOX"] }, prunes: true });
    expect(back).toMatchObject({ a: { labels: ["INBOX"] }, asked: ["list", "read a"] });
    const lost = await standing({ deleted, mail: { a: ["INBOX"] }, lost: ["a"], prunes: true });
    expect(lost).toMatchObject({ a: { deleted: true }, isSettled: true });
  });
});

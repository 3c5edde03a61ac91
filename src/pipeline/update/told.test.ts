import { expect, test } from "vitest";

import { change, refOf } from "./testing.ts";
import { createTold } from "./told.ts";

test.each([
  ["came", [change.added("a", "INBOX")], { addedWith: ["INBOX"] }],
  ["came, its labels untold", [change.added("a")], { addedWith: "unclear" }],
  ["was relabelled", [change.labels("a", "INBOX"), change.labels("a", "SPAM")], { labels: ["SPAM"] }],
  ["was relabelled, how is untold", [change.labels("a", "INBOX"), change.labels("a")], { labels: "unclear" }],
  [
    "came, and was relabelled",
    [change.added("a", "INBOX"), change.labels("a", "SPAM")],
    { addedWith: ["INBOX"], labels: ["SPAM"] },
  ],
  [
    "was relabelled, and came",
    [change.labels("a", "SPAM"), change.added("a", "INBOX")],
    { addedWith: ["INBOX"], labels: ["SPAM"] },
  ],
  [
    "was relabelled and deleted, told twice",
    [change.labels("a", "SPAM"), change.removed("a"), change.removed("a")],
    { labels: ["SPAM"], isRemoved: true, wasRemoved: true },
  ],
  [
    "was deleted, and then relabelled twice",
    [change.removed("a"), change.labels("a", "SPAM"), change.labels("a", "INBOX")],
    { labels: ["INBOX"], wasRemoved: true, isContradictory: true },
  ],
  [
    "was deleted, came back, and was deleted",
    [change.removed("a"), change.added("a", "INBOX"), change.removed("a")],
    { addedWith: ["INBOX"], isRemoved: true, wasRemoved: true, isContradictory: true },
  ],
])("all that is told of a message that %s is one answer", (_, changes, expected) => {
  const told = createTold();
  for (const one of changes) if (one.change !== "cursor") told.add(one);
  const nothing = { addedWith: undefined, isRemoved: false, wasRemoved: false, isContradictory: false };
  const answer = { ref: refOf("a"), ...nothing, labels: undefined, ...expected };
  expect([told.find("a"), [...told.all()], told.size]).toEqual([answer, [answer], 1]);
  told.clear();
  expect([told.find("a"), told.size]).toEqual([undefined, 0]);
});

test("the same labels of many messages are kept once", () => {
  const told = createTold();
  for (const id of ["a", "b"]) told.add({ change: "labels", ref: refOf(id), labelIds: ["INBOX", "Label_1"] });
  expect(told.find("a")!.labels).toBe(told.find("b")!.labels);
});

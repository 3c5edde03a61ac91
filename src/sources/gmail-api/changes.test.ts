import { expect, test } from "vitest";

import type { Change } from "../../core/ports/mailbox-source.ts";
import { parseHistory } from "./calls/history.ts";
import { tellChanges } from "./changes.ts";

/** An entry of a history in which a message got these labels. */
const relabelled = (id: string | undefined, message: string, labelIds: readonly string[]) => ({
  id,
  labelsAdded: [{ message: { id: message, threadId: message, labelIds } }],
});

/** What is told of these pages of history.list since "42": labels by message, in order, and the cursor at the end. */
async function told(...pages: readonly object[]) {
  async function* history() {
    yield* pages.map(parseHistory);
  }
  const cursorAt = (value: string) => ({ change: "cursor", cursor: { source: "gmail-api", value } }) as const;
  const all: Change[] = await Array.fromAsync(tellChanges(history(), "42", cursorAt));
  return all.map((change) => {
    if (change.change === "cursor") return change.cursor.value;
    return change.change === "labels" ? [change.ref.id, change.labelIds] : [change.ref.id, change.change];
  });
}

test("labels are told in the order of the history, whose ids are numbers and no texts", async () => {
  const history = [relabelled("99", "a", ["INBOX"]), relabelled("100", "a", ["STARRED"])];
  expect(await told({ history, historyId: "100" })).toEqual([["a", ["INBOX"]], ["a", ["STARRED"]], "100"]);
});

test("labels out of order may not be the latest: they are not told; what was added or deleted is", async () => {
  const first = { history: [relabelled("200", "a", ["INBOX"])], historyId: "300" };
  const second = {
    history: [
      relabelled("100", "a", ["STARRED"]),
      relabelled(undefined, "b", ["STARRED"]),
      relabelled("101", "e", ["STARRED"]),
      { id: "101", messagesAdded: [{ message: { id: "c" } }], messagesDeleted: [{ message: { id: "d" } }] },
      relabelled("201", "a", []),
    ],
    historyId: "300",
  };
  expect(await told(first, second)).toEqual([
    ["a", ["INBOX"]],
    ["a", undefined],
    ["b", undefined],
    ["e", undefined],
    ["c", "added"],
    ["d", "removed"],
    ["a", []],
    "300",
  ]);
});

test("two changes with one number that name other labels of a message tell none; in another order they are the same", async () => {
  const history = [
    relabelled("50", "a", ["INBOX", "STARRED"]),
    relabelled("50", "a", ["STARRED", "INBOX"]),
    relabelled("50", "b", ["INBOX"]),
    relabelled("50", "b", ["STARRED"]),
    relabelled("51", "b", ["STARRED"]),
  ];
  expect(await told({ history, historyId: "51" })).toEqual([
    ["a", ["INBOX", "STARRED"]],
    ["a", ["STARRED", "INBOX"]],
    ["b", ["INBOX"]],
    ["b", undefined],
    ["b", ["STARRED"]],
    "51",
  ]);
});

test("the cursor is that of the last page that has one, and never one before where it began", async () => {
  expect(await told({ historyId: "50" }, { historyId: "51" })).toEqual(["51"]);
  expect(await told({ historyId: "50" }, {})).toEqual(["50"]);
  expect(await told({})).toEqual(["42"]);
  expect(await told({ historyId: "9" })).toEqual(["42"]);
  expect(await told({ historyId: "100" })).toEqual(["100"]);
});

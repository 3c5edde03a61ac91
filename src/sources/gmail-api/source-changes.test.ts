import { describe, expect, test } from "vitest";

import type { Change } from "../../core/ports/mailbox-source.ts";
import { failure, INVALID, NEVER, NOT_FOUND, pageOf, PROFILE, ref, withSource, type Answer } from "./testing.ts";

const added = (id: string) => ({ messagesAdded: [{ message: { id, threadId: id, labelIds: ["INBOX"] } }] });

test("what was added is read to the last page, whose cursor is the one to keep", async () => {
  const pages: Readonly<Record<string, unknown>> = {
    first: { history: [added("a")], nextPageToken: "2", historyId: "50" },
    2: { nextPageToken: "3", historyId: "51" },
    3: { history: [added("b")], historyId: "52" },
  };
  const { result } = await withSource(
    (asked) => [200, pages[pageOf(asked)]],
    (source): Promise<Change[]> => Array.fromAsync(source.changes({ source: "gmail-api", value: "42" }, NEVER)),
  );
  expect(result).toEqual([
    { change: "added", ref: ref("a"), labelIds: ["INBOX"] },
    { change: "added", ref: ref("b"), labelIds: ["INBOX"] },
    { change: "cursor", cursor: { source: "gmail-api", value: "52" } },
  ]);
});

test("changes are read as they are pulled, a page at a time", async () => {
  let pages = 0;
  const { asked } = await withSource(
    () => [200, { history: [added(`a${(pages += 1)}`)], nextPageToken: String(pages), historyId: "50" }],
    async (source) => {
      for await (const change of source.changes({ source: "gmail-api", value: "42" }, NEVER))
        if (change.change === "added" && change.ref.id === "a2") return;
    },
  );
  expect(asked).toEqual(["history", "history"]);
});

test("a history that cannot be read is asked for again, and has no cursor when that does not help; the pages before are told", async () => {
  const told: Change[] = [];
  const broken = { history: [{ id: "51", messagesAdded: [{ message: {} }] }], historyId: "51" };
  const work = withSource(
    (asked) => {
      if (asked.url.pathname.endsWith("profile")) return [200, PROFILE];
      return [200, pageOf(asked) === "first" ? { history: [added("a")], nextPageToken: "2", historyId: "50" } : broken];
    },
    async (source) => {
      for await (const change of source.changes({ source: "gmail-api", value: "42" }, NEVER)) told.push(change);
    },
  );
  expect(await failure(work)).toMatchObject({ code: "malformed_response", retry: "backoff" });
  expect(told).toEqual([{ change: "added", ref: ref("a"), labelIds: ["INBOX"] }]);
});

describe("the labels of messages", () => {
  const labelsOf = (answers: Readonly<Record<string, Answer>>) =>
    withSource(
      ({ url }) => answers[url.pathname.split("/").at(-1)!]!,
      (source) => Array.fromAsync(source.readLabels(Object.keys(answers), NEVER)),
    );

  test("come without the message, in the order asked for, also that there are none", async () => {
    const { result, asked } = await labelsOf({ b: [200, { id: "b", labelIds: ["INBOX"] }], a: [200, { id: "a" }] });
    expect(result).toEqual([
      { id: "b", labelIds: ["INBOX"] },
      { id: "a", labelIds: [] },
    ]);
    expect(asked.toSorted()).toEqual(["messages/a", "messages/b"]);
  });

  test("of one that is not found are asked for again before it is gone, and of one known to be gone but once", async () => {
    const { result, asked } = await withSource(
      () => NOT_FOUND,
      async (source) => [
        ...(await Array.fromAsync(source.readLabels(["m"], NEVER))),
        ...(await Array.fromAsync(source.readLabels(["m"], NEVER))),
      ],
    );
    expect(result).toEqual([
      { id: "m", gone: true },
      { id: "m", gone: true },
    ]);
    expect(asked).toHaveLength(5);
  });

  test("that another message answers with, or that cannot be read, are not told; the others are", async () => {
    const { result } = await labelsOf({
      a: [200, { id: "z", labelIds: ["INBOX"] }],
      b: INVALID,
      c: [200, { id: "c", labelIds: ["STARRED"] }],
    });
    expect(result).toEqual([
      { id: "a", failed: expect.stringContaining("another message") },
      { id: "b", failed: expect.any(String) },
      { id: "c", labelIds: ["STARRED"] },
    ]);
  });
});

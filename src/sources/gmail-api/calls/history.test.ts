import { describe, expect, test } from "vitest";

import { failureOf } from "../../../core/errors.ts";
import { parseHistory } from "./history.ts";

const message = (id: string, labelIds?: unknown) => ({ message: { id, ...(labelIds !== undefined && { labelIds }) } });

const changesIn = (entry: object) => parseHistory({ history: [entry] }).entries[0]!.changes;

/** What a label change tells of labels that are named so, one having come. */
const labelsOf = (labelIds: unknown, added: unknown = ["INBOX"]) =>
  changesIn({ id: "7", labelsAdded: [{ ...message("5", labelIds), labelIds: added }] })[0];

describe("a history", () => {
  test("is what was added, relabelled and deleted, without what is only named, and up to where it goes", () => {
    const page = {
      history: [
        {
          id: "70",
          messages: [{ id: "9" }],
          messagesAdded: [{ message: { id: "5", threadId: "4", labelIds: ["INBOX"] } }],
        },
        { id: "71", messages: [{ id: "8" }], messagesDeleted: [message("8", ["TRASH"])] },
        { id: "72", labelsAdded: [{ ...message("6", ["INBOX", "STARRED"]), labelIds: ["STARRED"] }] },
        { id: "73", labelsRemoved: [{ ...message("6", ["STARRED"]), labelIds: ["INBOX"] }] },
        { id: "74", messagesAdded: [message("7")] },
      ],
      nextPageToken: "t",
      historyId: "74",
    };
    expect(parseHistory(page)).toEqual({
      entries: [
        { id: 70n, changes: [{ change: "added", ref: { id: "5", threadId: "4" }, labelIds: ["INBOX"] }] },
        { id: 71n, changes: [{ change: "removed", ref: { id: "8", threadId: "8" } }] },
        { id: 72n, changes: [{ change: "labels", ref: { id: "6", threadId: "6" }, labelIds: ["INBOX", "STARRED"] }] },
        { id: 73n, changes: [{ change: "labels", ref: { id: "6", threadId: "6" }, labelIds: ["STARRED"] }] },
        { id: 74n, changes: [{ change: "added", ref: { id: "7", threadId: "7" }, labelIds: undefined }] },
      ],
      nextPageToken: "t",
      historyId: 74n,
    });
  });

  test("may be absent on a page that has a next one", () => {
    expect(parseHistory({ nextPageToken: "t", historyId: "72" })).toEqual({
      entries: [],
      nextPageToken: "t",
      historyId: 72n,
    });
  });

  test("has ids that are numbers of 64 bits, or none", () => {
    expect(parseHistory({ historyId: "18446744073709551615" }).historyId).toBe(18446744073709551615n);
    for (const historyId of ["", "-1", "1e3", "0x1", 7, null, undefined, "1".repeat(21)])
      expect(parseHistory({ historyId, history: [{ id: historyId }] })).toMatchObject({
        historyId: undefined,
        entries: [{ id: undefined }],
      });
  });

  test("tells labels that are listed, also that there are none", () => {
    expect(labelsOf(["INBOX"])).toMatchObject({ labelIds: ["INBOX"] });
    expect(changesIn({ labelsRemoved: [{ ...message("5", []), labelIds: ["INBOX"] }] })).toMatchObject([
      { labelIds: [] },
    ]);
  });

  test("does not tell labels that are absent, unreadable, or not those that the change has made", () => {
    for (const labelIds of [undefined, null, "INBOX", { 0: "INBOX" }, ["INBOX", 7], ["STARRED"]])
      expect(labelsOf(labelIds)).toMatchObject({ change: "labels", labelIds: undefined });
    expect(changesIn({ labelsRemoved: [{ ...message("5", ["INBOX"]), labelIds: ["INBOX"] }] })).toMatchObject([
      { labelIds: undefined },
    ]);
  });

  test("that would leave mail out silently is malformed", () => {
    const lists = ["messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved"];
    const entries = lists.flatMap((list) => [{}, [1], [{}], [{ message: {} }]].map((value) => ({ [list]: value })));
    const others = [undefined, null, 7, "x", true, [], [{ id: "1" }], { history: {} }, { history: [1] }];
    const unreadable = [...others, { nextPageToken: 7 }, ...entries.map((entry) => ({ history: [entry] }))];
    for (const json of unreadable) {
      let thrown: unknown;
      try {
        parseHistory(json);
      } catch (error) {
        thrown = error;
      }
      expect(failureOf(thrown)).toMatchObject({ code: "malformed_response", retry: "backoff" });
    }
  });
});

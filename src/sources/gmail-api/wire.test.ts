import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../core/errors.ts";
import {
  parseAttachment,
  parseHistory,
  parseLabels,
  parseMessage,
  parseMessageList,
  parseProfile,
  parseThread,
} from "./wire.ts";

const NOT_OBJECTS = [undefined, null, 7, "x", true, [], [{ id: "1" }]];

function malformed(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    expect(failureOf(error)).toMatchObject({ code: "malformed_response", retry: "backoff" });
    return;
  }
  expect.unreachable("it was accepted");
}

const EMPTY_PART = {
  partId: "",
  mimeType: "",
  filename: "",
  headers: [],
  body: { attachmentId: "", size: 0, data: "" },
  parts: [],
};

describe("a message", () => {
  test("is read as Gmail's reference describes it", () => {
    const json = {
      id: "18c2",
      threadId: "18c1",
      labelIds: ["INBOX", "Label_1"],
      snippet: "Hi &amp; bye",
      historyId: "77",
      internalDate: "1701767472000",
      sizeEstimate: 4321,
      payload: {
        partId: "",
        mimeType: "multipart/mixed",
        filename: "",
        headers: [{ name: "Subject", value: "Hi" }],
        body: { size: 0 },
        parts: [
          { partId: "0", mimeType: "text/plain", filename: "", headers: [], body: { size: 2, data: "SGk=" } },
          { partId: "1", mimeType: "image/png", filename: "a.png", body: { attachmentId: "A", size: 9 } },
        ],
      },
    };
    expect(parseMessage(json)).toEqual({
      id: "18c2",
      threadId: "18c1",
      labelIds: ["INBOX", "Label_1"],
      snippet: "Hi &amp; bye",
      internalDate: "1701767472000",
      sizeEstimate: 4321,
      payload: {
        ...EMPTY_PART,
        mimeType: "multipart/mixed",
        headers: [{ name: "Subject", value: "Hi" }],
        parts: [
          {
            ...EMPTY_PART,
            partId: "0",
            mimeType: "text/plain",
            body: { attachmentId: "", size: 2, data: "SGk=" },
          },
          {
            ...EMPTY_PART,
            partId: "1",
            mimeType: "image/png",
            filename: "a.png",
            body: { attachmentId: "A", size: 9, data: "" },
          },
        ],
      },
    });
  });

  test("needs nothing but an id", () => {
    expect(parseMessage({ id: "18c2" })).toEqual({
      id: "18c2",
      threadId: "18c2",
      labelIds: [],
      snippet: "",
      internalDate: "",
      sizeEstimate: 0,
      payload: EMPTY_PART,
    });
  });

  test("without an id is malformed, and may be asked for again", () => {
    for (const json of [...NOT_OBJECTS, {}, { id: "" }, { id: 18 }]) malformed(() => parseMessage(json));
  });

  test("of an id that would fill the memory is malformed", () => {
    malformed(() => parseMessage({ id: "1".repeat(1_001) }));
    malformed(() => parseMessageList({ messages: [{ id: "1", threadId: "1".repeat(1_001) }] }));
  });

  test("has no half surrogate pair in it, which could be in no address that Gmail is asked for", () => {
    const payload = { body: { attachmentId: "a\ud83d" } };
    const message = parseMessage({ id: "\ud83d", threadId: "b\udfff", payload });
    expect([message.id, message.threadId, message.payload.body.attachmentId]).toEqual(["\uFFFD", "b\uFFFD", "a\uFFFD"]);
  });

  test("keeps what it can of fields of the wrong type", () => {
    const json = {
      id: "1",
      threadId: 5,
      labelIds: ["A", 1, null, "B"],
      snippet: {},
      internalDate: 1701767472000,
      sizeEstimate: "12",
      payload: {
        mimeType: 1,
        headers: [null, { name: "To" }, { value: "x" }, { name: "", value: "x" }, "To: x"],
        body: [],
        parts: [null, "part", [], { partId: "2", body: { size: -1, data: 5 }, parts: {} }],
      },
    };
    expect(parseMessage(json)).toEqual({
      id: "1",
      threadId: "1",
      labelIds: ["A", "B"],
      snippet: "",
      internalDate: "",
      sizeEstimate: 0,
      payload: { ...EMPTY_PART, headers: [{ name: "To", value: "" }], parts: [{ ...EMPTY_PART, partId: "2" }] },
    });
  });

  test("has its MIME types lower-case and without stray parameters", () => {
    for (const [sent, read] of [
      ["Text/HTML; charset=utf-8", "text/html"],
      [" text/plain ;", "text/plain"],
      [";", ""],
    ])
      expect(parseMessage({ id: "1", payload: { mimeType: sent } }).payload.mimeType).toBe(read);
  });

  test("counts nothing by a number that is none", () => {
    const json: unknown = JSON.parse('{"id":"1","sizeEstimate":1e999,"payload":{"body":{"size":-0}}}');
    const message = parseMessage(json);
    expect(message.sizeEstimate).toBe(0);
    expect(Object.is(message.payload.body.size, 0)).toBe(true);
  });

  test("cannot reach a prototype", () => {
    const json: unknown = JSON.parse(
      '{"id":"1","__proto__":{"polluted":1},"payload":{"__proto__":{"filename":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    );
    const message = parseMessage(json);
    expect(message.payload.filename).toBe("");
    expect("polluted" in message.payload || "polluted" in {}).toBe(false);
  });

  test("may nest 100,000 deep", () => {
    let payload: object = { partId: "bottom" };
    for (let level = 0; level < 100_000; level += 1) payload = { parts: [payload] };
    let part = parseMessage({ id: "1", payload }).payload;
    while (part.parts[0]) part = part.parts[0];
    expect(part.partId).toBe("bottom");
  });

  test("may be 100,000 parts wide, in order, in time that grows with their number", { timeout: 5_000 }, () => {
    const parts = Array.from({ length: 100_000 }, (_, index) => ({ partId: String(index) }));
    const { payload } = parseMessage({ id: "1", payload: { parts } });
    expect(payload.parts.map(({ partId }) => partId)).toEqual(parts.map(({ partId }) => partId));
  });

  test("is read or refused, whatever it is, and reading it again changes nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (fields, payload) => {
        const message = parseMessage({ ...fields, id: "1", payload });
        expect(parseMessage(message)).toEqual(message);
      }),
    );
  });
});

describe("a conversation", () => {
  test("is its messages in Gmail's order", () => {
    expect(parseThread({ id: "1", messages: [{ id: "1" }, { id: "2", threadId: "1" }] })).toMatchObject([
      { id: "1", threadId: "1" },
      { id: "2", threadId: "1" },
    ]);
  });

  test("that does not show its messages is malformed: they are not gone", () => {
    for (const json of [...NOT_OBJECTS, { id: "1" }, { messages: {} }, { messages: [{}] }])
      malformed(() => parseThread(json));
  });
});

describe("a listing", () => {
  test("is a page of refs and where the next one begins", () => {
    const page = { messages: [{ id: "2", threadId: "1" }, { id: "1" }], nextPageToken: "t", resultSizeEstimate: 201 };
    expect(parseMessageList(page)).toEqual({
      refs: [
        { id: "2", threadId: "1" },
        { id: "1", threadId: "1" },
      ],
      nextPageToken: "t",
    });
  });

  test("without messages is empty, and without a token the last page", () => {
    expect(parseMessageList({ resultSizeEstimate: 0 })).toEqual({ refs: [], nextPageToken: undefined });
    expect(parseMessageList({ nextPageToken: "" })).toEqual({ refs: [], nextPageToken: undefined });
  });

  test("that would leave mail out silently is malformed", () => {
    for (const json of [
      ...NOT_OBJECTS,
      { messages: {} },
      { messages: [{}] },
      { messages: [null] },
      { nextPageToken: 5 },
    ])
      malformed(() => parseMessageList(json));
  });
});

describe("a history", () => {
  test("is what was added, without what was only named, and the cursor after it", () => {
    const added = { message: { id: "5", threadId: "4", labelIds: ["INBOX"] } };
    const page = {
      history: [
        { id: "70", messages: [{ id: "9" }], messagesAdded: [added] },
        { id: "71", messagesDeleted: [{ message: { id: "8" } }] },
        { id: "72", messagesAdded: [{ message: { id: "6" } }] },
      ],
      nextPageToken: "t",
      historyId: "72",
    };
    expect(parseHistory(page)).toEqual({
      refs: [
        { id: "5", threadId: "4", labelIds: ["INBOX"] },
        { id: "6", threadId: "6", labelIds: [] },
      ],
      nextPageToken: "t",
      historyId: "72",
    });
  });

  test("may be absent on a page that has a next one", () => {
    expect(parseHistory({ nextPageToken: "t", historyId: "72" })).toEqual({
      refs: [],
      nextPageToken: "t",
      historyId: "72",
    });
  });

  test("that would leave mail out silently is malformed", () => {
    const unreadable = [{ history: {} }, { history: [1] }, { history: [{ messagesAdded: [{ message: {} }] }] }];
    for (const json of [...NOT_OBJECTS, ...unreadable]) malformed(() => parseHistory(json));
  });
});

describe("a profile", () => {
  test("names the account and its cursor", () => {
    const profile = { emailAddress: "ada@example.com", messagesTotal: 12, threadsTotal: 7, historyId: "99" };
    expect(parseProfile(profile)).toEqual(profile);
    expect(parseProfile({ emailAddress: "ada@example.com" })).toEqual({
      emailAddress: "ada@example.com",
      messagesTotal: 0,
      threadsTotal: 0,
      historyId: "",
    });
  });

  test("without an address is malformed", () => {
    for (const json of [...NOT_OBJECTS, {}, { emailAddress: 5 }, { emailAddress: "a\u001b[2J@b.c" }])
      malformed(() => parseProfile(json));
  });
});

test("labels are names by id, __proto__ included, and half a label is none", () => {
  const json: unknown = JSON.parse(
    '{"labels":[{"id":"INBOX","name":"INBOX"},{"id":"__proto__","name":"Travel/Lisbon"},{"id":"L2"},{"name":"x"},null]}',
  );
  expect([...parseLabels(json)]).toEqual([
    ["INBOX", "INBOX"],
    ["__proto__", "Travel/Lisbon"],
  ]);
  expect(parseLabels({})).toEqual(new Map());
  malformed(() => parseLabels(null));
});

test("an attachment is its data; only one of no bytes may lack it", () => {
  expect(parseAttachment({ data: "SGk", size: 2, attachmentId: "A" })).toEqual({ data: "SGk", size: 2 });
  expect(parseAttachment({ size: 0 })).toEqual({ data: "", size: 0 });
  for (const json of [...NOT_OBJECTS, {}, { size: 3 }, { data: 5, size: 3 }]) malformed(() => parseAttachment(json));
});

test("what was mail's is in no error message", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 20 }), (secret) => {
      try {
        parseMessageList({ messages: [{ snippet: secret }], nextPageToken: secret });
      } catch (error) {
        expect(String(error)).not.toContain(secret);
      }
    }),
  );
});

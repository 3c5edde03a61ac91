import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { elsewhere, part, textIn } from "../../../../test/messages.ts";
import { testProcessorTime } from "../../../../test/processor-time.ts";
import { failureOf } from "../../../core/errors.ts";
import { NO_CONTENT, type Content } from "../../../core/mail/mail.ts";
import {
  parseAttachment,
  parseLabelIds,
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

const EMPTY_PART = part();

function contentOf(body: object): Content {
  return parseMessage({ id: "1", payload: { body } }).root.content;
}

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
      snippet: "Hi & bye",
      internalDate: 1701767472000,
      sizeEstimate: 4321,
      root: {
        ...EMPTY_PART,
        mimeType: "multipart/mixed",
        headers: [{ name: "Subject", value: "Hi" }],
        parts: [
          {
            ...EMPTY_PART,
            partId: "0",
            mimeType: "text/plain",
            content: { kept: "here", size: 2, read: expect.any(Function), handle: "" },
          },
          {
            ...EMPTY_PART,
            partId: "1",
            mimeType: "image/png",
            filename: "a.png",
            content: elsewhere("A", 9),
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
      internalDate: undefined,
      sizeEstimate: 0,
      root: EMPTY_PART,
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
    expect([message.id, message.threadId]).toEqual(["\uFFFD", "b\uFFFD"]);
    expect(message.root.content).toEqual(elsewhere("a\uFFFD"));
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
      internalDate: undefined,
      sizeEstimate: 0,
      root: { ...EMPTY_PART, headers: [{ name: "To", value: "" }], parts: [{ ...EMPTY_PART, partId: "2" }] },
    });
  });

  test("has its MIME types lower-case and without stray parameters", () => {
    for (const [sent, read] of [
      ["Text/HTML; charset=utf-8", "text/html"],
      [" text/plain ;", "text/plain"],
      [";", ""],
    ])
      expect(parseMessage({ id: "1", payload: { mimeType: sent } }).root.mimeType).toBe(read);
  });

  test("counts nothing by a number that is none", () => {
    const json: unknown = JSON.parse('{"id":"1","sizeEstimate":1e999,"payload":{"body":{"size":-0}}}');
    const message = parseMessage(json);
    expect(message.sizeEstimate).toBe(0);
    expect(Object.is(message.root.content.size, 0)).toBe(true);
  });

  test("cannot reach a prototype", () => {
    const json: unknown = JSON.parse(
      '{"id":"1","__proto__":{"polluted":1},"payload":{"__proto__":{"filename":"x","polluted":1},"constructor":{"prototype":{"polluted":1}}}}',
    );
    const message = parseMessage(json);
    expect(message.root.filename).toBe("");
    expect("polluted" in message.root || "polluted" in {}).toBe(false);
  });

  test("may nest 100,000 deep", () => {
    let payload: object = { partId: "bottom" };
    for (let level = 0; level < 100_000; level += 1) payload = { parts: [payload] };
    let at = parseMessage({ id: "1", payload }).root;
    while (at.parts[0]) at = at.parts[0];
    expect(at.partId).toBe("bottom");
  });

  testProcessorTime("may be 100,000 parts wide, in order, in time that grows with their number", 5_000, () => {
    const parts = Array.from({ length: 100_000 }, (_, index) => ({ partId: String(index) }));
    const { root } = parseMessage({ id: "1", payload: { parts } });
    expect(root.parts.map(({ partId }) => partId)).toEqual(parts.map(({ partId }) => partId));
  });

  test("is read or refused, whatever it is", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (fields, payload) => {
        expect(parseMessage({ ...fields, id: "1", payload }).id).toBe("1");
      }),
    );
  });
});

describe("what a part holds", () => {
  test("is read from base64url or base64, padded or not", () => {
    for (const data of ["Pz8_Pg==", "Pz8_Pg", "Pz8/Pg=="])
      expect(textIn(part({ content: contentOf({ data }) }))).toBe("???>");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.constantFrom("base64", "base64url"), (bytes, spelling) => {
        const content = contentOf({ data: Buffer.from(bytes).toString(spelling) });
        expect(content.kept === "here" && new Uint8Array(content.read())).toEqual(bytes);
        expect(content.size).toBe(bytes.length);
      }),
    );
  });

  test("is measured by itself, whatever Gmail says", () => {
    for (const size of [undefined, 0, 2, 5, 9_000]) expect(contentOf({ data: "MTIzNDU", size }).size).toBe(5);
    expect(contentOf({ data: "MT\r\nIz N=DU", size: 5 }).size).toBe(3); // what follows the padding is not read
    expect(contentOf({ data: "MT\r\nIz NDU=", size: 9 }).size).toBe(5);
  });

  test("is elsewhere where Gmail gives an id instead, and nowhere where it gives neither", () => {
    expect(contentOf({ attachmentId: "A", size: 9 })).toEqual(elsewhere("A", 9));
    expect(contentOf({ attachmentId: "A", data: "SGk" })).toMatchObject({ kept: "here", handle: "A" });
    expect(contentOf({ size: 9 })).toEqual({ kept: "nowhere", size: 9 });
    for (const body of [{}, { size: 0 }, { data: "" }, []]) expect(contentOf(body)).toEqual(NO_CONTENT);
  });
});

describe("a snippet", () => {
  test("has its entities decoded once", () => {
    const snippet = "Tom &amp; Jerry&#39;s &lt;b&gt; &amp;amp; &quot;x&quot; AT&T &copy=1 &#xD83D;";
    expect(parseMessage({ id: "1", snippet }).snippet).toBe('Tom & Jerry\'s <b> &amp; "x" AT&T &copy=1 \uFFFD');
  });
});

describe("the internal date", () => {
  test("is Gmail's decimal text, where it is a moment", () => {
    const dateOf = (internalDate: unknown): unknown => parseMessage({ id: "1", internalDate }).internalDate;
    expect(["1701767472123", "0", "-1000"].map(dateOf)).toEqual([1701767472123, 0, -1000]);
    for (const none of ["", " ", "soon", "1e3", "0x10", "1.5", 1701767472123, "9".repeat(400)])
      expect(dateOf(none)).toBeUndefined();
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

describe("the labels of a message", () => {
  test("are all there are: where none are named, it has none", () => {
    expect(parseLabelIds({ id: "5", labelIds: ["INBOX", "Label_1"] })).toEqual({
      id: "5",
      labelIds: ["INBOX", "Label_1"],
    });
    expect(parseLabelIds({ id: "5" })).toEqual({ id: "5", labelIds: [] });
  });

  test("that cannot be read are not none", () => {
    for (const json of [...NOT_OBJECTS, {}, { id: "5", labelIds: "INBOX" }, { id: "5", labelIds: ["INBOX", 7] }])
      malformed(() => parseLabelIds(json));
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
  const content = parseAttachment({ data: "SGk", size: 2, attachmentId: "A" });
  expect(textIn(part({ content }))).toBe("Hi");
  expect(parseAttachment({ size: 0 })).toMatchObject({ kept: "here", size: 0 });
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

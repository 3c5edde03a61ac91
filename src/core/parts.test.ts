import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elsewhere, here, message, multipart, part, text, textIn } from "../../test/messages.ts";
import type { Part } from "./mail.ts";
import { contentsOf, dispositionOf, headerValues, textBodiesToFetch, withContents } from "./parts.ts";
import { testProcessorTime } from "../../test/processor-time.ts";

const image = part({ partId: "1", mimeType: "image/png", filename: "a.png", content: elsewhere("A1", 9) });

describe("what the leaves of a message are", () => {
  test("plain and html leaves are the body text, in document order", () => {
    const [first, html, last] = [text("text/plain", "1"), text("text/html", "2"), text("text/plain", "3")];
    const contents = contentsOf(message(multipart("mixed", multipart("alternative", first, html), last)));
    expect(contents).toEqual({ plain: [first, last], html: [html], attachments: [] });
  });

  test("a message without parts is its own leaf", () => {
    const only = text("text/html", "hello");
    expect(contentsOf(message(only)).html).toEqual([only]);
  });

  test("a part that names no type is plain text", () => {
    const only = part({ content: here("hello") });
    expect(contentsOf(message(only)).plain).toEqual([only]);
  });

  test("text with a name, or sent as an attachment, is an attachment", () => {
    const named = part({ mimeType: "text/plain", filename: "notes.txt", content: here("x") });
    const sent = part({
      mimeType: "text/html",
      headers: { "content-disposition": "ATTACHMENT; size=1" },
      content: here("x"),
    });
    expect(contentsOf(message(multipart("mixed", named, sent)))).toEqual({
      plain: [],
      html: [],
      attachments: [named, sent],
    });
  });

  test("text shown inline is body text", () => {
    const inline = part({ mimeType: "text/plain", headers: { "Content-Disposition": "inline" } });
    expect(contentsOf(message(multipart("mixed", inline))).plain).toEqual([inline]);
  });

  test("a forwarded message is one attachment, whatever Gmail shows of its inside", () => {
    const forwarded = part({
      mimeType: "message/rfc822",
      parts: [multipart("mixed", text("text/plain", "in"), image)],
    });
    const own = text("text/plain", "out");
    expect(contentsOf(message(multipart("mixed", own, forwarded)))).toEqual({
      plain: [own],
      html: [],
      attachments: [forwarded],
    });
  });

  test("a bounce's report is not descended into either", () => {
    const report = part({ mimeType: "message/delivery-status", parts: [text("text/plain", "Final-Recipient: x")] });
    expect(contentsOf(message(multipart("report", report)))).toEqual({ plain: [], html: [], attachments: [report] });
  });

  test("leaves without a name are attachments when they hold something", () => {
    const invitation = part({ mimeType: "text/calendar", content: here("BEGIN:VCALENDAR") });
    const signature = part({ mimeType: "application/pkcs7-signature", content: elsewhere("A2") });
    const sized = part({ mimeType: "application/octet-stream", content: { kept: "nowhere", size: 3 } });
    const known = part({ mimeType: "image/gif", headers: { "Content-Id": "<dot>" } });
    const { attachments } = contentsOf(message(multipart("mixed", invitation, signature, sized, known)));
    expect(attachments).toEqual([invitation, signature, sized, known]);
  });

  test("a leaf that holds nothing is nothing, but a file of no bytes is a file", () => {
    const nothing = part({ mimeType: "application/octet-stream" });
    const empty = part({ mimeType: "application/octet-stream", filename: "empty.bin" });
    expect(contentsOf(message(multipart("mixed", nothing, empty, multipart("mixed")))).attachments).toEqual([empty]);
  });
});

describe("text that is kept elsewhere", () => {
  const large = part({ mimeType: "text/html", content: elsewhere("A3", 300_000) });

  test("is to be fetched, and nothing else is", () => {
    const forwarded = part({ mimeType: "message/rfc822", parts: [large] });
    const named = part({ mimeType: "text/plain", filename: "log.txt", content: elsewhere("A4", 5) });
    const both = part({ mimeType: "text/plain", content: { ...here("here"), handle: "A5" } });
    const payload = multipart("mixed", text("text/plain", "here"), large, image, forwarded, named, both, part());
    expect(textBodiesToFetch(message(payload))).toEqual([large]);
  });

  test("is filled in by part, even where part ids repeat, and the message before stays as it was", () => {
    const twin = { ...large };
    const before = message(multipart("mixed", multipart("alternative", large), twin, image));
    const copy = structuredClone(before);
    const after = withContents(
      before,
      new Map([
        [large, here("one")],
        [twin, here("two")],
      ]),
    );
    expect(contentsOf(after).html.map(textIn)).toEqual(["one", "two"]);
    expect(contentsOf(after).attachments).toEqual([image]);
    expect(textBodiesToFetch(after)).toEqual([]);
    expect(before).toEqual(copy);
  });

  test("filling in nothing changes nothing", () => {
    const before = message(multipart("mixed", multipart("alternative", large), image), { labelIds: ["INBOX"] });
    expect(withContents(before, new Map())).toEqual(before);
  });
});

test("headers are found in any casing and keep their order", () => {
  const received = part({
    headers: [
      { name: "Received", value: "1" },
      { name: "To", value: "a" },
      { name: "RECEIVED", value: "2" },
    ],
  });
  expect(headerValues(received, "received")).toEqual(["1", "2"]);
  expect(headerValues(received, "__proto__")).toEqual([]);
});

test("a disposition is read without its parameters", () => {
  expect(dispositionOf(part({ headers: { "Content-Disposition": " Inline ; filename=a" } }))).toBe("inline");
  expect(dispositionOf(part())).toBe("");
});

describe("a hostile message", () => {
  test("may nest 100,000 deep", () => {
    let payload = text("text/plain", "bottom");
    for (let level = 0; level < 100_000; level += 1) payload = multipart("mixed", payload);
    const nested = message(payload);
    expect(contentsOf(nested).plain).toHaveLength(1);
    expect(contentsOf(withContents(nested, new Map())).plain).toHaveLength(1);
  });

  testProcessorTime("may be 100,000 parts wide, in time that grows with their number", 5_000, () => {
    const parts = Array.from({ length: 100_000 }, () => text("text/plain", "x"));
    const wide = message(part({ mimeType: "multipart/mixed", parts }));
    expect(contentsOf(withContents(wide, new Map())).plain).toHaveLength(100_000);
  });
});

test("every leaf that holds something is in the contents exactly once", () => {
  const { tree } = fc.letrec<{ tree: Part; leaf: Part }>((tie) => ({
    leaf: fc
      .record({
        mimeType: fc.constantFrom("text/plain", "text/html", "image/png", "text/calendar"),
        filename: fc.constantFrom("", "a"),
      })
      .map((fields) => part({ ...fields, content: here("x") })),
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.array(tie("tree"), { maxLength: 4 }).map((parts) => multipart("mixed", ...parts)),
    ),
  }));
  const leavesOf = (node: Part): Part[] =>
    node.mimeType === "multipart/mixed" ? node.parts.flatMap(leavesOf) : [node];
  fc.assert(
    fc.property(tree, (payload) => {
      const { plain, html, attachments } = contentsOf(message(payload));
      const found = [...plain, ...html, ...attachments];
      expect(new Set(found).size).toBe(found.length);
      expect(new Set(found)).toEqual(new Set(leavesOf(payload)));
    }),
  );
});

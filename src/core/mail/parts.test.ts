import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { elsewhere, here, message, multipart, part, text, textIn } from "../../../test/messages.ts";
import { testProcessorTime } from "../../../test/processor-time.ts";
import type { Part } from "./mail.ts";
import { contentsOf, dispositionOf, headerValues, sizeOf, textBodiesToFetch, withContents } from "./parts.ts";

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

  test("each way of saying the same is body text, and so is what belongs together around, whatever their names", () => {
    const plain = text("text/plain", "1");
    const named = { ...text("text/html", "2"), filename: "body.html" };
    expect(contentsOf(message(multipart("alternative", plain, named)))).toMatchObject({
      plain: [plain],
      html: [named],
    });
    const style = { ...text("text/plain", "3"), filename: "style.txt" };
    const related = multipart("related", named, style, image);
    expect(contentsOf(message(multipart("alternative", plain, related)))).toEqual({
      plain: [plain],
      html: [named],
      attachments: [style, image],
    });
    const start = part({ ...named, headers: [{ name: "Content-Id", value: "<root>" }] });
    const pointing = { ...multipart("related", style, start), headers: [{ name: "Content-Type", value: TYPE }] };
    expect(contentsOf(message(pointing))).toEqual({ plain: [], html: [start], attachments: [style] });
  });

  test("text that was put beside as an attachment is one, wherever it stands", () => {
    const sent = part({
      mimeType: "text/plain",
      filename: "log.txt",
      headers: { "Content-Disposition": "attachment" },
      content: here("x"),
    });
    expect(contentsOf(message(multipart("alternative", text("text/plain", "1"), sent))).attachments).toEqual([sent]);
  });

  test("text with a name that is to be shown is the body where there is no other", () => {
    const note = part({
      mimeType: "text/plain",
      filename: "note.txt",
      headers: { "Content-Disposition": "inline; filename=note.txt" },
      content: here("x"),
    });
    const photo = part({ mimeType: "image/png", filename: "a.png", headers: { "Content-Disposition": "inline" } });
    expect(contentsOf(message(multipart("mixed", note, photo)))).toEqual({
      plain: [note],
      html: [],
      attachments: [photo],
    });
    expect(contentsOf(message(note)).plain).toEqual([note]);
    const own = text("text/html", "own");
    expect(contentsOf(message(multipart("mixed", own, note)))).toEqual({ plain: [], html: [own], attachments: [note] });
  });

  test("a message of one part without a file name is its body, whatever its disposition says", () => {
    for (const disposition of ["attachment", "inline", "form-data"]) {
      const only = part({
        mimeType: "text/html",
        headers: { "Content-Disposition": disposition },
        content: here("x"),
      });
      expect(contentsOf(message(only)).html).toEqual([only]);
    }
    const file = part({ mimeType: "text/plain", filename: "a.txt", content: here("x") });
    expect(contentsOf(message(file)).attachments).toEqual([file]);
  });

  test.each(["", "text", "text/", "text/enriched", "text/markdown", "text/x-unknown", "plain", "multipart/mixed"])(
    "content of type %j is plain text",
    (mimeType) => {
      const only = part({ mimeType, content: here("x") });
      expect(contentsOf(message(only)).plain).toEqual([only]);
      expect(contentsOf(message(multipart("mixed", only, image))).plain).toEqual([only]);
    },
  );

  test.each([
    ...["calendar", "x-amp-html", "csv", "vcard", "rtf", "css", "javascript", "xml"].map((type) => `text/${type}`),
    "application",
    "application/octet-stream",
    "image",
    "image/png",
  ])("content of type %j is an attachment, whatever else would make it text", (mimeType) => {
    const only = part({ mimeType, content: here("x"), headers: { "Content-Disposition": "inline" } });
    expect(contentsOf(message(only)).attachments).toEqual([only]);
    expect(contentsOf(message(multipart("alternative", only))).attachments).toEqual([only]);
    expect(contentsOf(message(multipart("related", { ...only, filename: "a" }))).attachments).toHaveLength(1);
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

const TYPE = 'multipart/related; boundary=x; start="<root>"';

describe("what a part holds", () => {
  test("is counted in its leaves, however deep they are", () => {
    const inner = multipart("mixed", text("text/plain", "12345"), image, part({ content: elsewhere("B", 100) }));
    const forwarded = part({ mimeType: "message/rfc822", content: elsewhere("A", 7), parts: [inner] });
    expect(sizeOf(forwarded)).toBe(114);
    expect(sizeOf(part({ mimeType: "message/rfc822", content: elsewhere("A", 7) }))).toBe(7);
    expect(sizeOf(multipart("mixed", multipart("mixed", forwarded, forwarded), image))).toBe(237);
    let deep = text("text/plain", "1");
    for (let level = 0; level < 100_000; level += 1) deep = multipart("mixed", deep);
    expect(sizeOf(deep)).toBe(1);
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

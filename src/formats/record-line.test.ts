import fc from "fast-check";
import { expect, test } from "vitest";

import { record } from "../../test/written-export.ts";
import { htmlIn, linePieces, withoutBody } from "./record-line.ts";

/** What would end a body early, if it were looked for carelessly. */
const trap = fc.constantFrom('"},"Attachments":', '","html":"', ',"Body":{"plain":"', "\\", '\\"', "\\\\", '"', "}");
const text = fc
  .array(fc.oneof(trap, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 6 })
  .map((some) => some.join(""));

const BODY_KEY = ',"Body":{"plain":"';

test("a body is found in a line, and left out of it, whatever stands in it and around it", () => {
  fc.assert(
    fc.property(text, text, text, text, (Subject, plain, html, Snippet) => {
      const head = { "Message-ID": "1", Labels: [Subject], Subject };
      const tail = { Attachments: [{ filename: Snippet }], Snippet };
      const line = Buffer.from(JSON.stringify({ ...head, Body: { plain, html }, ...tail }));
      expect(JSON.parse(withoutBody(line)!)).toEqual({ ...head, ...tail });
      expect(JSON.parse(htmlIn(line)!.toString())).toBe(html);
    }),
  );
});

test("a line that is laid out in another way is not guessed at", () => {
  const others = [{}, { Body: { html: "", plain: "" }, Attachments: [] }, { Attachments: [], Body: { plain: "" } }];
  for (const other of others) {
    const line = Buffer.from(JSON.stringify(other));
    expect([withoutBody(line), htmlIn(line)]).toEqual([undefined, undefined]);
  }
});

test("a line in pieces is the line, wherever its text is taken apart, and no piece is large", () => {
  const faultless = {
    ...record("1"),
    Subject: BODY_KEY,
    Snippet: BODY_KEY,
  };
  const large = fc
    .tuple(
      text,
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom("x", "\u{1f4e7}", "\ud83d", "\udce7", '"', "\0", "é", "\u{1f4e7}x"),
    )
    .map(([begin, quarters, letter]) => begin + letter.repeat((quarters << 18) / letter.length));
  fc.assert(
    fc.property(large, large, (plain, html) => {
      const pieces = [...linePieces({ ...faultless, Body: { plain, html } })];
      expect(pieces.join("") === JSON.stringify({ ...faultless, Body: { plain, html } })).toBe(true);
      if (plain.length + html.length > 1 << 18)
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(6 * (1 << 18) + 6);
    }),
  );
});

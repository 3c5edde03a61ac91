import fc from "fast-check";
import { expect, test } from "vitest";

import { htmlIn, withoutBody } from "./record-line.ts";

/** What would end a body early, if it were looked for carelessly. */
const trap = fc.constantFrom('"},"Attachments":', '","html":"', ',"Body":{"plain":"', "\\", '\\"', "\\\\", '"', "}");
const text = fc
  .array(fc.oneof(trap, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 6 })
  .map((some) => some.join(""));

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

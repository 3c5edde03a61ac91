import fc from "fast-check";
import { expect, test } from "vitest";

import { legible, legibleJson } from "./legible.ts";

test("what reorders or hides text is shown as a replacement character, and all other text as it is", () => {
  expect(legible("invoice\u202Efdp.exe\0")).toBe("invoice\u{fffd}fdp.exe\u{fffd}");
  expect(legible("שלום, Ünïcode 🗂️\tand\nlines")).toBe("שלום, Ünïcode 🗂️\tand\nlines");
});

test("JSON that is shown is the JSON that was exported, and reorders nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
      const value = [...texts, "a\u202Eb\u2066\x7f"];
      const shown = legibleJson(value);
      expect(JSON.parse(shown)).toEqual(value);
      expect(shown).toBe(legible(shown));
    }),
  );
});

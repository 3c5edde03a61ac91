import { expect, test } from "vitest";

import { FORMATS } from "../../core/export/format.ts";
import { wordsOf } from "./format-words.ts";
import { language } from "./language.ts";

test("every format there is has its words in both languages; one that is unknown goes by its own name", () => {
  const told = (["en", "fr"] as const).map((one) => {
    language.value = one;
    return FORMATS.map((format) => wordsOf(format));
  });
  for (const [n, format] of FORMATS.entries()) {
    const [english, french] = [told[0]![n]!, told[1]![n]!];
    for (const { name, about } of [english, french]) expect([format, name, about]).not.toContain("");
    expect(english.name, format).not.toBe(french.name);
  }
  expect(wordsOf("new")).toEqual({ name: "new", about: "" });
});

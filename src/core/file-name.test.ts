import { expect, test } from "vitest";

import { faultOfFileName } from "./file-name.ts";

test.each([
  "data",
  "ada@example.com",
  "Übung 2026",
  ".hidden",
  "a\\b",
  "ü".repeat(127),
  "日本語",
  "con",
  "a:b",
  "dot.",
])("%j is a name", (name) => {
  expect(faultOfFileName(name, false)).toBeUndefined();
});

test.each([
  ["line\nfeed", "cannot be seen"],
  ["nul\0", "cannot be seen"],
  ["\u001b[31mred", "cannot be seen"],
  ["gpj.\u202etxe", "cannot be seen"],
  ["\ud800", "not Unicode"],
  ["ü".repeat(128), "longer than 255 bytes"],
])("%j is none", (name, why) => {
  expect(faultOfFileName(name, false)).toContain(why);
});

test.each(["con", "CON.txt", "nul .json", "Com1", "lpt\u00b9", "a:b", "dot.", "space ", "what?", "a|b"])(
  "%j is none on Windows",
  (name) => {
    expect(faultOfFileName(name, true)).toContain("Windows");
  },
);

test("names that only begin like a device are fine on Windows", () => {
  for (const name of ["console", "auxiliary", "com10", "nullable.txt"])
    expect(faultOfFileName(name, true)).toBeUndefined();
});

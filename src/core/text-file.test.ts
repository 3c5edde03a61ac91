import { expect, test } from "vitest";

import { decodeTextFile } from "./text-file.ts";

const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

test.each(["", "a", "API_KEY=x\n", "é\u0000", "\n"])("%j is read with a byte order mark and without", (text) => {
  expect(decodeTextFile(Buffer.from(text))).toBe(text);
  expect(decodeTextFile(Buffer.from(`\uFEFF${text}`))).toBe(text);
});

test.each([
  ["little endian, marked", Buffer.from("\uFEFFAPI_KEY=x", "utf16le")],
  ["big endian, marked", utf16be("\uFEFFAPI_KEY=x")],
  ["little endian", Buffer.from("{}", "utf16le")],
  ["big endian", utf16be("{}")],
])("UTF-16 is refused by its name: %s", (_, bytes) => {
  expect(() => decodeTextFile(bytes)).toThrow(expect.objectContaining({ code: "UTF-16" }));
});

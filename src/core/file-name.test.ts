import fc from "fast-check";
import { expect, test } from "vitest";

import { faultOfFileName, safeFileName } from "./file-name.ts";

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

test.each([
  ["report.pdf", "report.pdf"],
  ["  Übersicht  2026.tar.gz ", "Übersicht 2026.tar.gz"],
  ["../../etc/passwd", "__._etc_passwd"],
  ["C:\\Windows\\win.ini", "C__Windows_win.ini"],
  [".bashrc", "_bashrc"],
  ["con.txt", "_con.txt"],
  ["NUL", "_NUL"],
  ["a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"],
  ["gpj.\u202etxe", "gpj.txe"],
  ["trailing. . .", "trailing"],
  ['"quoted"; filename="b.exe"', "_quoted_; filename=_b.exe_"],
  ["\ud800", "fallback.bin"],
  ["", "fallback.bin"],
  ["...", "fallback.bin"],
  [" \0\u200e ", "fallback.bin"],
  ["日本語.png", "日本語.png"],
])("%j is saved as %j", (name, safe) => {
  expect(safeFileName(name, "fallback.bin")).toBe(safe);
});

test("whatever a stranger calls it, the name is one that every file system takes, and what it ends in stays", () => {
  const names = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom("..", "/", "\\", ".", " ", "\0", "\u202e", "con", "a", "é", "😀", "\ud83d", ":"),
    }),
    fc.string({ minLength: 60, unit: fc.constantFrom("界", "e\u0301", "x", ".") }),
  );
  fc.assert(
    fc.property(names, (name) => {
      const safe = safeFileName(name, "fallback.bin");
      expect(faultOfFileName(safe, true)).toBeUndefined();
      expect(safe).not.toMatch(/[/\\]|^\.|^\s|^$/);
      expect(safeFileName(safe, "other")).toBe(safe);
    }),
  );
  expect(safeFileName(`${"界".repeat(300)}.tar.xz`, "")).toMatch(/^界{65}\.xz$/);
});

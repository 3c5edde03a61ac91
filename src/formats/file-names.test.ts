import * as fc from "fast-check";
import { expect, test } from "vitest";

import { faultOfFileName } from "../core/file-name.ts";
import { attachmentFileName, numberedName, safeFileName } from "./file-names.ts";

const MAIL = { "Internal-Date": "2023-12-05T09:11:12.000Z", From: "Ada Lovelace <ada@example.com>" };

const nameOf = (filename: string, record = MAIL, mimeType = "application/pdf"): string =>
  attachmentFileName(record, { filename, mimeType });

test("an attachment is called by its day, its sender and its own name", () => {
  expect(nameOf("report.pdf")).toBe("2023-12-05 Ada Lovelace - report.pdf");
  expect(nameOf("report.pdf", { "Internal-Date": "", From: "ada@example.com" })).toBe(
    "undated ada@example.com - report.pdf",
  );
  expect(nameOf("", { ...MAIL, From: "" }, "message/rfc822")).toBe("2023-12-05 unknown - message.eml");
});

test("of a path its last name is kept, whatever system it is of; what deceives the eye is taken out", () => {
  expect(nameOf("../../etc/passwd")).toBe("2023-12-05 Ada Lovelace - passwd");
  expect(nameOf(String.raw`C:\Users\ada\report.pdf`)).toBe("2023-12-05 Ada Lovelace - report.pdf");
  expect(nameOf("invoice\u202efdp.exe")).toBe("2023-12-05 Ada Lovelace - invoicefdp.exe");
  expect(nameOf("/")).toBe("2023-12-05 Ada Lovelace - attachment.pdf");
  expect(nameOf("דוח.pdf")).toBe("2023-12-05 Ada Lovelace - דוח.pdf");
  expect(nameOf("x", { ...MAIL, From: '"../../etc" <a@b.example>' })).toBe("2023-12-05 _.._etc - x");
});

test("a name that is too long is cut before its end, and never within a letter", () => {
  const name = nameOf(`${"x\u0323\u0301".repeat(60)}.pdf`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240);
  expect(name).toMatch(/x\u0323\u0301\.pdf$/u);
});

test("a device, a lone dot and nothing are no names", () => {
  expect(safeFileName("CON.txt")).toBe("_CON.txt");
  expect([safeFileName(""), safeFileName(" .. "), safeFileName("\u200f")]).toEqual(["", "", ""]);
});

const anyName = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary", maxLength: 400 }),
  fc
    .array(fc.constantFrom("/", "\\", "..", "CON", "aux", ".", " ", "é", "\u202e", "\ud800", "x".repeat(90), ".pdf"))
    .map((all) => all.join("")),
);

test("whatever a mail says, its attachment's name is one that every system takes", () => {
  fc.assert(
    fc.property(anyName, anyName, anyName, fc.integer({ min: 2, max: 99_999 }), (filename, from, date, number) => {
      const name = nameOf(filename, { "Internal-Date": date, From: from }, "application/octet-stream");
      for (const one of [name, numberedName(name, number), safeFileName(filename) || "x"]) {
        expect(faultOfFileName(one, true)).toBeUndefined();
        expect(one).not.toMatch(/[/\\]|^\.|^$/);
      }
      expect(numberedName(name, number)).not.toBe(name);
    }),
    { numRuns: 2_000 },
  );
});

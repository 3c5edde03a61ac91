import * as fc from "fast-check";
import { expect, test } from "vitest";

import { csvRow } from "./csv.ts";

/** A reader by the grammar of RFC 4180 §2, apart from the writer. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; ; at += 1)
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else break;
      at += 1;
    } else for (; text[at] !== "," && text[at] !== "\r"; at += 1) cell += text[at];
    row.push(cell);
    if (text[at] === ",") at += 1;
    else {
      expect(text.slice(at, at + 2)).toBe("\r\n");
      rows.push(row);
      row = [];
      at += 2;
    }
  }
  return rows;
}

const anyCell = fc.oneof(
  fc.string(),
  fc
    .array(fc.constantFrom('"', ",", "\r", "\n", "=", "+", "-", "@", "\t", " ", "'", "x", "\uff1d"))
    .map((all) => all.join("")),
);

test("any cells come back, and none of them is a formula", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyCell, { minLength: 1 })), (rows) => {
      const found = readCsv(rows.map(csvRow).join(""));
      expect(found.map((row) => row.length)).toEqual(rows.map((row) => row.length));
      for (const [r, row] of rows.entries())
        for (const [c, cell] of row.entries()) {
          const read = found[r]![c]!;
          expect([cell, `'${cell}`]).toContain(read);
          expect(read).not.toMatch(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/);
          if (/^[\p{L}\p{N}"',;]/u.test(cell)) expect(read).toBe(cell);
        }
    }),
    { numRuns: 2_000 },
  );
});

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { testProcessorTime } from "../../test/processor-time.ts";
import { namesAnother, senderIn } from "./addresses.ts";

const EVE = "eve@evil.example";

test.each([
  ["Ada <Ada@Example.com>", "Ada", "Ada@Example.com"],
  [String.raw`"Lovelace, Ada \"A\"" <ada@example.com>`, 'Lovelace, Ada "A"', "ada@example.com"],
  ["<ada@example.com>, Grace <grace@example.com>", "", "ada@example.com"],
  [", ada@example.com , grace@example.com", "", "ada@example.com"],
  ["Ada (at <home@x.example>) <ada@example.com> (no, <not@x.example>)", "Ada", "ada@example.com"],
  ["ada@example.com (Ada (the) first)", "", "ada@example.com"],
  ['<"a>b, c"@example.com>', "", '"a>b, c"@example.com'],
  ["undisclosed", "", "undisclosed"],
  ["Ada > <", "", "Ada > <"],
  ["", "", ""],
])("the sender of %j is %j, %j", (from, name, address) => {
  expect(senderIn(from)).toEqual({ name, address });
});

test.each([
  `"Your Bank <service@bank.example>" <${EVE}>`,
  `Your Bank <service@bank.example> <${EVE}>`,
  String.raw`"Your \"Bank\" <service@bank.example>" <${EVE}>`,
  `service@bank.example <${EVE}>`,
  `"service@bank.example" <${EVE}>`,
  `Your Bank (<service@bank.example>) <${EVE}>`,
  `<${EVE}> (Your Bank <service@bank.example>)`,
  `"Your Bank" "<service@bank.example>" <${EVE}>`,
  `"service@bank.example," <${EVE}>`,
])("%s is Eve", (from) => {
  expect(senderIn(from).address).toBe(EVE);
});

test("a name that is another address is told, whatever its at sign looks like", () => {
  for (const name of [
    "service@bank.example",
    "Bank <service@bank.example>",
    "service＠bank.example",
    "a SERVICE@Bank.Example.",
  ])
    expect(namesAnother({ name, address: EVE })).toBe(true);
  for (const name of ["", "Eve", "eve@evil.example", "EVE@evil.example.", "me @ home", "100% @work"])
    expect(namesAnother({ name, address: EVE })).toBe(false);
});

test("a name of any length does not hide the address behind it", () => {
  expect(senderIn(`"${"Your Bank <service@bank.example> ".repeat(2_000)}" <${EVE}>`).address).toBe(EVE);
});

test("no name in quotes can become the address", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (name) => {
      const quoted = `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
      expect(senderIn(`${quoted} <${EVE}>`)).toEqual({ name: name.trim(), address: EVE });
    }),
  );
});

testProcessorTime("a header of a megabyte of half names is read in no time", 10_000, () => {
  for (const piece of ['"', "(", "<", "\\", ",", "<(", '<"', "(\\", '\\"', "a@b.c "]) {
    const header = piece.repeat(1_000_000 / piece.length);
    expect(typeof senderIn(header).address).toBe("string");
    expect(typeof namesAnother({ name: header, address: EVE })).toBe("boolean");
  }
});

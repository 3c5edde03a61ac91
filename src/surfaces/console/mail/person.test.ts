import { expect, test } from "vitest";

import { personOf } from "./person.ts";

test.each([
  ["Ada Lovelace <ada@example.com>", "Ada Lovelace", "ada@example.com"],
  [String.raw`"Hopper, \"Grace\"" <grace@example.com>`, 'Hopper, "Grace"', "grace@example.com"],
  ["<ada@example.com>", "", "ada@example.com"],
  ["ada@example.com, grace@example.com", "", "ada@example.com"],
  ["Ada <ada@example.com>, Grace <grace@example.com>", "Ada", "ada@example.com"],
  ["undisclosed", "", "undisclosed"],
  ["", "", ""],
  ["Bank\u202Emoc. <x@evil.example>", "Bank\u{fffd}moc.", "x@evil.example"],
])("%j is sent by %j, %j", (header, name, address) => {
  expect(personOf(header)).toEqual({ name, address, isMisleading: false });
});

test("a name that looks like another address is misleading", () => {
  expect(personOf('"Your Bank <service@bank.example>" <eve@evil.example>')).toEqual({
    name: "Your Bank <service@bank.example>",
    address: "eve@evil.example",
    isMisleading: true,
  });
});

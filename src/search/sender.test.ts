import { expect, test } from "vitest";

import { senderOf } from "./sender.ts";

test.for([
  ["Ada <Ada@Example.com>", "ada@example.com", "Ada"],
  ['"Lovelace, Ada \\"A\\"" <ada@example.com>', "ada@example.com", 'Lovelace, Ada "A"'],
  ["<ada@example.com>, Grace <grace@example.com>", "ada@example.com", ""],
  [" ada@example.com ", "ada@example.com", ""],
  ["Ada > <", "ada > <", ""],
  ['"Your Bank <service@bank.example>" <Eve@Evil.example>', "eve@evil.example", "Your Bank <service@bank.example>"],
  ["", "", ""],
])("the sender of %j", ([from, address, name]) => {
  expect(senderOf(from!)).toEqual({ address, name });
});

test("a name is cut between two characters, never within one", () => {
  const { name, address } = senderOf(`"${"x".repeat(319)}\u{1f600}" <ADA@example.com>`);
  expect([address, name.length, name.isWellFormed()]).toEqual(["ada@example.com", 320, true]);
});

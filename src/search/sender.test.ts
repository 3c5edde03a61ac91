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

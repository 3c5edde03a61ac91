import { expect, test } from "vitest";

import { canonicalAccount, accountFileName, findAccountFileName, sameAccount } from "./account.ts";

test.each([
  ["First.Last@gmail.com", "firstlast@googlemail.com", true],
  ["first.last@GOOGLEMAIL.com", "f.i.r.s.t.last@gmail.com", true],
  ["ADA@Example.com", "ada@example.com", true],
  ["first.last@example.com", "firstlast@example.com", false],
  ["first.last@gmail.com.example.com", "firstlast@gmail.com.example.com", false],
  ["first-last@gmail.com", "firstlast@gmail.com", false],
  ["ada@gmail.com", "ada@example.com", false],
])("%s and %s: one account, %s", (a, b, same) => {
  expect(sameAccount(a, b)).toBe(same);
  expect(sameAccount(b, a)).toBe(same);
});

test("what is no address stays what it is, in lower case", () => {
  for (const text of ["", "A.b", "@", "a.b@", "gmail.com"]) expect(canonicalAccount(text)).toBe(text.toLowerCase());
});

test("a name that is there as it is spelled comes before another spelling of it", () => {
  const names = ["a.da@gmail.com", "ada@gmail.com"];
  expect(findAccountFileName(names, "ada@gmail.com")).toBe("ada@gmail.com");
  expect(findAccountFileName(names, "ad.a@googlemail.com")).toBe("a.da@gmail.com");
  expect(findAccountFileName([], "Ad.a@googlemail.com")).toBe("ad.a@googlemail.com");
});

test("a name that no file could have is cut, and stays another than any that begins alike", () => {
  const long = `${"ada".repeat(100)}@example.com`;
  const names = [long, `${long}.uk`, `${"ada".repeat(100)}@example.org`].map(accountFileName);
  for (const name of names) expect(name).toMatch(/^[a-z0-9@._+%~-]{100,120}$/);
  expect(new Set(names).size).toBe(3);
  expect(accountFileName(long.toUpperCase())).toBe(names[0]);
});

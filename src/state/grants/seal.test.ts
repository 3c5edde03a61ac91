import { createSecretKey, randomBytes } from "node:crypto";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { open, seal } from "./seal.ts";

const key = createSecretKey(randomBytes(32));

test("any text opens again with the same key in the same context", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (text, context) => {
      expect(open(key, context, seal(key, context, text))).toBe(text);
    }),
  ));

test("another context opens nothing", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (sealedFor, openedIn) => {
      fc.pre(sealedFor !== openedIn);
      expect(open(key, openedIn, seal(key, sealedFor, "text"))).toBeUndefined();
    }),
  ));

test("one changed bit anywhere, or a cut, opens nothing", () =>
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(7), (text, at, bit) => {
      const sealed = seal(key, "ada", text);
      const bytes = Buffer.from(sealed.slice(3), "base64url");
      const cut = bytes.subarray(0, at % bytes.length);
      expect(open(key, "ada", `v1.${cut.toString("base64url")}`)).toBeUndefined();
      bytes[at % bytes.length]! ^= 1 << bit;
      expect(open(key, "ada", `v1.${bytes.toString("base64url")}`)).toBeUndefined();
    }),
  ));

test("another key, another version, and plain text open nothing", () => {
  const sealed = seal(key, "ada", "text");
  expect(open(createSecretKey(randomBytes(32)), "ada", sealed)).toBeUndefined();
  expect(open(key, "ada", sealed.replace("v1.", "v2."))).toBeUndefined();
  expect(open(key, "ada", '{"refresh_token":"x"}')).toBeUndefined();
});

test("the same text is sealed differently each time", () => {
  expect(seal(key, "ada", "text")).not.toBe(seal(key, "ada", "text"));
});

import { expect, test } from "vitest";

import { KINDS } from "./bodies.ts";
import { encode } from "./charset.ts";
import { ENVELOPES } from "./envelopes.ts";
import { encodedWords, unstructured } from "./header.ts";
import { openMailbox, type Entry, type Mailbox } from "./mailbox.ts";
import { toRfc5322 } from "./mime.ts";
import { skeleton } from "./skeleton.ts";

const mailbox = (seed: number, messages = 120) =>
  openMailbox({ seed, email: "ada@example.com", messages, messagesPerThread: 2, clock: () => 0 });

const rawOf = (held: Mailbox, entry: Entry) => {
  const { entity, eol } = held.mail(entry);
  return toRfc5322(entity, eol);
};

test("the same seed gives the same mailbox byte for byte, another seed another", () => {
  const [one, same, other] = [mailbox(1), mailbox(1), mailbox(2)];
  for (const [i, entry] of one.newestFirst.entries()) {
    expect(same.newestFirst[i]).toEqual(entry);
    expect(rawOf(same, same.newestFirst[i]!).equals(rawOf(one, entry))).toBe(true);
    expect(rawOf(one, entry).equals(rawOf(one, entry))).toBe(true);
  }
  expect(other.newestFirst.map(({ id }) => id)).not.toEqual(one.newestFirst.map(({ id }) => id));
});

test("every kind of body and of envelope comes up within any sixty messages", () => {
  expect(KINDS.length).toBeLessThanOrEqual(60);
  expect(ENVELOPES.length).toBeLessThanOrEqual(60);
  const held = mailbox(5, 60);
  const raws = held.newestFirst.map((entry) => rawOf(held, entry).toString("latin1"));
  for (const sign of [
    "multipart/related",
    "message/rfc822",
    "text/calendar",
    "iso-2022-jp",
    "gb18030",
    "koi8-r",
    "pkcs7",
    "pgp-encrypted",
    "filename*0*=",
  ])
    expect([sign, raws.some((raw) => raw.includes(sign))]).toEqual([sign, true]);
});

test("conversations have the mean size asked for, many being single", () => {
  for (const mean of [1, 1.2, 2, 5, 10]) {
    const seeded = skeleton({ seed: 1, email: "ada@example.com", messages: 50_000, messagesPerThread: mean });
    const threads = new Set(seeded.map(({ threadId }) => threadId));
    expect(Math.abs(seeded.length / threads.size / mean - 1)).toBeLessThan(0.1);
    expect(new Set(seeded.map(({ id }) => id)).size).toBe(50_000);
  }
});

test("ids tell the date to about a second, and threads are named after their first message, mostly", () => {
  const seeded = skeleton({ seed: 1, email: "ada@example.com", messages: 5_000, messagesPerThread: 2 });
  const near = seeded.filter(
    ({ id, internalDate }) => Math.abs(Number(BigInt(`0x${id}`) >> 20n) - internalDate) < 1_330,
  );
  expect(near.length / seeded.length).toBeGreaterThan(0.98);
  expect(near.length).toBeLessThan(seeded.length);
  const firsts = seeded.filter(({ index, conversation }) => conversation[0] === index);
  const named = firsts.filter(({ id, threadId }) => id === threadId).length / firsts.length;
  expect(named).toBeGreaterThan(0.97);
  expect(named).toBeLessThan(1);
});

test("charsets are encoded as their tables say", () => {
  expect(encode("日本a", "iso-2022-jp").toString("latin1")).toBe("\u001b$BF|K\\\u001b(Ba");
  expect(encode("日本", "shift_jis").toString("hex")).toBe("93fa967b");
  expect(encode("中文", "gb18030").toString("hex")).toBe("d6d0cec4");
  expect(encode("Ёж", "koi8-r").toString("hex")).toBe("b3d6");
  expect(encode("Ёж€", "windows-1251").toString("hex")).toBe("a8e688");
  expect(encode("“€”", "windows-1252").toString("hex")).toBe("938094");
  expect(() => encode("日", "iso-2022-kr")).toThrow();
});

test("encoded words stay within 75 characters and are whole in themselves", () => {
  for (const encoding of ["B", "Q"] as const) {
    const words = encodedWords("Встреча 🎉 ".repeat(30), { encoding }).split("\r\n ");
    expect(words.length).toBeGreaterThan(5);
    for (const word of words) expect(word).toMatch(/^=\?utf-8\?[BQ]\?[\x21-\x7e]+\?=$/);
    expect(Math.max(...words.map((word) => word.length))).toBeLessThanOrEqual(75);
  }
  expect(unstructured("Subject", "a =?b").raw).toMatch(/^=\?utf-8\?B\?/);
});

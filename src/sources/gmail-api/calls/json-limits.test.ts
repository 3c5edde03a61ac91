import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { testProcessorTime } from "../../../../test/processor-time.ts";
import { failureOf } from "../../../core/errors.ts";
import { NEVER, scriptedGmail } from "../testing.ts";
import type { GmailClient } from "./client.ts";
import { mayBeParsed } from "./json-limits.ts";

const LARGEST = 128 << 20;

/** An answer of as many bytes as may come, all of them the same again and again. */
function filled(begin: string, piece: string): Buffer {
  const bytes = Buffer.allocUnsafe(LARGEST);
  return bytes.fill(piece, bytes.write(begin));
}

test("any JSON of an ordinary size may be parsed, and so may half of it", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.nat(), (json, cut) => {
      const bytes = Buffer.from(json);
      expect([mayBeParsed(bytes), mayBeParsed(bytes.subarray(0, cut % (bytes.length + 1)))]).toEqual([true, true]);
    }),
  );
});

test("values are counted outside of strings alone, whatever stands in those", () => {
  const inside = JSON.stringify([`[{,"${'[,\\\"'.repeat(400_000)}`, "x"]);
  expect(mayBeParsed(Buffer.from(inside))).toBe(true);
  const lists = (count: number): Buffer => Buffer.from(`[${"[],".repeat(count)}[]]`);
  expect([mayBeParsed(lists(700_000)), mayBeParsed(lists(800_000))]).toEqual([true, false]);
  const nested = (depth: number): Buffer => Buffer.from("[".repeat(depth) + "]".repeat(depth));
  expect([mayBeParsed(nested(250_000)), mayBeParsed(nested(250_001))]).toEqual([true, false]);
});

describe("an answer of 128 MB is known for what it is, in less than a second of work", () => {
  for (const [name, begin, piece, may] of [
    ["lists within lists", "", "[", false],
    ["lists beside lists", "[", "[],", false],
    ["objects", "[", "{},", false],
    ["short strings", "[", '"",', false],
    ["white space", "", " ", false],
    ["digits", "", "1", false],
    ["escaped quotes", '["', '\\"', false],
    ["backslashes", '["', "\\", true],
    ["one long string", '["', "YWJj", true],
  ] as const)
    testProcessorTime(
      name,
      1_000,
      (bytes) => expect(mayBeParsed(bytes)).toBe(may),
      () => filled(begin, piece),
    );
});

describe("a method's answer that is too much is refused before anything is made of it", () => {
  const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

  test("a message of too many parts, as its own fault", async () => {
    const parts = `{"id":"1","payload":{"parts":[${"[],".repeat(1_000_000)}[]]}}`;
    await using gmail = await scriptedGmail(() => [200, parts]);
    expect(await failure(gmail.run((client) => client.messagesGet("1", NEVER)))).toMatchObject({
      code: "bad_request",
      retry: "never",
    });
  });

  test("a profile, a listing, labels, and a history of more bytes than they can have", async () => {
    const padded = (bytes: number): string => `{"emailAddress":"a@b.c","x":"${"x".repeat(bytes)}"}`;
    const [profile, others] = [padded(70_000), padded(17 << 20)];
    await using gmail = await scriptedGmail(({ url }) => [200, /profile/.test(url.pathname) ? profile : others]);
    const filter = { query: "", labels: [], includeSpamTrash: false };
    const calls: ((client: GmailClient) => Promise<unknown>)[] = [
      (client) => client.getProfile(NEVER),
      (client) => client.labelsList(NEVER),
      (client) => client.messagesList(filter, undefined, NEVER),
      (client) => client.historyList("1", undefined, NEVER),
    ];
    for (const call of calls)
      expect(await failure(gmail.run(call))).toMatchObject({ code: "malformed_response", retry: "backoff" });
  });
});

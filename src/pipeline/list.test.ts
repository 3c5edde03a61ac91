import { expect, test } from "vitest";

import { refuse } from "../core/errors.ts";
import { EVERYTHING } from "../core/mail/filter.ts";
import type { Ref } from "../core/mail/ref.ts";
import type { MailboxSource } from "../core/ports/mailbox-source.ts";
import { listAll } from "./list.ts";

const signal = new AbortController().signal;
const refs = (from: number, to: number): Ref[] =>
  Array.from({ length: to - from }, (_, n) => ({ id: `m${from + n}`, threadId: "t" }));

/** Lists these pages; the first `breaks` times the token of the second page does not work. */
function listing(pages: readonly Ref[][], breaks = 0): Pick<MailboxSource, "list"> & { asked: number } {
  const source = {
    asked: 0,
    async *list() {
      source.asked += 1;
      for (const [n, page] of pages.entries()) {
        if (n === 1 && source.asked <= breaks) throw refuse("page_token_invalid", "Invalid pageToken.", "List again.");
        yield page;
      }
    },
  };
  return source;
}

async function idsOf(source: Pick<MailboxSource, "list">, max: number | null): Promise<string[]> {
  const ids: string[] = [];
  const whole: MailboxSource = { ...source } as MailboxSource;
  for await (const page of listAll(whole, EVERYTHING, max, signal)) ids.push(...page.map(({ id }) => id));
  return ids;
}

test("a page token that stops working begins the listing again; ids may come twice", async () => {
  const source = listing([refs(0, 3), refs(3, 5)], 2);
  expect(new Set(await idsOf(source, null))).toEqual(new Set(["m0", "m1", "m2", "m3", "m4"]));
  expect(source.asked).toBe(3);
});

test("one that never works is an error, not an endless loop", async () => {
  await expect(idsOf(listing([refs(0, 3), refs(3, 5)], 99), null)).rejects.toMatchObject({
    failure: { code: "page_token_invalid" },
  });
});

test("the first n are n different ones, however often pages repeat them", async () => {
  const pages = [refs(0, 3), refs(1, 4), [], refs(2, 9)];
  expect(await idsOf(listing(pages), 5)).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  expect(await idsOf(listing(pages, 1), 5)).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  expect(await idsOf(listing(pages), 100)).toHaveLength(9);
});

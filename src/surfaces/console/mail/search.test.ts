import { expect, test } from "vitest";

import { ANYTHING } from "./question.ts";
import type { Page } from "./records-api.ts";
import { gather, lookFor, newSearch, searchOf } from "./search.ts";

/** An export of five messages, two on a page. */
function mailbox({ complete = true } = {}) {
  const asked: (string | undefined)[] = [];
  const ask = async (cursor: string | undefined): Promise<Page> => {
    asked.push(cursor);
    const start = Number(cursor ?? 0);
    const ids = ["a", "b", "c", "d", "e"].slice(start, start + 2);
    const records = ids.map((id) => ({ id })) as unknown as Page["records"];
    return {
      index: { files: 1, of: 1, complete },
      total: 5,
      records,
      next_cursor: start + 2 < 5 ? String(start + 2) : null,
    };
  };
  return { ask, asked };
}

test("pages come one behind the other, and those at hand are not asked for again", async () => {
  const { ask, asked } = mailbox();
  const one = await gather(ANYTHING, 1, undefined, ask);
  const three = await gather(ANYTHING, 3, one, ask);
  expect(three.records.map(({ id }) => id)).toEqual(["a", "b", "c", "d", "e"]);
  expect(three.next).toBe(null);
  expect(asked).toEqual([undefined, "2", "4"]);
  expect(await gather(ANYTHING, 4, three, ask)).toBe(three);
});

test("while the index is made, and for another question, all is asked for anew", async () => {
  const { ask, asked } = mailbox({ complete: false });
  const two = await gather(ANYTHING, 2, undefined, ask);
  await gather(ANYTHING, 2, two, ask);
  expect(asked).toEqual([undefined, "2", undefined, "2"]);
  const complete = { ...two, index: { files: 1, of: 1, complete: true } };
  const other = await gather({ ...ANYTHING, search: "x" }, 1, complete, ask);
  expect(other.pages).toBe(1);
});

test("another question begins at its first page; the same one changes nothing", () => {
  const search = newSearch();
  search.pages.value = 3;
  search.place.value = { message: "a", scrollY: 900 };
  lookFor(search, { ...ANYTHING, search: " " });
  expect([search.pages.value, search.place.value]).toEqual([3, { message: "a", scrollY: 900 }]);
  lookFor(search, { ...ANYTHING, search: "lisbon" });
  expect([search.pages.value, search.place.value]).toEqual([1, undefined]);
});

test("each export has a search of its own, and keeps it", () => {
  lookFor(searchOf("1"), { ...ANYTHING, search: "lisbon" });
  expect(searchOf("1").question.value.search).toBe("lisbon");
  expect(searchOf("2").question.value).toBe(ANYTHING);
});

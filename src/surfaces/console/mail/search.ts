import { batch, signal, type Signal } from "@preact/signals";

import { ANYTHING, isSame, type Question } from "./question.ts";
import type { Page } from "./records-api.ts";

/** What was found: so many pages of it, one behind the other. */
export type Found = Readonly<{
  question: Question;
  pages: number;
  index: Page["index"];
  total: number;
  records: Page["records"];
  next: string | null;
}>;

/**
 * What a person looks for in one export, what was found, and where they are in it. It lives in memory alone: what one
 * searches for is mail, and neither the address bar nor the browser's storage is a place for it.
 */
export type Search = Readonly<{
  question: Signal<Question>;
  /** How many pages are wanted. */
  pages: Signal<number>;
  found: Signal<Found | undefined>;
  /** The message that was opened, and how far the list was scrolled; undefined when none was. */
  place: Signal<Readonly<{ message: string; scrollY: number }> | undefined>;
}>;

const searches = new Map<string, Search>();

export function searchOf(id: string): Search {
  const known = searches.get(id);
  if (known) return known;
  const search = newSearch();
  searches.set(id, search);
  return search;
}

export function newSearch(): Search {
  return { question: signal(ANYTHING), pages: signal(1), found: signal(undefined), place: signal(undefined) };
}

/** What is shown stays until the answer comes. */
export function lookFor(search: Search, question: Question): void {
  if (isSame(question, search.question.peek())) return;
  batch(() => {
    search.question.value = question;
    search.pages.value = 1;
    search.place.value = undefined;
  });
}

/** Pages that are there already are not asked for again, unless the index was still being made when they came. */
export async function gather(
  question: Question,
  pages: number,
  held: Found | undefined,
  ask: (cursor: string | undefined) => Promise<Page>,
): Promise<Found> {
  let found = held?.question === question && held.index.complete ? held : undefined;
  while (found === undefined || (found.pages < pages && found.next !== null)) {
    const { index, total, records, next_cursor }: Page = await ask(found?.next ?? undefined);
    found = {
      question,
      pages: (found?.pages ?? 0) + 1,
      index,
      total,
      records: [...(found?.records ?? []), ...records],
      next: next_cursor,
    };
  }
  return found;
}

import { useEffect } from "preact/hooks";

import { getRecords } from "./records-api.ts";
import { gather, searchOf } from "./search.ts";

/** Where a message stands in the last search: its number, and the messages beside it. Undefined when it was not found by one. */
export type Neighbours = Readonly<{
  number: number;
  total: number;
  before: string | undefined;
  behind: string | undefined;
}>;

export function useNeighbours(id: string, message: string): Neighbours | undefined {
  const { found: held, pages, place } = searchOf(id);
  const found = held.value;
  const at = found?.records.findIndex((record) => record.id === message) ?? -1;
  const isLast = found !== undefined && at === found.records.length - 1 && found.next !== null;
  useEffect(() => {
    const left = place.peek();
    if (at !== -1 && left) place.value = { ...left, message };
  }, [place, at, message]);
  useEffect(() => {
    const now = held.peek();
    if (!now || !isLast) return;
    const stop = new AbortController();
    gather(now.question, now.pages + 1, now, (cursor) => getRecords(id, now.question, cursor, stop.signal)).then(
      (more) => {
        if (stop.signal.aborted) return;
        held.value = more;
        pages.value = more.pages;
      },
      () => {}, // then there is no way on from here; the list says what is wrong
    );
    return () => stop.abort();
  }, [id, held, pages, isLast]);
  if (!found || at === -1) return undefined;
  return { number: at + 1, total: found.total, before: found.records[at - 1]?.id, behind: found.records[at + 1]?.id };
}

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
  const search = searchOf(id);
  const found = search.found.value;
  const at = found?.records.findIndex((record) => record.id === message) ?? -1;
  const isLast = found !== undefined && at === found.records.length - 1 && found.next !== null;
  useEffect(() => {
    const place = search.place.peek();
    if (at !== -1 && place && place.message !== message) search.place.value = { ...place, message };
  }, [at, message]);
  useEffect(() => {
    if (!found || !isLast) return;
    const stop = new AbortController();
    const { question, pages } = found;
    gather(question, pages + 1, found, (cursor) => getRecords(id, question, cursor, stop.signal)).then(
      (more) => {
        if (stop.signal.aborted) return;
        search.found.value = more;
        search.pages.value = more.pages;
      },
      () => {}, // then there is no way on from here; the list says what is wrong
    );
    return () => stop.abort();
  }, [isLast]);
  if (!found || at === -1) return undefined;
  return { number: at + 1, total: found.total, before: found.records[at - 1]?.id, behind: found.records[at + 1]?.id };
}

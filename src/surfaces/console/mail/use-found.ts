import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { Resource } from "../resource.ts";
import { getRecords } from "./records-api.ts";
import { gather, searchOf, type Found } from "./search.ts";

/**
 * What the export's search finds: asked for when the list appears and whenever the question changes or more is wanted,
 * the request before it ended. What was found last stays until then; `isStale` says that it answers another question.
 */
export function useFound(id: string): Resource<Found> & { readonly isStale: boolean } {
  const search = searchOf(id);
  const { found: held } = search;
  const [question, pages, found] = [search.question.value, search.pages.value, held.value];
  const [round, setRound] = useState(0);
  const [failed, setFailed] = useState<{ error: unknown }>();
  const asked = useRef<number>(undefined);
  const reload = useCallback(() => setRound((last) => last + 1), []);
  useEffect(() => {
    const stop = new AbortController();
    // A list that was left, or is asked for once more, may have grown since.
    const usable = asked.current === round ? held.peek() : undefined;
    asked.current = round;
    setFailed(undefined);
    gather(question, pages, usable, (cursor) => getRecords(id, question, cursor, stop.signal)).then(
      (now) => {
        if (!stop.signal.aborted) held.value = now;
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setFailed({ error });
      },
    );
    return () => stop.abort();
  }, [id, held, question, pages, round]);
  const isStale = found !== undefined && found.question !== question;
  if (failed) return { state: "failed", value: found, error: failed.error, reload, isStale };
  return found ? { state: "ready", value: found, reload, isStale } : { state: "loading", reload, isStale };
}

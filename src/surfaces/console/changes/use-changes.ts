import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import type { Resource } from "../resource.ts";
import { getChanges, type Change, type ChangeQuestion } from "./api.ts";

/** `question` is the one that they answer. */
export type FoundChanges = Readonly<{ question: ChangeQuestion; changes: readonly Change[]; next: string | null }>;

/**
 * The changes that a question finds, page behind page: the first at once, each other when `more` is called. What was
 * found last stays while another question is asked; `isBusy` says that an answer is awaited.
 */
export function useChanges(
  id: string,
  question: ChangeQuestion,
): Readonly<{ from: Resource<FoundChanges>; isBusy: boolean; more: () => void }> {
  const [held, hold] = useState<FoundChanges>();
  const [failed, setFailed] = useState<{ error: unknown }>();
  const [wanted, want] = useState<Readonly<{ cursor?: string }>>({});
  const [isBusy, setBusy] = useState(true);
  const latest = useRef(held);
  latest.current = held;
  useEffect(() => {
    const stop = new AbortController();
    // A question is another one where it is another object, and a cursor belongs to the one that it was an answer to.
    const last = latest.current;
    const isBehind = last?.question === question && wanted.cursor !== undefined && last.next === wanted.cursor;
    const before = isBehind ? last : undefined;
    const cursor = before && wanted.cursor; // undefined asks for the first page
    setBusy(true);
    setFailed(undefined);
    getChanges(id, question, cursor, stop.signal).then(
      ({ changes, next_cursor: next }) => {
        if (stop.signal.aborted) return;
        hold({ question, changes: [...(before?.changes ?? []), ...changes], next });
        setBusy(false);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setFailed({ error });
        setBusy(false);
      },
    );
    return () => stop.abort();
  }, [id, question, wanted]);
  const reload = useCallback(() => want((last) => ({ ...last })), []);
  const next = held?.next;
  const more = (): void => {
    if (next !== undefined && next !== null) want({ cursor: next });
  };
  const from: Resource<FoundChanges> = failed
    ? { state: "failed", value: held, error: failed.error, reload }
    : held
      ? { state: "ready", value: held, reload }
      : { state: "loading", reload };
  return { from, isBusy, more };
}

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** What a page shows of something it asked the server for. While it is asked for again, the last answer stays. */
export type Resource<Value> = Readonly<{ state: "loading"; value?: undefined } | Outcome<Value>> & {
  readonly reload: () => void;
};

type Outcome<Value> = { state: "ready"; value: Value } | { state: "failed"; value: Value | undefined; error: unknown };

/** Loads when the component appears and whenever `key`, which names what is loaded, changes; stops when it leaves. */
export function useResource<Value>(key: string, load: (signal: AbortSignal) => Promise<Value>): Resource<Value> {
  const [round, setRound] = useState(0);
  const [held, hold] = useState<{ key: string; outcome: Outcome<Value> }>();
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setRound((last) => last + 1), []);
  useEffect(() => {
    const stop = new AbortController();
    latest.current(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) hold({ key, outcome: { state: "ready", value } });
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        hold((last) => ({
          key,
          outcome: { state: "failed", value: last?.key === key ? last.outcome.value : undefined, error },
        }));
      },
    );
    return () => stop.abort();
  }, [round, key]);
  return { ...(held?.key === key ? held.outcome : { state: "loading" as const }), reload };
}

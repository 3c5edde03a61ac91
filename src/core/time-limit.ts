import type { Clock } from "./ports/clock.ts";

/** A signal that is let go of when the work is done, so that nothing waits for the rest of its time. */
export type TimeLimit = Disposable & Readonly<{ signal: AbortSignal }>;

/** A signal that aborts with a TimeoutError after so many milliseconds of this clock, or as the one given does. */
export function timeLimit(clock: Pick<Clock, "sleep">, limitMs: number, signal?: AbortSignal): TimeLimit {
  const enough = new AbortController();
  const over = new AbortController();
  clock.sleep(limitMs, enough.signal).then(
    () => over.abort(new DOMException("It took too long.", "TimeoutError")),
    () => {}, // let go of
  );
  return {
    signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal,
    [Symbol.dispose]: () => enough.abort(),
  };
}

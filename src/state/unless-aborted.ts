import { once } from "node:events";

/** Does the work, or rejects with the signal's reason as soon as it aborts; what is under way then goes on by itself. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  const enough = new AbortController();
  const aborted = once(signal, "abort", { signal: enough.signal }).then(() => signal.throwIfAborted());
  aborted.catch(() => {}); // the work was done before
  try {
    const working = work();
    await Promise.race([working, aborted]);
    return await working;
  } finally {
    enough.abort();
  }
}

/**
 * Runs `work` on items with at most `width` under way and yields the results in the order of the items. A slow consumer
 * slows the work down: no more than `width` results are ever held. Leaving the loop early aborts what is under way, and so
 * does a failure: what comes before it in the order might wait for the same thing without end. Results that were there by
 * then come first.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  const leave = new AbortController();
  const both = AbortSignal.any([signal, leave.signal]);
  const underWay: Promise<Result>[] = [];
  const iterator = items[Symbol.iterator]();
  let failed: Readonly<{ error: unknown }> | undefined;
  const fail = (error: unknown): void => {
    failed ??= { error };
    leave.abort();
  };
  const startNext = (): void => {
    const next = iterator.next();
    if (next.done) return;
    const result = work(next.value, both);
    result.catch(fail);
    underWay.push(result);
  };
  try {
    while (underWay.length < width) {
      const before = underWay.length;
      startNext();
      if (underWay.length === before) break;
    }
    while (underWay.length > 0) {
      const result = await underWay[0]!.catch((error: unknown) => {
        throw failed ? failed.error : error; // the first in time, of which this may be the consequence
      });
      void underWay.shift();
      if (!failed) startNext();
      yield result;
    }
  } finally {
    leave.abort();
    await Promise.allSettled(underWay);
    void iterator.return?.();
  }
}

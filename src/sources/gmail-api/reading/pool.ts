/**
 * Runs `work` on items with at most `width` under way and yields the results in the order of the items. A slow consumer
 * slows the work down: no more than `width` results are ever held. Leaving the loop early aborts what is under way.
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
  const startNext = (): void => {
    const next = iterator.next();
    if (next.done) return;
    const result = work(next.value, both);
    result.catch(() => {}); // met when its turn comes; if that never comes, the first failure was told
    underWay.push(result);
  };
  try {
    while (underWay.length < width) {
      const before = underWay.length;
      startNext();
      if (underWay.length === before) break;
    }
    while (underWay.length > 0) {
      const result = await underWay[0]!;
      void underWay.shift();
      startNext();
      yield result;
    }
  } finally {
    leave.abort();
    await Promise.allSettled(underWay);
    void iterator.return?.();
  }
}

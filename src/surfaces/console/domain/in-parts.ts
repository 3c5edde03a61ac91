/** So few at once that a person sees it go on, and that none of them is a long request. */
const AT_ONCE = 50;

/** Hands these to `work` a few at a time, in order, and tells how many are done; stops where the signal aborts. */
export async function inParts<Item>(
  items: readonly Item[],
  work: (part: readonly Item[]) => Promise<void>,
  onDone: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let from = 0; from < items.length && !signal.aborted; from += AT_ONCE) {
    const part = items.slice(from, from + AT_ONCE);
    await work(part);
    onDone(from + part.length);
  }
}

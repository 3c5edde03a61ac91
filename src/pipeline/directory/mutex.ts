/**
 * Does what writes one after the other. After a failure nothing more is done: only a recovery, which reads what really
 * is there, may go on.
 */
export type OneAtATime = Readonly<{
  do<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way. */
  rest(): Promise<void>;
}>;

export function oneAtATime(): OneAtATime {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    do(work) {
      const result = tail.then(work);
      tail = result;
      result.catch(() => {}); // kept in `tail`: the next one meets it
      return result;
    },
    async rest() {
      await tail.catch(() => {});
    },
  };
}

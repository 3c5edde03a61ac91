/**
 * Does what writes one after the other. After a failure nothing more is done: only a recovery, which reads what really
 * is there, may go on.
 */
export type Mutex = Readonly<{
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}>;

export function createMutex(): Mutex {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const result = tail.then(work);
      tail = result;
      result.catch(() => {}); // kept in `tail`: the next one meets it
      return result;
    },
    async idle() {
      await tail.catch(() => {});
    },
  };
}

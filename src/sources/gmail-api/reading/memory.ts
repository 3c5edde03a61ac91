import { free } from "../large/large-body.ts";

/**
 * Bounds the bytes of mail under way. Sizes are unknown before they are read, so the bound is held by pausing answers that
 * are coming in. The oldest call of a line never waits: its result is what the writer waits for, and what frees the rest.
 */
export type Memory = Readonly<{
  /** One for each reading: calls in the order in which their results are taken. Disposing it gives everything back. */
  openLine(): Line;
  /** Bytes held now, and at the most so far. */
  held(): number;
  peak(): number;
}>;

type Line = Disposable & Readonly<{ openShare(): Share }>;

/** What one call of a line holds, from its first byte until its result has been taken. */
export type Share = Intake & Readonly<{ close(): void }>;

/** Where an answer's bytes are accounted for. */
export type Intake = Readonly<{
  /** These bytes have come. Undefined: read on; else a promise to wait for before more is read. */
  take(bytes: number): Promise<void> | undefined;
  /** So many bytes are to be made. Undefined: they may be; else a promise to wait for, which rejects with the signal's reason. */
  reserve(bytes: number, signal: AbortSignal): Promise<void> | undefined;
  /** This memory, which was accounted for, is given back at the end, rather than when it is collected some time later. */
  keep(bytes: ArrayBuffer): void;
}>;

type Held = { bytes: number; readonly kept: ArrayBuffer[] };
type Waiter = Readonly<{ share: Held; line: ReadonlySet<Held>; bytes: number; go: () => void }>;

/** `limit` in bytes. It is exceeded by what the oldest call of each line needs, and by a piece of each answer coming in. */
export function createMemory(limit: number): Memory {
  let held = 0;
  let peak = 0;
  const waiters = new Set<Waiter>();

  const isOldest = (share: Held, line: ReadonlySet<Held>): boolean => line.values().next().value === share;

  const hold = (share: Held, bytes: number): void => {
    share.bytes += bytes;
    held += bytes;
    peak = Math.max(peak, held);
  };

  const wake = (): void => {
    for (const waiter of waiters) {
      const { share, line, bytes, go } = waiter;
      if (held + bytes > limit && !isOldest(share, line)) continue;
      waiters.delete(waiter);
      hold(share, bytes);
      go();
    }
  };

  const wait = (share: Held, line: ReadonlySet<Held>, bytes: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        waiters.delete(waiter);
        reject(signal!.reason);
      };
      const waiter: Waiter = {
        share,
        line,
        bytes,
        go() {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      waiters.add(waiter);
    });

  return {
    openLine() {
      const line = new Set<Held>();
      const close = (share: Held): void => {
        if (!line.delete(share)) return;
        held -= share.bytes;
        share.kept.forEach(free);
        for (const waiter of waiters) if (waiter.share === share) waiters.delete(waiter);
        wake();
      };
      return {
        openShare() {
          const share: Held = { bytes: 0, kept: [] };
          line.add(share);
          return {
            take(bytes) {
              hold(share, bytes);
              return held <= limit || isOldest(share, line) ? undefined : wait(share, line, 0);
            },
            reserve(bytes, signal) {
              if (held + bytes > limit && !isOldest(share, line)) return wait(share, line, bytes, signal);
              hold(share, bytes);
              return undefined;
            },
            keep(bytes) {
              if (line.has(share)) share.kept.push(bytes);
              else free(bytes); // nobody waits for it any more
            },
            close: () => close(share),
          };
        },
        [Symbol.dispose]() {
          for (const share of line) close(share);
        },
      };
    },
    held: () => held,
    peak: () => peak,
  };
}

import { HoldLost } from "../src/core/errors.ts";
import type { Holds } from "../src/core/ports/holds.ts";

/** Holds of one deployment that can be taken away from who has them, as by a database that has heard nothing of him for long. */
export type LosableHolds = Readonly<{
  /**
   * Holds as another process has them. Who is `frozen` hears of nothing: it believes what it was told last, as who was
   * stopped between asking and doing.
   */
  open(frozen?: "frozen"): Holds;
  /** All places can be taken by others from now on. */
  expire(): void;
}>;

/** Their numbers are above `last`. */
export function losableHolds(last = 0): LosableHolds {
  let number = last;
  const holders = new Map<string, number>();
  return {
    open: (frozen) => ({
      canBeLost: true,
      async take(place) {
        if (holders.has(place)) return undefined;
        const mine = (number += 1);
        const isMine = (): boolean => holders.get(place) === mine;
        holders.set(place, mine);
        return {
          number: mine,
          signal: new AbortController().signal,
          async confirm() {
            if (!frozen && !isMine()) throw new HoldLost("It was not renewed in time.");
          },
          async [Symbol.asyncDispose]() {
            if (isMine()) holders.delete(place);
          },
        };
      },
      isHeld: async (place) => holders.has(place),
    }),
    expire: () => holders.clear(),
  };
}

import { useEffect, useRef, useState } from "preact/hooks";

import { estimate, type Estimate } from "./api.ts";
import type { Draft } from "./form.ts";

/** `of` is what was in the form: an estimate of something else says nothing. */
export type Estimating = Readonly<
  | { state: "none" }
  | { state: "going" }
  | { state: "ready"; of: Draft; value: Estimate }
  | { state: "failed"; error: unknown }
>;

/** One estimate at a time; leaving the page stops it. */
export function useEstimate(): { now: Estimating; ask: (draft: Draft, exportDir: string) => void; stop: () => void } {
  const [now, setNow] = useState<Estimating>({ state: "none" });
  const going = useRef<AbortController>(undefined);
  const end = (): void => {
    going.current?.abort();
    going.current = undefined;
  };
  useEffect(() => end, []);
  const settle = (mine: AbortController, outcome: Estimating): void => {
    if (!mine.signal.aborted) setNow(outcome);
  };
  return {
    now,
    ask(draft, exportDir) {
      end();
      const mine = new AbortController();
      going.current = mine;
      setNow({ state: "going" });
      estimate(draft, exportDir, mine.signal).then(
        (value) => settle(mine, { state: "ready", of: draft, value }),
        (error: unknown) => settle(mine, { state: "failed", error }),
      );
    },
    stop() {
      end();
      setNow({ state: "none" });
    },
  };
}

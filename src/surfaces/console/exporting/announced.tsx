import { useEffect, useRef, useState } from "preact/hooks";

import type { StateName } from "../../../core/export/job.ts";
import { stateWords } from "../parts/state-badge.tsx";

/** Tells readers of each new state, and of nothing else: numbers that change twice a second would drown them. */
export function Announced({ state }: { state: StateName }) {
  const [news, setNews] = useState<StateName>();
  const last = useRef(state);
  useEffect(() => {
    if (state !== last.current) setNews(state);
    last.current = state;
  }, [state]);
  return (
    <p class="for-readers" role="status">
      {news && stateWords()[news]}
    </p>
  );
}

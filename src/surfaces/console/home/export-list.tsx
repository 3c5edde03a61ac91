import { useEffect, useRef, useState } from "preact/hooks";

import type { Export } from "../exports-api.ts";
import { stateWords } from "../parts/state-badge.tsx";
import { ExportCard } from "./export-card.tsx";
import { changedSince } from "./state-changes.ts";

/** Newest first. Readers are told of each new state, not of each number. */
export function ExportList({ exports }: { exports: readonly Export[] }) {
  const [news, setNews] = useState<readonly Export[]>([]);
  const last = useRef(exports);
  useEffect(() => {
    const changed = changedSince(last.current, exports);
    last.current = exports;
    if (changed.length > 0) setNews(changed);
  }, [exports]);
  return (
    <>
      <p class="for-readers" role="status">
        {news.map(({ email, state }) => `${email}: ${stateWords()[state]}`).join(", ")}
      </p>
      <ul class="plain">
        {exports.map((one) => (
          <li key={one.id}>
            <ExportCard of={one} />
          </li>
        ))}
      </ul>
    </>
  );
}

import { useEffect, useRef, useState } from "preact/hooks";

import type { Export } from "../exports-api.ts";
import { stateWords } from "../parts/state-badge.tsx";
import { byDirectory } from "./by-directory.ts";
import { ExportCard } from "./export-card.tsx";
import { changedSince } from "./state-changes.ts";

/** A row for each directory, newest first. Readers are told of each new state, not of each number. */
export function ExportList({ exports, reload }: { exports: readonly Export[]; reload: () => void }) {
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
        {byDirectory(exports).map((row) => (
          <li key={row.newest.output_directory}>
            <ExportCard row={row} changed={reload} />
          </li>
        ))}
      </ul>
    </>
  );
}

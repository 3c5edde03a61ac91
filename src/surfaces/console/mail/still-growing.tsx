import { useEffect, useRef } from "preact/hooks";

import { inBoth } from "../language.ts";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import type { Resource } from "../resource.ts";
import { FINAL } from "./nothing-exported.tsx";
import type { Job } from "./records-api.ts";

const words = inBoth({
  en: { more: "The export goes on: more messages appear here by themselves." },
  fr: { more: "L'export continue : d'autres messages apparaissent ici d'eux-mêmes." },
});

/** Often enough to see it grow, and seldom enough not to disturb who reads. */
const EVERY_MS = 5_000;

/** Says that what is shown is not all yet, and asks again until the export is over. */
export function StillGrowing({ job, answer }: { job: Resource<Job>; answer: Resource<unknown> }) {
  const state = job.value?.state;
  const isOver = state !== undefined && FINAL.has(state);
  const wasSeenGrowing = useRef(false);
  const { reload } = answer;
  useEffect(() => {
    if (state !== undefined && !isOver) wasSeenGrowing.current = true;
    if (isOver && wasSeenGrowing.current) reload(); // the last answer may be from just before the end
  }, [state, isOver, reload]);
  if (state === undefined || isOver) return null; // what is paused may be gone on with
  return (
    <>
      <KeptFresh from={job} everyMs={EVERY_MS} />
      <KeptFresh from={answer} everyMs={EVERY_MS} />
      {(state === "queued" || state === "running") && <p class="small dim">{words().more}</p>}
    </>
  );
}

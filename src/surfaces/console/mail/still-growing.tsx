import { inBoth } from "../language.ts";
import { KeptFresh } from "../parts/kept-fresh.tsx";
import type { Resource } from "../resource.ts";
import type { Job } from "./records-api.ts";

const words = inBoth({
  en: { more: "The export goes on: more messages appear here by themselves." },
  fr: { more: "L'export continue : d'autres messages apparaissent ici d'eux-mêmes." },
});

/** Often enough to see it grow, and seldom enough not to disturb who reads. */
const EVERY_MS = 5_000;

/** Says that what is shown is not all yet, and asks again until the export no longer runs. */
export function StillGrowing({ job, answer }: { job: Resource<Job>; answer: Resource<unknown> }) {
  const state = job.value?.state;
  if (state !== "queued" && state !== "running") return null;
  return (
    <>
      <KeptFresh from={job} everyMs={EVERY_MS} />
      <KeptFresh from={answer} everyMs={EVERY_MS} />
      <p class="small dim">{words().more}</p>
    </>
  );
}

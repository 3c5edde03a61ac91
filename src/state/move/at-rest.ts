import { stateAfter } from "../../core/export/job.ts";
import type { ExportEntry } from "../../core/ports/stored-state.ts";
import { readJob } from "../rows/job-row.ts";
import { toState, wishIn } from "../rows/job-steps.ts";

/**
 * The export as it goes on where nobody runs it yet: a running one is queued, or what was asked of it has come true. One
 * that is damaged stays as it is.
 */
export function atRest(entry: ExportEntry): ExportEntry {
  const job = readJob(entry);
  if (job?.state !== "running") return { ...entry, wish: null };
  const wish = wishIn(entry);
  const resting = toState(job, wish === undefined ? { state: "queued" } : stateAfter(wish), job.updatedAt);
  return { ...entry, state: resting.state, wish: null, job: JSON.stringify(resting) };
}

/** When a queued or waiting export may be taken; undefined for one that is not to be, or is damaged. */
export function dueAtOf(entry: ExportEntry): number | undefined {
  const job = readJob(entry);
  if (job?.state === "waiting") return job.until;
  return job?.state === "queued" ? 0 : undefined;
}

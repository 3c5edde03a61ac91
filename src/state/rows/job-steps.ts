import { refuse, type ExportError } from "../../core/errors.ts";
import { LIVE, type ExportJob, type ExportState, type Progress, type RunBy, type Wish } from "../../core/export/job.ts";
import type { EpochMs } from "../../core/time.ts";
import type { StoredRow } from "./stored-values.ts";

/** The job in another state, run by nobody. */
export function toState({ id, request, progress, createdAt }: ExportJob, state: ExportState, now: EpochMs): ExportJob {
  return { id, request, progress, createdAt, updatedAt: now, ...state };
}

/** The job as it runs. */
export function toRunning(job: ExportJob, worker: RunBy, progress: Progress, now: EpochMs): ExportJob {
  return { ...toState(job, { state: "running" }, now), progress, worker };
}

/** What was asked of a running export and has not come true yet. */
export function wishIn({ wish }: StoredRow): "pause" | "cancel" | undefined {
  return wish === "pause" || wish === "cancel" ? wish : undefined;
}

/** Whether it may give way now to others: between two messages that costs nothing, in a listing it would begin anew. */
export function mayMakeRoom({ stage }: Progress): boolean {
  return stage === "fetching";
}

/** Whether it will write to its directory again without being asked anew. */
export function isLive({ state }: Pick<ExportJob, "state">): boolean {
  return LIVE.includes(state);
}

export function exportUnknown(): ExportError {
  return refuse("export_unknown", "There is no such export.", "List the exports to find the right id.");
}

export function scheduleUnknown(): ExportError {
  return refuse("schedule_unknown", "There is no such schedule.", "List the schedules to find the right id.");
}

export function directoryBusy(other: string, directory: string): ExportError {
  return refuse(
    "directory_busy",
    `Export ${other} is writing to ${directory}.`,
    "Follow that export, cancel it, or choose another output directory.",
  );
}

export function notInThisState(wish: Wish, job: ExportJob): ExportError {
  const asked = wish.replace("_", " ");
  return refuse(
    "not_in_this_state",
    `Export ${job.id} is ${job.state.replaceAll("_", " ")}: it is not possible to ${asked} it now.`,
    "Look at the export's state first.",
  );
}

export function notEnded(id: string): ExportError {
  return refuse(
    "not_in_this_state",
    `Export ${id} has not ended: it is not possible to take it off the list now.`,
    "Cancel it first, and wait until it has stopped.",
  );
}

import type { Schedule } from "../core/export/schedule.ts";
import type { EpochMs } from "../core/time.ts";
import { viewOfRequest } from "./progress-view.ts";

/** A schedule, as HTTP and `--json` name it. `now` tells whether what is due waits. */
export function viewOfSchedule(schedule: Schedule, now: EpochMs) {
  const { id, request, cron, timeZone, jitterSeconds, paused, createdAt, next, lastRun, busyWith } = schedule;
  const { email, output_directory: output_dir, ...options } = viewOfRequest(request);
  const isDue = next !== null && next.startAt <= now;
  return {
    id,
    email,
    cron,
    time_zone: timeZone,
    jitter_seconds: jitterSeconds,
    paused,
    options: { output_dir, ...(request.was !== undefined && { was: request.was }), ...options },
    created_at: new Date(createdAt).toISOString(),
    next_run: next && new Date(next.startAt).toISOString(),
    waits_for: isDue ? busyWith : null,
    last_run: lastRun && {
      at: new Date(lastRun.at).toISOString(),
      state: lastRun.state,
      export_id: lastRun.exportId,
    },
  };
}

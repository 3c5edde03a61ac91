import { failureOf, type Failure } from "../../../core/errors.ts";
import { afterFailure } from "../../../core/export/after-failure.ts";
import type { ExportRequest } from "../../../core/export/job.ts";
import type { Manifest } from "../../../core/export/manifest.ts";
import type { EpochMs } from "../../../core/time.ts";
import type { Services } from "../services.ts";
import type { Reporter } from "../terminal/reporter.ts";

/** Runs one export in this process; waits out what passes by itself; a directory that is being written, and a day's quota, only if asked to. */
export async function exportHere(
  { clock, runExport }: Pick<Services, "clock" | "runExport">,
  request: ExportRequest,
  reporters: readonly Reporter[],
  { wait }: Readonly<{ wait: boolean }>,
  signal: AbortSignal,
): Promise<Manifest> {
  for (;;) {
    try {
      return await runExport(request, (progress) => reporters.forEach((one) => one.progress(progress)), signal);
    } catch (error) {
      const failure = failureOf(error);
      const until = failure && waitUntil(failure, wait, clock.now());
      if (failure === undefined || until === undefined || signal.aborted) throw error;
      for (const one of reporters) one.waiting(failure, until);
      await clock.sleep(until - clock.now(), signal);
    }
  }
}

/** When to go on after a failure; undefined when a person must do something first. */
function waitUntil(failure: Failure, wait: boolean, now: EpochMs): EpochMs | undefined {
  if ((failure.code === "directory_busy" || failure.code === "daily_limit") && !wait) return undefined; // a person may choose
  const after = afterFailure(failure, now);
  return after.what === "wait" ? after.until : undefined;
}

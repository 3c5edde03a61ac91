import { failureOf, type Failure } from "../../core/errors.ts";
import type { ExportRequest } from "../../core/job.ts";
import type { Manifest } from "../../core/manifest.ts";
import type { EpochMs } from "../../core/ports.ts";
import type { Reporter } from "./reporter.ts";
import type { Services } from "./services.ts";

/** How long to rest when Google or the network is away and nobody said until when. */
const REST_MS = 60_000;

/** Runs one export in this process; waits out what passes by itself. */
export async function exportHere(
  { clock, runExport }: Pick<Services, "clock" | "runExport">,
  request: ExportRequest,
  reporters: readonly Reporter[],
  signal: AbortSignal,
): Promise<Manifest> {
  for (;;) {
    try {
      return await runExport(request, (progress) => reporters.forEach((one) => one.progress(progress)), signal);
    } catch (error) {
      const failure = failureOf(error);
      const until = failure && waitUntil(failure, clock.now());
      if (failure === undefined || until === undefined || signal.aborted) throw error;
      for (const one of reporters) one.waiting(failure, until);
      await clock.sleep(until - clock.now(), signal);
    }
  }
}

/** When to go on after a failure; undefined when a person must do something first. */
function waitUntil(failure: Failure, now: EpochMs): EpochMs | undefined {
  return failure.retry === "wait" || failure.retry === "backoff" ? (failure.at ?? now + REST_MS) : undefined;
}

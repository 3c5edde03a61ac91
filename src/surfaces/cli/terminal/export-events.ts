import type { Failure } from "../../../core/errors.ts";
import type { ExportRequest, Progress, Pruned } from "../../../core/export/job.ts";
import { failuresOf, type Manifest } from "../../../core/export/manifest.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { viewOfFailure, viewOfProgress, viewOfRequest } from "../../progress-view.ts";
import type { Reporter } from "./reporter.ts";
import type { Terminal } from "./terminal.ts";

/** The least time between two events of progress within one stage. */
const GAP_MS = 1_000;

/** Tells a program: JSON objects, one a line, named as over HTTP (docs/cli.md). */
export type ExportEvents = Reporter &
  Readonly<{ result(manifest: Manifest, pruned?: Pruned): void; failed(failure: Failure): void; paused(): void }>;

export function exportEvents(
  { clock, terminal }: Readonly<{ clock: Clock; terminal: Pick<Terminal, "data"> }>,
  request: ExportRequest,
): ExportEvents {
  const tell = (event: string, fields: object): void =>
    terminal.data(JSON.stringify({ event, at: new Date(clock.now()).toISOString(), ...fields }));
  let told: Readonly<{ at: number; stage: Progress["stage"] }> | undefined;
  tell("started", { state: "running", ...viewOfRequest(request) });
  return {
    progress(progress) {
      const { stage } = progress;
      const at = clock.now();
      if (told && told.stage === stage && at - told.at < GAP_MS) return;
      told = { at, stage };
      tell("progress", { state: "running", ...viewOfProgress(progress) });
    },
    waiting(failure, until) {
      told = undefined;
      const waiting_until = new Date(until).toISOString();
      tell("waiting", { state: "waiting", waiting_until, failure: viewOfFailure(failure) });
    },
    result: (manifest, pruned) =>
      tell("result", {
        state: failuresOf(manifest).length > 0 ? "completed_with_failures" : "completed",
        directory: request.directory,
        ...manifest,
        ...(pruned && { pruned }),
      }),
    failed: (failure) => tell("error", { error: viewOfFailure(failure) }),
    paused: () => tell("paused", { state: "paused" }),
  };
}

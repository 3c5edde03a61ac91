import { failureOf, type Failure } from "../../core/errors.ts";
import type { ExportRequest, Progress } from "../../core/job.ts";
import type { Manifest } from "../../core/manifest.ts";
import type { EpochMs } from "../../core/ports.ts";
import type { Services } from "./services.ts";
import { progressLine } from "./words.ts";

/** How often a line goes to a log or a pipe. */
const PULSE_MS = 10_000;

/** How long to rest when Google or the network is away and nobody said until when. */
const REST_MS = 60_000;

/** Runs one export in this process, with a live line; waits out what passes by itself. */
export async function exportHere(services: Services, request: ExportRequest, signal: AbortSignal): Promise<Manifest> {
  const { clock, terminal, runExport } = services;
  for (;;) {
    try {
      return await runExport(request, watch(services), signal);
    } catch (error) {
      const failure = failureOf(error);
      const until = failure && waitUntil(failure, clock.now());
      if (until === undefined || signal.aborted) throw error;
      terminal.say(
        `${failure?.message} Going on by itself at ${new Date(until).toLocaleTimeString()}; Ctrl-C stops here.`,
      );
      await clock.sleep(until - clock.now(), signal);
    } finally {
      terminal.settle();
    }
  }
}

/** When to go on after a failure; undefined when a person must do something first. */
function waitUntil(failure: Failure, now: EpochMs): EpochMs | undefined {
  return failure.retry === "wait" || failure.retry === "backoff" ? (failure.at ?? now + REST_MS) : undefined;
}

/** Shows progress: live on a terminal, a line now and then elsewhere. */
export function watch({ clock, terminal }: Pick<Services, "clock" | "terminal">): (progress: Progress) => void {
  let pulsedAt = clock.now();
  return (progress) => {
    const now = clock.now();
    const line = progressLine(progress, now);
    terminal.live(line);
    if (now - pulsedAt < PULSE_MS) return;
    pulsedAt = now;
    terminal.pulse(line);
  };
}

import { failureOf, type Failure } from "../core/errors.ts";
import type { ExportRequest, ExportState, JobQueue, Lease, Progress } from "../core/job.ts";
import type { Manifest } from "../core/manifest.ts";
import type { Clock, Log, LogFields } from "../core/ports.ts";

/** How often a running export says that it lives, and hears what is asked of it. */
const BEAT_MS = 500;

/** How often a running export is spoken of in the log. */
const LOG_MS = 60_000;

/** How long it takes to look again whether the queue can be written. */
const LOOK_AGAIN_MS = 10_000;

/** How long an export rests when Google or the network is away and nobody said until when. */
const REST_MS = 60_000;

export type RunExport = (
  request: ExportRequest,
  report: (progress: Progress) => void,
  signal: AbortSignal,
) => Promise<Manifest>;

type Stop = "pause" | "cancel" | "lost" | "shutdown";

/**
 * Takes exports from the queue and runs up to `concurrency` of them at once, until the signal aborts: then each is made
 * durable and given back, to be taken up at the next start.
 */
export async function work(
  {
    queue,
    run,
    concurrency,
    clock,
    log,
  }: { queue: JobQueue; run: RunExport; concurrency: number; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    let lease: Lease | undefined;
    try {
      if (running.size < concurrency) lease = queue.take();
    } catch (error) {
      // A full disk, most often. What runs goes on, and the server answers, until there is room again.
      log.error("no export can be taken up", { code: failureOf(error)?.code ?? "internal" });
      await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {});
    }
    if (!lease) {
      await queue.changed(signal);
      continue;
    }
    const one = carry(lease, run, clock, log, signal).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}

/** Runs one leased export to its next state. Never throws: an export's trouble is its own. */
async function carry(lease: Lease, run: RunExport, clock: Clock, log: Log, shutdown: AbortSignal): Promise<void> {
  const { id, request } = lease.job;
  const ended = new AbortController();
  const stopped = new AbortController();
  let progress = lease.job.progress;
  let why: Stop | undefined;
  const stop = (reason: Stop): void => {
    why ??= reason;
    stopped.abort();
  };
  const onShutdown = (): void => stop("shutdown");
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();

  const beat = async (): Promise<void> => {
    for (let logAt = clock.now() + LOG_MS; !ended.signal.aborted;) {
      await clock.sleep(BEAT_MS, ended.signal).catch(() => {});
      if (clock.now() >= logAt) {
        logAt += LOG_MS;
        log.info("export goes on", { export: id, ...figuresOf(progress) });
      }
      const answer = ended.signal.aborted ? "go_on" : lease.beat(progress);
      if (answer !== "go_on") return stop(answer);
    }
  };

  const beating = beat().catch(() => stop("lost")); // a queue that cannot be reached may have given the export away
  log.info("export started", { export: id });
  let state: ExportState;
  try {
    const manifest = await run(request, (now) => (progress = now), stopped.signal);
    state = { state: manifest.failed.length > 0 ? "completed_with_failures" : "completed" };
  } catch (error) {
    state = why ? stateAfter(why) : stateOf(error, clock, log);
  }
  ended.abort();
  await beating;
  shutdown.removeEventListener("abort", onShutdown);
  try {
    if (why !== "lost") lease.release(state, progress);
  } catch (error) {
    // Its lease runs out, and then it is taken up again.
    log.error("export could not be given back", { export: id, code: failureOf(error)?.code ?? "internal" });
  }
  log.info("export stopped", {
    export: id,
    state: state.state,
    code: "failure" in state ? state.failure.code : undefined,
    ...figuresOf(progress),
  });
}

function figuresOf({ listed, exported, failed, spent, forecast }: Progress): LogFields {
  return {
    listed,
    exported,
    failed,
    units: spent.units,
    refused: spent.refused,
    ...(forecast && {
      unitsLeft: forecast.unitsLeft,
      messagesPerMinute: Math.round(forecast.messagesPerMinute),
      doneAt: forecast.finishAt === null ? null : new Date(forecast.finishAt).toISOString(),
    }),
  };
}

function stateAfter(why: Stop): ExportState {
  switch (why) {
    case "pause":
      return { state: "paused" };
    case "cancel":
      return { state: "cancelled" };
    case "shutdown":
    case "lost":
      return { state: "queued" };
  }
}

/** Where a failure leads: to a person, to a time, or to the end. */
function stateOf(error: unknown, clock: Clock, log: Log): ExportState {
  const failure = failureOf(error);
  if (!failure) {
    log.error("defect", { frames: framesOf(error) });
    return { state: "failed", failure: DEFECT };
  }
  const rested = clock.now() + REST_MS;
  if (failure.code === "directory_busy") return { state: "waiting", until: rested, failure }; // its writer will end
  switch (failure.retry) {
    case "never":
      return { state: "failed", failure };
    case "sign_in":
      return { state: "needs_sign_in", failure };
    case "backoff":
    case "wait":
      return { state: "waiting", until: Math.max(failure.at ?? rested, clock.now() + BEAT_MS), failure };
  }
}

/** Where a defect was met, without its message: that may quote mail. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return [error.name, ...(error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))].join("\n");
}

const DEFECT: Failure = {
  code: "internal",
  retry: "never",
  message: "gmail-export met something it does not expect.",
  next: "Start the same export again; if it stops again, report the log's line about the defect. Nothing on disk is lost.",
};

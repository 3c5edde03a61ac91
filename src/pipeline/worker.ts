import { failureOf, HoldLost, type Failure } from "../core/errors.ts";
import { afterFailure } from "../core/export/after-failure.ts";
import type { ExportRequest, ExportState, Progress } from "../core/export/job.ts";
import { failuresOf, type Manifest } from "../core/export/manifest.ts";
import type { Clock } from "../core/ports/clock.ts";
import { LEASE_MS, type JobQueue, type Lease } from "../core/ports/job-queue.ts";
import type { Log, LogFields } from "../core/ports/log.ts";

/** How often a running export says that it lives, and hears what is asked of it. */
export const BEAT_MS = 500;

/** How often a running export is spoken of in the log. */
const LOG_MS = 60_000;

/** How long it takes to look again whether the queue can be written. */
const LOOK_AGAIN_MS = 10_000;

/** So long before a lease ends without an answer the work stops, so that what is under way has ended by then. */
const MARGIN_MS = 2_000;

/** How long a lease is believed in after the call that renewed it was begun. */
const BELIEVED_MS = LEASE_MS - MARGIN_MS;

export type RunExport = (
  request: ExportRequest,
  report: (progress: Progress) => void,
  signal: AbortSignal,
) => Promise<Manifest>;

type Stop = "pause" | "cancel" | "make_room" | "lost" | "shutdown";

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
    const looked = new AbortController();
    const changed = queue.changed(AbortSignal.any([signal, looked.signal])); // from before the look on
    const belief = believe(clock); // the lease counts from when it was asked for
    let lease: Lease | undefined;
    try {
      if (running.size < concurrency) lease = await queue.take(signal);
    } catch (error) {
      if (signal.aborted) {
        belief.drop();
        break;
      }
      // A full disk, most often. What runs goes on, and the server answers, until there is room again.
      log.error("no export can be taken up", { code: failureOf(error)?.code ?? "internal" });
      await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => {});
    }
    if (lease) {
      looked.abort();
      const one = carry(lease, belief, run, clock, log, signal).finally(() => running.delete(one));
      running.add(one);
    } else belief.drop();
    await changed;
  }
  await Promise.all(running);
}

type Belief = Readonly<{ over: Promise<"lost">; isOver: () => boolean; drop: () => void }>;

/**
 * From now on a lease is believed in, for `BELIEVED_MS`. What counts is time that passes: a timer, which a clock that is
 * set back does not make longer; and a clock that went on while the machine slept, when timers stood still.
 */
function believe(clock: Clock): Belief {
  const dropped = new AbortController();
  const until = clock.now() + BELIEVED_MS;
  let isOver = false;
  const over = clock.sleep(BELIEVED_MS, dropped.signal).then(
    () => {
      isOver = true;
      return "lost" as const;
    },
    () => new Promise<never>(() => {}), // dropped: nobody waits for it any more
  );
  return { over, isOver: () => isOver || clock.now() >= until, drop: () => dropped.abort() };
}

/** Runs one leased export to its next state. Never throws: an export's trouble is its own. */
async function carry(
  lease: Lease,
  firstBelief: Belief,
  run: RunExport,
  clock: Clock,
  log: Log,
  shutdown: AbortSignal,
): Promise<void> {
  const { id, request, worker } = lease.job;
  const named = { export: id, worker: worker?.id };
  const ended = new AbortController();
  const stopped = new AbortController();
  let progress = lease.job.progress;
  let why: Stop | undefined;
  const stop = (reason: Stop): void => {
    if (why === "lost") return;
    // Who lost the hold may not even write how far it came; the first of all other reasons counts.
    if (reason === "lost") why = reason;
    why ??= reason;
    stopped.abort(reason === "lost" ? new HoldLost("Another worker has taken up this export.") : undefined);
  };
  const onShutdown = (): void => stop("shutdown");
  shutdown.addEventListener("abort", onShutdown, { once: true });
  if (shutdown.aborted) onShutdown();

  /** Until the export has ended, also while it stops: what it has is to become durable before somebody else takes it up. */
  const beat = async (): Promise<void> => {
    let belief = firstBelief;
    for (let logAt = clock.now() + LOG_MS; !ended.signal.aborted;) {
      await Promise.race([clock.sleep(BEAT_MS, ended.signal).catch(() => {}), belief.over]);
      if (ended.signal.aborted) break;
      if (clock.now() >= logAt) {
        logAt += LOG_MS;
        log.info("export goes on", { ...named, ...figuresOf(progress) });
      }
      const next = believe(clock);
      const answer = belief.isOver()
        ? "lost"
        : await Promise.race([lease.beat(progress).catch(() => "unheard" as const), belief.over]);
      // A queue that cannot be reached may give the export away when the lease is over, and not before.
      const isLost = answer === "lost" || belief.isOver();
      (isLost || answer === "unheard" ? next : belief).drop();
      if (isLost) {
        belief.drop();
        return stop("lost");
      }
      if (answer === "unheard") continue;
      belief = next;
      if (answer !== "go_on") stop(answer);
    }
    belief.drop();
  };

  const beating = beat();
  log.info("export started", named);
  let state: ExportState;
  try {
    const manifest = await run(request, (now) => (progress = now), stopped.signal);
    state = { state: failuresOf(manifest).length > 0 ? "completed_with_failures" : "completed" };
  } catch (error) {
    state = why ? stateAfter(why) : stateOf(error, clock, log);
  }
  ended.abort();
  await beating;
  shutdown.removeEventListener("abort", onShutdown);
  try {
    if (why !== "lost") await lease.release(state, progress);
  } catch (error) {
    // Its lease runs out, and then it is taken up again.
    log.error("export could not be given back", { ...named, code: failureOf(error)?.code ?? "internal" });
  }
  log.info("export stopped", {
    ...named,
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
      messagesPerMinute: forecast.messagesPerMinute === null ? null : Math.round(forecast.messagesPerMinute),
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
    case "make_room":
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
  const after = afterFailure(failure, clock.now());
  switch (after.what) {
    case "wait":
      return { state: "waiting", until: after.until, failure };
    case "sign_in":
      return { state: "needs_sign_in", failure };
    case "end":
      return { state: "failed", failure };
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

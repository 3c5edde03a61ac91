import { LIVE, type ExportJob, type StateName } from "../core/export/job.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { JobPosition, JobQueue } from "../core/ports/job-queue.ts";
import type { EpochMs } from "../core/time.ts";
import type { Mail } from "./domain/counted-mail.ts";
import { minutesFor, mostUnits, type DomainLimits } from "./domain/forecast-domain.ts";

/** An export that is being run. */
type RunningExport = Readonly<{
  id: string;
  account: string;
  since: EpochMs;
  done: number;
  listed: number;
  unitsLeft: number | undefined;
  unitsPerMinute: number | undefined;
}>;

/** A process that runs exports, on whatever machine. */
type WorkerAtWork = Readonly<{ id: string; exports: readonly RunningExport[] }>;

/** All that is under way and still to be done, of all workers together. */
export type AllWork = Readonly<{
  at: EpochMs;
  /** By name; those alone that run something. */
  workers: readonly WorkerAtWork[];
  /** Exports that are not at an end, by state. */
  states: ReadonlyMap<StateName, number>;
  /** What is to be read by exports that go on by themselves: paused ones, and those that want a sign-in, are not among them. */
  backlog: Readonly<{
    exports: number;
    /** At list price. */
    units: number;
    /** How many of the exports nothing is known of: each is taken for the mean of the others. */
    guessed: number;
  }>;
  /** Units a minute of all running exports: as they come, those of the last minute, and what they may spend. */
  pace: Readonly<{ unitsPerMinute: number; unitsThisMinute: number; unitsPerMinuteAllowed: number }>;
  limits: DomainLimits;
  /** When all of it is done if nothing stands in the way; undefined where nothing is to be done, or nothing is known. */
  finishAt: EpochMs | undefined;
}>;

export type AllWorkParts = Readonly<{
  queue: Pick<JobQueue, "list" | "counts">;
  /** How much mail an account has, where it was counted. */
  counted(account: string): Mail | undefined;
  limits(): Promise<DomainLimits>;
  clock: Pick<Clock, "now">;
}>;

const PAGE = 200;

/** An answer serves for so long: a console that is open, and scrapes, ask more often than anything changes. */
const KEEP_MS = 3_000;

/** Looks at all exports that are not at an end, whoever runs them. However many ask at once, the list is read once. */
export function createLookAtWork(parts: AllWorkParts): (signal: AbortSignal) => Promise<AllWork> {
  let kept: { work: Promise<AllWork>; until: EpochMs } | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    if (kept === undefined || parts.clock.now() >= kept.until) {
      // Not with the signal of one who asks: others may wait for the same answer.
      const mine = { work: lookAtWork(parts), until: parts.clock.now() + KEEP_MS };
      kept = mine;
      mine.work.catch(() => {
        if (kept === mine) kept = undefined;
      });
    }
    return kept.work;
  };
}

async function lookAtWork({ queue, counted, limits: readLimits, clock }: AllWorkParts): Promise<AllWork> {
  const [live, limits] = await Promise.all([readLive(queue), readLimits()]);
  const now = clock.now();
  const states = new Map<StateName, number>();
  for (const { state } of live) states.set(state, (states.get(state) ?? 0) + 1);
  const goingOn = live.filter(({ state }) => state === "queued" || state === "running" || state === "waiting");
  const known = goingOn.map((job) => unitsLeftOf(job, counted(job.request.account), limits));
  const certain = known.filter((units) => units !== undefined);
  const mean = certain.length === 0 ? 0 : sum(certain) / certain.length;
  const units = known.map((one) => one ?? mean);
  const running = live.filter((job) => job.state === "running");
  // As many run at once as run now, where more wait; else as this process would.
  const concurrency = Math.max(running.length, states.has("queued") ? 0 : limits.concurrency, 1);
  const minutes = minutesFor(units, { ...limits, concurrency });
  return {
    at: now,
    workers: workersOf(running),
    states,
    backlog: { exports: goingOn.length, units: sum(units), guessed: known.length - certain.length },
    pace: paceOf(running),
    limits,
    finishAt: certain.length === 0 ? undefined : now + minutes * 60_000,
  };
}

/** Newest first they are read until there can be no more of them: those that ended are history. */
async function readLive(queue: AllWorkParts["queue"]): Promise<readonly ExportJob[]> {
  const counts = await queue.counts();
  const wanted = sum(LIVE.map((state) => counts.get(state) ?? 0));
  const live = new Map<string, ExportJob>();
  let after: JobPosition | undefined;
  while (live.size < wanted) {
    const { exports, next } = await queue.list(PAGE, after);
    for (const job of exports) if (LIVE.includes(job.state)) live.set(job.id, job);
    if (next === undefined) break;
    after = next;
  }
  return [...live.values()];
}

/** What an export still has to spend: as it says itself, or by how much mail there is; undefined where neither is known. */
function unitsLeftOf(
  { progress, request }: ExportJob,
  mail: Mail | undefined,
  { tier }: DomainLimits,
): number | undefined {
  if (progress.forecast !== null) return progress.forecast.unitsLeft;
  if (progress.stage === "verifying" || progress.stage === "done") return 0;
  if (mail === undefined) return undefined;
  const done = progress.exported + progress.gone;
  const messages = Math.min(mail.messages, request.maxEmails ?? Infinity);
  const share = messages === 0 ? 0 : Math.max(0, messages - done) / mail.messages;
  return mostUnits(mail, tier) * share;
}

function workersOf(running: readonly ExportJob[]): readonly WorkerAtWork[] {
  const byWorker = Map.groupBy(running, ({ worker }) => worker?.id ?? "");
  return [...byWorker]
    .map(([id, jobs]) => ({ id, exports: jobs.map(runningExport).toSorted((a, b) => a.since - b.since) }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function runningExport({ id, request, progress, worker, updatedAt }: ExportJob): RunningExport {
  return {
    id,
    account: request.account,
    since: worker?.since ?? updatedAt,
    done: progress.exported + progress.gone + progress.failed,
    listed: progress.listed,
    unitsLeft: progress.forecast?.unitsLeft,
    unitsPerMinute: progress.forecast?.unitsPerMinute ?? undefined,
  };
}

function paceOf(running: readonly ExportJob[]): AllWork["pace"] {
  const forecasts = running.flatMap(({ progress }) => progress.forecast ?? []);
  return {
    unitsPerMinute: sum(forecasts.map(({ unitsPerMinute }) => unitsPerMinute ?? 0)),
    unitsThisMinute: sum(forecasts.map(({ unitsThisMinute }) => unitsThisMinute)),
    unitsPerMinuteAllowed: sum(forecasts.map(({ unitsPerMinuteAllowed }) => unitsPerMinuteAllowed)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

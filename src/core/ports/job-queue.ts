import type { ExportJob, ExportRequest, ExportState, Progress, Wish } from "../export/job.ts";
import type { EpochMs } from "../time.ts";

/** A worker that has not been heard of for this long is dead: its export is taken up by another. */
export const LEASE_MS = 10_000;

/**
 * How long an export runs before it may have to make room for one that has run for less: small mailboxes are not stuck
 * behind one of a million messages. Long enough that taking it up again, which reads its journal, costs little of it.
 */
export const TURN_MS = 120_000;

/** One worker's hold on one export. */
export type Lease = Readonly<{
  job: ExportJob;
  /**
   * Keeps the hold, records progress, and tells what was asked for meanwhile. "lost" means another worker has it: stop at
   * once and write nothing. "make_room" means that others wait who had fewer turns: it is to be given back as queued.
   */
  beat(progress: Progress): Promise<"go_on" | "pause" | "cancel" | "make_room" | "lost">;
  /**
   * Gives the export back in this state, or in the one that a wish leads to which the worker had not heard of. Does nothing
   * when the hold was lost.
   */
  release(state: ExportState, progress: Progress): Promise<void>;
}>;

/** Where a list goes on: behind the export that was made then, as the `serial`th of all. */
export type JobPosition = Readonly<{ createdAt: EpochMs; serial: number }>;

/** `next` is undefined behind the last. */
export type JobPage = Readonly<{ exports: readonly ExportJob[]; next: JobPosition | undefined }>;

/**
 * Exports and their states, durable. A wish that was taken (pause, cancel) comes true whatever happens to the worker.
 * Nothing here blocks the caller's thread. Every call may wait for who else has the list: where its signal aborts, the
 * caller gets the reason at once, and a change that was under way may still be made. Implemented by `state/embedded/job-queue.ts` and `state/postgres/job-queue.ts`; every one passes
 * `test/contracts/job-queue.ts`.
 */
export type JobQueue = Readonly<{
  /** Throws `directory_busy` when a live export has this directory. */
  add(request: ExportRequest, signal?: AbortSignal): Promise<ExportJob>;
  /** Throws `export_unknown`. */
  get(id: string, signal?: AbortSignal): Promise<ExportJob>;
  /** Newest first, at most `limit`. What is damaged is left out. */
  list(limit: number, after?: JobPosition, signal?: AbortSignal): Promise<JobPage>;
  /** How many there are in each state; a state without any may be left out. */
  counts(signal?: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /**
   * An export that can go on: queued, waiting past its time, or left by a worker that died. Of several that of the
   * highest priority; of those the one that had the fewest turns (each `TURN_MS`), then the oldest. Never two of one account.
   * What comes after the signal has aborted is given back.
   */
  take(signal?: AbortSignal): Promise<Lease | undefined>;
  /** Throws `export_unknown`, `not_in_this_state`, or `directory_busy` where another live export has its directory. */
  ask(id: string, wish: Wish, signal?: AbortSignal): Promise<ExportJob>;
  /** Takes an export that is not live off the list. Throws `export_unknown` or `not_in_this_state`. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
  /** Exports of this account that waited for a sign-in are queued again. */
  signedIn(account: string, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when an export may have changed, after a second at the latest, or when the signal aborts. Call it before
   * looking: what changes during the look is then heard of.
   */
  changed(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}>;

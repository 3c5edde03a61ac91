import type { Failure } from "./errors.ts";
import type { Filter } from "./mailbox.ts";
import type { EpochMs } from "./ports.ts";
import { NOTHING_SPENT, type Spent } from "./quota.ts";

/** What is asked for. `maxEmails` null means all; `directory` is absolute and already checked. */
export type ExportRequest = Readonly<{
  account: string;
  directory: string;
  maxEmails: number | null;
  batchSize: number;
  filter: Filter;
}>;

/** What lies ahead of an export, and how fast it comes nearer. */
export type Forecast = Readonly<{
  /** Calls still to make, at list price. */
  unitsLeft: number;
  /** Over the last minute, or since it began or last waited, if that is less. */
  messagesPerMinute: number;
  unitsPerMinute: number;
  /** What the pacer allows now, of list units. */
  unitsPerMinuteAllowed: number;
  /** Until when Google bade it wait. */
  waitingUntil: EpochMs | null;
  /** When it will be done if things go on as they do; null until that can be told. */
  finishAt: EpochMs | null;
}>;

/** How far an export has come, in this order. */
export const STAGES = ["starting", "listing", "fetching", "verifying", "done"] as const;

type Stage = (typeof STAGES)[number];

/** What is on disk so far, never a guess. `listed` is final once `stage` is past "listing". */
export type Progress = Readonly<{
  stage: Stage;
  listed: number;
  exported: number;
  gone: number;
  failed: number;
  batches: number;
  spent: Spent;
  /** While messages are fetched. */
  forecast: Forecast | null;
}>;

export const NO_PROGRESS: Progress = {
  stage: "starting",
  listed: 0,
  exported: 0,
  gone: 0,
  failed: 0,
  batches: 0,
  spent: NOTHING_SPENT,
  forecast: null,
};

/**
 * queued → running → completed | completed_with_failures | failed | cancelled, and from running also
 *   paused         somebody asked; goes on with `resume`
 *   waiting        quota lock-out or no network; goes on by itself at `until`
 *   needs_sign_in  the grant is gone; goes on by itself after the next sign-in
 */
export type ExportState =
  | Readonly<{ state: "queued" }>
  | Readonly<{ state: "running" }>
  | Readonly<{ state: "paused" }>
  | Readonly<{ state: "waiting"; until: EpochMs; failure: Failure }>
  | Readonly<{ state: "needs_sign_in"; failure: Failure }>
  | Readonly<{ state: "completed" }>
  | Readonly<{ state: "completed_with_failures" }>
  | Readonly<{ state: "failed"; failure: Failure }>
  | Readonly<{ state: "cancelled" }>;

export type StateName = ExportState["state"];

export const STATE_NAMES = [
  "queued",
  "running",
  "paused",
  "waiting",
  "needs_sign_in",
  "completed",
  "completed_with_failures",
  "failed",
  "cancelled",
] as const satisfies readonly StateName[];

export type ExportJob = Readonly<{
  id: string;
  request: ExportRequest;
  progress: Progress;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}> &
  ExportState;

/** What a person may ask of an export. */
export type Wish = "pause" | "resume" | "cancel" | "retry_failed";

const ALLOWED: Readonly<Record<Wish, readonly StateName[]>> = {
  pause: ["queued", "running", "waiting", "needs_sign_in"],
  resume: ["paused", "waiting", "needs_sign_in", "failed"],
  cancel: ["queued", "running", "paused", "waiting", "needs_sign_in"],
  retry_failed: ["completed_with_failures", "failed"],
};

export function mayAsk(wish: Wish, state: StateName): boolean {
  return ALLOWED[wish].includes(state);
}

/** The state a wish leads to. A running export gets there when its worker has made everything durable. */
export function granted(wish: Wish): ExportState {
  switch (wish) {
    case "pause":
      return { state: "paused" };
    case "cancel":
      return { state: "cancelled" };
    case "resume":
    case "retry_failed":
      return { state: "queued" };
  }
}

/** Live exports will write to their directory again without being asked anew; no second one may be started there. */
export const LIVE: readonly StateName[] = ["queued", "running", "paused", "waiting", "needs_sign_in"];

/**
 * Where an export of `account` goes: `outputDir` (relative to the working directory) or, left out, a folder of its own
 * under EXPORT_DIR. Throws `outside_export_dir` when that is not inside EXPORT_DIR once symbolic links are followed.
 */
export type ChooseDirectory = (account: string, outputDir: string | undefined) => Promise<string>;

/** One worker's hold on one export. */
export type Lease = Readonly<{
  job: ExportJob;
  /** Keeps the hold and records progress. "lost" means another worker has it: stop at once and write nothing. */
  beat(progress: Progress): "go_on" | "pause" | "cancel" | "lost";
  /** Gives the export back in this state. Does nothing when the hold was lost. */
  release(state: ExportState, progress: Progress): void;
}>;

/** Exports and their states, durable. Implemented by `state/embedded/job-queue.ts`. */
export type JobQueue = Readonly<{
  /** Throws `directory_busy` when a live export has this directory. */
  add(request: ExportRequest): ExportJob;
  /** Throws `export_unknown`. */
  get(id: string): ExportJob;
  /** Newest first. */
  list(): readonly ExportJob[];
  /** How many there are in each state; a state without any may be left out. */
  counts(): ReadonlyMap<string, number>;
  /** The oldest export that can go on: queued, waiting past its time, or left by a worker that died. Never two of one account. */
  take(): Lease | undefined;
  /** Throws `export_unknown` or `not_in_this_state`. */
  ask(id: string, wish: Wish): ExportJob;
  /** Exports of this account that waited for a sign-in are queued again. */
  signedIn(account: string): void;
  /** Resolves when an export may have changed, after a second at the latest, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
  close(): void;
}>;

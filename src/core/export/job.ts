import type { Failure } from "../errors.ts";
import type { Filter } from "../mail/filter.ts";
import { NOTHING_SPENT, type Spent } from "../quota.ts";
import type { EpochMs } from "../time.ts";
import type { Format } from "./format.ts";
import type { ChangeCounts } from "./manifest.ts";

/**
 * queued → running → completed | completed_with_failures | failed | cancelled, and from running also
 *   paused         somebody asked; goes on with `resume`
 *   waiting        quota, no network, or a directory that is being written; goes on by itself at `until`
 *   needs_sign_in  the grant is gone; goes on by itself after the next sign-in
 */
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
] as const;

export type StateName = (typeof STATE_NAMES)[number];

/**
 * Where an export may go from each state. Every store of exports asserts it at each change: another move is a defect.
 * A lease that is kept, or taken over from a dead worker, is no move: the export goes on running.
 */
const MOVES: Readonly<Record<StateName, readonly StateName[]>> = {
  queued: ["running", "paused", "cancelled"],
  running: [
    "queued",
    "paused",
    "waiting",
    "needs_sign_in",
    "completed",
    "completed_with_failures",
    "failed",
    "cancelled",
  ],
  paused: ["queued", "cancelled"],
  waiting: ["queued", "running", "paused", "cancelled"],
  needs_sign_in: ["queued", "paused", "cancelled"],
  completed: [],
  completed_with_failures: ["queued"],
  failed: ["queued"],
  cancelled: [],
};

/** Throws where there is no such move. */
export function assertMove(from: StateName, to: StateName): void {
  if (!MOVES[from].includes(to)) throw new Error(`an export cannot go from ${from} to ${to}`);
}

/** What a person may ask of an export, and in which states. */
const WISHES = {
  pause: ["queued", "running", "waiting", "needs_sign_in"],
  resume: ["paused", "waiting", "needs_sign_in", "failed"],
  cancel: ["queued", "running", "paused", "waiting", "needs_sign_in"],
  retry_failed: ["completed_with_failures", "failed"],
} as const satisfies Readonly<Record<string, readonly StateName[]>>;

export type Wish = keyof typeof WISHES;

export function mayAsk(wish: Wish, state: StateName): boolean {
  return WISHES[wish].some((one) => one === state);
}

/** The state a wish leads to. A running export gets there when its worker has made everything durable. */
export function stateAfter(wish: Wish): Readonly<{ state: "paused" | "cancelled" | "queued" }> {
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

/** A state with what belongs to it. */
export type ExportState =
  | Readonly<{ state: Exclude<StateName, "waiting" | "needs_sign_in" | "failed"> }>
  | Readonly<{ state: "waiting"; until: EpochMs; failure: Failure }>
  | Readonly<{ state: "needs_sign_in" | "failed"; failure: Failure }>;

/** What is asked for. `maxEmails` null means all; `directory` is absolute and already checked. */
export type ExportRequest = Readonly<{
  account: string;
  /** A former address of the account, under which the directory was exported. */
  was?: string;
  directory: string;
  maxEmails: number | null;
  batchSize: number;
  filter: Filter;
  /** The contents of attachments too. */
  attachments?: boolean;
  /** What is written beside the records; left out where nothing is. */
  formats?: readonly Format[];
  /** Takes out what is deleted in Gmail. */
  prune?: boolean;
  /** Which of those that wait is taken up first: the highest. Left out it is 0. */
  priority?: number;
}>;

/** From the lowest to the highest priority. */
export const PRIORITIES = { lowest: -10, highest: 10 } as const;

/** Who runs an export, and since when. */
export type RunBy = Readonly<{ id: string; since: EpochMs }>;

/** What was taken out because it is deleted in Gmail: messages, and by how many files and bytes the directory is less. */
export type Pruned = Readonly<{ messages: number; files: number; bytes: number }>;

/** What lies ahead of an export, and how fast it comes nearer. */
export type Forecast = Readonly<{
  /** Calls still to make, at list price. */
  unitsLeft: number;
  /**
   * Over the last minute, or since it began or was last let through again, if that is less; null as long as that is too
   * short to say anything, and while it waits.
   */
  messagesPerMinute: number | null;
  unitsPerMinute: number | null;
  /** List units spent within the last minute, and those that may be: what Google counts. */
  unitsThisMinute: number;
  unitsPerMinuteAllowed: number;
  /** Until when Google lets nothing through: its minute is used up. */
  waitingUntil: EpochMs | null;
  /** When it will be done if things go on as they do; null until that can be told: at first, and after a refusal. */
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
  /** Messages of which was read what their records lacked, and how many must be; left out where nothing was lacking. */
  completed?: Readonly<{ done: number; of: number }>;
  /** What changed in Gmail since the run before; left out in a first run, and until it is told. */
  changed?: ChangeCounts;
  /** Left out where that was not asked for, and until it is done. */
  pruned?: Pruned;
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

export type ExportJob = Readonly<{
  id: string;
  request: ExportRequest;
  progress: Progress;
  createdAt: EpochMs;
  updatedAt: EpochMs;
  /** While it runs. */
  worker?: RunBy;
}> &
  ExportState;

import type { AlarmMemory } from "./alarm-memory.ts";
import type { Budget } from "./budget.ts";
import type { Grants } from "./grants.ts";
import type { Holds } from "./holds.ts";
import type { JobQueue } from "./job-queue.ts";
import type { LearnedLimits } from "./learned-limits.ts";
import type { PendingSignIns } from "./pending-sign-ins.ts";
import type { RecentCalls } from "./recent-calls.ts";
import type { Schedules } from "./schedules.ts";

/** `unopened` are grants that no key opens: they stay as they are, and so does the former key. */
export type Rotated = Readonly<{ sealedAnew: number; unopened: number }>;

/**
 * What a deployment remembers besides exports. Nothing of it is opened before it is used. Implemented by
 * `state/embedded/embedded-state.ts` for one machine, and by `state/postgres/postgres-state.ts` for many; each part passes
 * the contract of its own port.
 */
export type State = AsyncDisposable &
  Readonly<{
    /** Sees, and sees to it, that all of it can be used; what stands in the way stops the start, not the first sign-in. */
    prepare(): Promise<void>;
    /** Whether exports and schedules were ever kept in it. Makes nothing. */
    hasQueue(): Promise<boolean>;
    queue: JobQueue & Readonly<{ schedules: Schedules }>;
    grants: Grants;
    /** Gives all grants a new key. Throws `not_in_this_state` while another process does so. */
    rotateKey(signal: AbortSignal): Promise<Rotated>;
    pendingSignIns: PendingSignIns;
    limits: LearnedLimits;
    recent: RecentCalls;
    budget: Budget;
    alarms: AlarmMemory;
    holds: Holds;
  }>;

import type { EpochMs } from "../time.ts";
import type { AlarmMemory } from "./alarm-memory.ts";
import type { Grants } from "./grants.ts";
import type { LearnedLimit } from "./learned-limits.ts";
import type { RecentMinute } from "./recent-calls.ts";

/** Where a deployment's state can lie: in PostgreSQL, or in STATE_DIR and TOKEN_DIR. */
export type StateKind = "database" | "folder";

/** An export as it is stored. `job` and `state` may be damaged: they are carried as they are. */
export type ExportEntry = Readonly<{
  id: string;
  account: string;
  directory: string;
  state: string;
  /** Asked of a running export: pause, cancel, make_room. */
  wish: string | null;
  priority: number;
  /** How many it has had (`TURN_MS`). */
  turns: number;
  createdAt: EpochMs;
  /** JSON of an `ExportJob`. */
  job: string;
}>;

/** A schedule as it is stored. */
export type ScheduleEntry = Readonly<{
  id: string;
  directory: string;
  revision: number;
  /** The export that it added last, when, and how that ended once it is off the list. */
  lastExport: string | null;
  lastAt: EpochMs | null;
  lastState: string | null;
  /** JSON of all else. */
  schedule: string;
}>;

/**
 * What stands at both ends of a move, so that one of them at the most can be started: `leaving` and then `left` where the
 * state came from, `arriving` and then `arrived` where it goes. `id` is the move's, `other` the other end, for people;
 * `before` is the id of the move by which the state had arrived that leaves.
 */
export type MoveMark = Readonly<{
  id: string;
  status: "leaving" | "left" | "arriving" | "arrived";
  other: string;
  before?: string | undefined;
}>;

/**
 * All that a deployment remembers, for who moves it elsewhere while nothing runs. Exports and schedules keep their ids and
 * their order: the oldest comes first. Implemented by `state/embedded/stored-folder.ts` and
 * `state/postgres/stored-database.ts`; both pass `test/contracts/stored-state.ts`.
 */
export type StoredState = AsyncDisposable &
  Readonly<{
    kind: StateKind;
    /** For people; no user, no password. */
    place: string;
    /** Sees to it that it can be written. */
    prepare(): Promise<void>;
    readMark(): Promise<MoveMark | undefined>;
    /** Durable when it resolves. */
    writeMark(mark: MoveMark | undefined): Promise<void>;
    /** Throws `not_in_this_state` where a process of the deployment uses it. */
    assertAtRest(): Promise<void>;
    /** Keeps other moves away until disposed; undefined where one is under way. */
    holdMove(): Promise<AsyncDisposable | undefined>;
    /** `pageSize` at a time. */
    exports(pageSize: number): AsyncIterable<readonly ExportEntry[]>;
    /** Adds them behind those that are there, all or none. None of them is running. */
    addExports(entries: readonly ExportEntry[]): Promise<void>;
    schedules(): Promise<readonly ScheduleEntry[]>;
    addSchedules(entries: readonly ScheduleEntry[]): Promise<void>;
    /** Forgets all exports and schedules. */
    clear(): Promise<void>;
    /** By client id. */
    limits(): Promise<ReadonlyMap<string, LearnedLimit>>;
    replaceLimits(limits: ReadonlyMap<string, LearnedLimit>): Promise<void>;
    /** By the name under which they are stored. */
    recent(): Promise<ReadonlyMap<string, RecentMinute>>;
    replaceRecent(recent: ReadonlyMap<string, RecentMinute>): Promise<void>;
    grants: Grants;
    alarms: AlarmMemory;
  }>;

/** How much a move took along. */
export type Moved = Readonly<{
  to: StateKind;
  place: string;
  exports: number;
  schedules: number;
  signIns: number;
  limits: number;
  alarms: number;
}>;

import type { Trouble } from "../export/alarm.ts";
import type { EpochMs } from "../time.ts";

/** A trouble, and how far its receiver has been told of it. */
export type Alarm = Trouble &
  Readonly<{
    account: string;
    /** Set once it is over and that is to be told. */
    overSince?: EpochMs;
    /** The receiver has taken what is to be told: that it began or goes on, or with `overSince`, that it is over. */
    told: boolean;
    /** When the telling began that is under way, or was the last. */
    round: EpochMs;
    /** How often that failed in this round. */
    attempts: number;
    /** Not told again before. */
    nextAt: EpochMs;
  }>;

/** What is remembered of one schedule. */
export type Remembered = Readonly<{
  alarms: readonly Alarm[];
  /** The last moment up to which its directory was proven complete: a run that began since may have put that aside. */
  provenAt?: EpochMs;
  /** The schedule is paused: its alarms rest. */
  paused?: true;
}>;

/** By the id of the schedule. */
export type AlarmRecord = Readonly<Record<string, Remembered>>;

/**
 * Which alarms are on, and who was told what: durable, so that a restart tells nobody twice, and shared by the processes
 * of a deployment, so that one of them tells. Implemented by `state/embedded/alarm-memory.ts`; every one passes
 * `test/contracts/alarm-memory.ts`.
 */
export type AlarmMemory = Readonly<{
  /** Nothing where nothing can be read: an alarm that is told twice is better than none. */
  read(): Promise<AlarmRecord>;
  /**
   * Runs `work` with what is remembered while no other call or process does so; false, and nothing is run, where another
   * one does. `keep` replaces all of it, durably when it resolves, and throws what the disk says.
   */
  exclusively(
    work: (record: AlarmRecord, keep: (record: AlarmRecord) => Promise<void>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<boolean>;
}>;

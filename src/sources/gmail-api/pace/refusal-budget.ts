import type { EpochMs } from "../../../core/time.ts";

const HOUR_MS = 3_600_000;

/** Refusals in an hour that an account may come by; those of calls that were under way together count once. */
const PER_HOUR = 24;

/** How many refusals are still worth what they teach. Once they are spent nothing is tried out any more. */
export type RefusalBudget = Readonly<{
  refused(now: EpochMs): void;
  isSpent(now: EpochMs): boolean;
}>;

export function createRefusalBudget(): RefusalBudget {
  let times: EpochMs[] = [];
  return {
    refused(now) {
      times = [...times.filter((at) => at > now - HOUR_MS), now];
    },
    isSpent: (now) => times.length >= PER_HOUR && times.filter((at) => at > now - HOUR_MS).length >= PER_HOUR,
  };
}

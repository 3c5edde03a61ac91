import type { Failure } from "../errors.ts";
import type { EpochMs } from "../time.ts";

/** How long an export rests when something passes by itself and nobody said until when. */
const REST_MS = 60_000;

/** While a database is away nothing is taken up again, however short this is. */
const REST_FOR_DATABASE_MS = 5_000;

/** No wait is shorter: what was to be over may be so a moment later by another clock. */
const LEAST_MS = 500;

const DAY_MS = 24 * 60 * 60_000;

/** What becomes of an export that met a failure: it goes on by itself at a time, or after a sign-in, or not. */
export type AfterFailure =
  | Readonly<{ what: "wait"; until: EpochMs }>
  | Readonly<{ what: "sign_in" }>
  | Readonly<{ what: "end" }>;

/** The one rule for server and command line. A directory that is being written becomes free, and a day's quota is whole again. */
export function afterFailure(failure: Failure, now: EpochMs): AfterFailure {
  if (failure.code === "directory_busy") return { what: "wait", until: now + REST_MS };
  if (failure.code === "daily_limit") return { what: "wait", until: nextQuotaDay(now) };
  switch (failure.retry) {
    case "never":
      return { what: "end" };
    case "sign_in":
      return { what: "sign_in" };
    case "backoff":
    case "wait": {
      const restMs = failure.code === "database" ? REST_FOR_DATABASE_MS : REST_MS;
      return { what: "wait", until: Math.max(failure.at ?? now + restMs, now + LEAST_MS) };
    }
  }
}

/** Google counts a day's quota from midnight to midnight in California. Source: https://cloud.google.com/docs/quotas/overview. */
function nextQuotaDay(now: EpochMs): EpochMs {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "America/Los_Angeles", timeStyle: "medium" }).format(now);
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return now + DAY_MS - ((hours * 60 + minutes) * 60 + seconds) * 1_000 + REST_MS;
}

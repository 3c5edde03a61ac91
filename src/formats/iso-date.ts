import { isMoment, type EpochMs } from "../core/time.ts";

/** ISO 8601 UTC; "" when there is no moment between the years 0 and 9999. */
export function isoDate(moment: EpochMs | undefined): string {
  const iso = isMoment(moment) ? new Date(moment).toISOString() : "";
  return /^\d{4}-/.test(iso) ? iso : "";
}

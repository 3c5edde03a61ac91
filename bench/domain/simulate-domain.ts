import { PROJECT_UNITS_PER_DAY } from "../../src/core/quota.ts";

/** A domain and what reads it. */
export type Deployment = Readonly<{
  /** What each mailbox takes, in quota units. */
  mailboxes: readonly number[];
  workers: number;
  /** EXPORT_CONCURRENCY of each. */
  concurrency: number;
  unitsPerMinute: number;
  projectUnitsPerMinute: number;
}>;

export type Simulated = Readonly<{
  minutes: number;
  units: number;
  /** The most mailboxes that were read at once, and how many were on the average. */
  mostAtOnce: number;
  meanAtOnce: number;
  /** Of what the project's limit a minute allows until the end. */
  shareOfLimit: number;
  /** The dearest day, and how many were beyond what Google means to bill for, by how many units together. */
  mostOfDay: number;
  daysBeyond: number;
  unitsBeyond: number;
}>;

const MINUTES_OF_DAY = 24 * 60;

/**
 * Reads a domain in virtual time, minute by minute: as many mailboxes at once as there is room for, the next where one has
 * ended; each as fast as its own limit lets it, and all together not faster than the project's, which they share evenly.
 */
export function simulateDomain(deployment: Deployment): Simulated {
  const { mailboxes, workers, concurrency, unitsPerMinute, projectUnitsPerMinute } = deployment;
  const waiting = mailboxes.values();
  const reading: number[] = [];
  const days: number[] = [];
  let [minutes, atOnce, mostAtOnce] = [0, 0, 0];
  const fill = (): void => {
    while (reading.length < workers * concurrency) {
      const next = waiting.next();
      if (next.done) return;
      reading.push(next.value);
    }
  };
  for (fill(); reading.length > 0; fill()) {
    atOnce += reading.length;
    mostAtOnce = Math.max(mostAtOnce, reading.length);
    const each = Math.min(unitsPerMinute, projectUnitsPerMinute / reading.length);
    const day = Math.floor(minutes / MINUTES_OF_DAY);
    for (let at = reading.length - 1; at >= 0; at -= 1) {
      const spent = Math.min(each, reading[at]!);
      days[day] = (days[day] ?? 0) + spent;
      reading[at]! -= spent;
      if (reading[at]! <= 0) reading.splice(at, 1);
    }
    minutes += 1;
  }
  const units = days.reduce((sum, one) => sum + one, 0);
  const beyond = days.map((one) => one - PROJECT_UNITS_PER_DAY).filter((one) => one > 0);
  return {
    minutes,
    units,
    mostAtOnce,
    meanAtOnce: minutes === 0 ? 0 : atOnce / minutes,
    shareOfLimit: minutes === 0 ? 0 : units / (minutes * projectUnitsPerMinute),
    mostOfDay: Math.max(0, ...days),
    daysBeyond: beyond.length,
    unitsBeyond: beyond.reduce((sum, one) => sum + one, 0),
  };
}

import { language } from "./language.ts";

/** Numbers, times and sizes as the reader writes them. */

export function number(value: number): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: 0 }).format(value);
}

/** 0.123 is "12 %". */
export function share(value: number): string {
  const digits = value > 0 && value < 0.01 ? 2 : 0;
  return new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: digits }).format(value);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: UNITS[power]!,
    unitDisplay: power === 0 ? "long" : "short", // the short plural of "byte" is "byte"
    maximumSignificantDigits: 3,
  }).format(value / 1000 ** power);
}

export function dateTime(at: string | number | Date): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

export function date(at: string | number | Date): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(new Date(at));
}

/** "2024-01" is "Jan 2024". */
export function month(yearAndMonth: string): string {
  const at = new Date(`${yearAndMonth}-01T00:00:00Z`);
  return new Intl.DateTimeFormat(language.value, { month: "short", year: "numeric", timeZone: "UTC" }).format(at);
}

/** "14:05", or "14:05:30". */
export function timeOfDay(at: string | number | Date, seconds = false): string {
  return new Intl.DateTimeFormat(language.value, { timeStyle: seconds ? "medium" : "short" }).format(new Date(at));
}

/** The time, and the day too when it is another than that of `now`. */
export function moment(at: string | number | Date, now: string | number | Date): string {
  const isSameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return isSameDay ? timeOfDay(at) : dateTime(at);
}

/** "2 hr, 5 min", or "2 hours, 5 minutes"; under a minute, "40 sec". */
export function duration(ms: number, style: "short" | "long" = "short"): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = hours > 0 ? { hours, minutes } : minutes > 0 ? { minutes } : { seconds };
  // A zero is left out, and nothing would remain of "0 sec".
  const secondsDisplay = "seconds" in parts ? "always" : "auto";
  return new Intl.DurationFormat(language.value, { style, secondsDisplay }).format(parts);
}

/** Milliseconds of a unit, and up to how many of them it is told in. */
const AGES = [
  ["minute", 60_000, 60],
  ["hour", 3_600_000, 24],
  ["day", 86_400_000, 60],
  ["month", 2_629_746_000, 24],
  ["year", 31_556_952_000, Infinity],
] as const;

/** How long before or after `now`: "3 days ago", "in 2 hours"; within a minute, "now". */
export function relativeTime(at: string | number | Date, now: string | number | Date): string {
  const ms = new Date(at).getTime() - new Date(now).getTime();
  if (Math.abs(ms) < 60_000)
    return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(0, "second");
  const [unit, unitMs] = AGES.find(([, its, most]) => Math.floor(Math.abs(ms) / its) < most)!;
  // Not "yesterday": that may be two days of the calendar ago.
  return new Intl.RelativeTimeFormat(language.value).format(Math.trunc(ms / unitMs), unit);
}

import { inBoth, language } from "../language.ts";

const words = inBoth({
  en: {
    everyMinutes: (step: number) => (step === 1 ? "Every minute" : `Every ${step} minutes`),
    hourly: (minute: string) => `Every hour, ${minute} past`,
    onTheHour: "Every hour, on the hour",
    everyHours: (step: number, minute: string) => `Every ${step} hours, ${minute} past`,
    minutes: (count: number) => (count === 1 ? "1 minute" : `${count} minutes`),
    daily: (time: string) => `Every day at ${time}`,
    weekly: (days: string, time: string) => `Every ${days} at ${time}`,
    monthly: (day: number, time: string) => `On day ${day} of each month at ${time}`,
  },
  fr: {
    everyMinutes: (step: number) => (step === 1 ? "Chaque minute" : `Toutes les ${step} minutes`),
    hourly: (minute: string) => `Chaque heure, ${minute} après`,
    onTheHour: "Chaque heure pile",
    everyHours: (step: number, minute: string) => `Toutes les ${step} heures, ${minute} après`,
    minutes: (count: number) => (count < 2 ? `${count} minute` : `${count} minutes`),
    daily: (time: string) => `Chaque jour à ${time}`,
    weekly: (days: string, time: string) => `Chaque ${days} à ${time}`,
    monthly: (day: number, time: string) => `Le ${day === 1 ? "1er" : day} de chaque mois à ${time}`,
  },
});

const NAMES_OF_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** 1970-01-04 was a Sunday. */
const A_SUNDAY = Date.UTC(1970, 0, 4);
const DAY_MS = 86_400_000;

/** What the usual cron expressions say, in words; undefined of others, which had better be shown as they are. */
export function whenInWords(expression: string): string | undefined {
  const w = words();
  const [minute = "", hour = "", day = "", month = "", weekday = "", ...more] = expression.trim().split(/\s+/);
  if (more.length > 0 || month !== "*") return undefined;
  const isEveryDay = day === "*" && weekday === "*";
  const step = stepOf(minute, 60);
  if (step !== undefined && hour === "*") return isEveryDay ? w.everyMinutes(step) : undefined;
  const atMinute = numberUpTo(minute, 59);
  if (atMinute === undefined) return undefined;
  const past = w.minutes(atMinute);
  if (isEveryDay && hour === "*") return atMinute === 0 ? w.onTheHour : w.hourly(past);
  const hours = stepOf(hour, 24);
  if (isEveryDay && hours !== undefined) return w.everyHours(hours, past);
  const atHour = numberUpTo(hour, 23);
  if (atHour === undefined) return undefined;
  const time = timeOf(atHour, atMinute);
  if (isEveryDay) return w.daily(time);
  if (day === "*") {
    const days = daysIn(weekday);
    return days && w.weekly(days, time);
  }
  const ofMonth = numberUpTo(day, 31);
  return weekday === "*" && ofMonth ? w.monthly(ofMonth, time) : undefined;
}

function numberUpTo(field: string, most: number): number | undefined {
  return /^\d{1,2}$/.test(field) && Number(field) <= most ? Number(field) : undefined;
}

/** "*" is every one, "*" with a step every so many where that comes out even: else the last gap is another. */
function stepOf(field: string, of: number): number | undefined {
  if (field === "*") return of === 60 ? 1 : undefined;
  const step = Number(/^\*\/(\d{1,2})$/.exec(field)?.[1] ?? 0);
  return step > 1 && step < of && of % step === 0 ? step : undefined;
}

function timeOf(hour: number, minute: number): string {
  const at = Date.UTC(1970, 0, 1, hour, minute);
  return new Intl.DateTimeFormat(language.value, { timeStyle: "short", timeZone: "UTC" }).format(at);
}

/** "Monday", "Monday and Friday"; ranges are spelled out. */
function daysIn(field: string): string | undefined {
  const days = new Set<number>();
  for (const part of field.split(",")) {
    const [from, to = from, ...more] = part.split("-").map(dayOf);
    if (from === undefined || to === undefined || more.length > 0) return undefined;
    const last = to < from ? to + 7 : to; // from Friday to Monday
    for (let day = from; day <= last; day++) days.add(day % 7);
  }
  const fromMonday = [...days].toSorted((one, other) => ((one + 6) % 7) - ((other + 6) % 7));
  const named = new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" });
  return new Intl.ListFormat(language.value).format(fromMonday.map((day) => named.format(A_SUNDAY + day * DAY_MS)));
}

function dayOf(name: string): number | undefined {
  const known = NAMES_OF_DAYS.indexOf(name.toUpperCase());
  if (known >= 0) return known;
  return /^[0-7]$/.test(name) ? Number(name) % 7 : undefined;
}

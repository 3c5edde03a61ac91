import { refuse } from "../../../core/errors.ts";

/** What a field names; `*` is every value. Sunday is 0. */
export type CronValues = Readonly<
  Record<"second" | "minute" | "hour" | "day" | "month" | "weekday", readonly number[] | "*">
>;

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MONTHS = ["", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
export const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/**
 * The values that an expression names, which is a good one. Throws `schedule_invalid` where it says what only a server
 * of ours understands: the last day, the nearest weekday, the second Friday.
 */
export function cronValues(expression: string): CronValues {
  const text = expression.trim().toUpperCase();
  const fields = (NICKNAMES[text.toLowerCase()] ?? text).split(/\s+/);
  const [second = "0", minute = "*", hour = "*", day = "*", month = "*", weekday = "*"] =
    fields.length === 6 ? fields : ["0", ...fields];
  return {
    second: valuesOf(second, 0, 59),
    minute: valuesOf(minute, 0, 59),
    hour: valuesOf(hour, 0, 23),
    day: valuesOf(day, 1, 31),
    month: valuesOf(month, 1, 12, MONTHS),
    weekday: weekdays(valuesOf(weekday, 0, 7, WEEKDAYS)),
  };
}

function valuesOf(field: string, from: number, to: number, names: readonly string[] = []): readonly number[] | "*" {
  if (field === "*" || field === "?") return "*";
  const found = new Set<number>();
  for (const item of field.split(",")) {
    const [range = "", step = "1"] = item.split("/");
    const [first = "", last = first] = range === "*" ? [String(from), String(to)] : range.split("-");
    const begin = numberOf(first, names);
    const end = last === "SUN" && last !== first ? 7 : numberOf(last, names);
    if (begin === undefined || end === undefined || !/^\d+$/.test(step))
      throw refuse(
        "schedule_invalid",
        `Neither cron nor systemd knows "${item}".`,
        "Name the days by number or name; a server of gmail-export (schedule add) understands it.",
      );
    for (let value = begin; value <= end; value += Number(step)) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
}

function numberOf(text: string, names: readonly string[]): number | undefined {
  const named = names.indexOf(text);
  if (text !== "" && named !== -1) return named;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function weekdays(values: readonly number[] | "*"): readonly number[] | "*" {
  if (values === "*") return values;
  const days = [...new Set(values.map((value) => value % 7))].toSorted((a, b) => a - b);
  return days.length === 7 ? "*" : days;
}

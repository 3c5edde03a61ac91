import { refuse } from "../../../core/errors.ts";
import { cronValues } from "./cron-values.ts";
import type { TimedCommand } from "./systemd-units.ts";

/** A line of a crontab (crontab(5)) that runs a command. Throws `schedule_invalid` where cron cannot be told this. */
export function crontabLine(cron: string, { command, directory }: TimedCommand): string {
  const { second, day, weekday } = cronValues(cron);
  if (second === "*" || second.some((value) => value !== 0))
    throw refuse("schedule_invalid", "cron knows no seconds.", "Leave the first of the six fields out.");
  if ([...command, directory].some((word) => word.includes("\n")))
    throw refuse("schedule_invalid", "A crontab has one line for a command.", "Leave line breaks out of its options.");
  const [minute, hour, , month] = cron.trim().split(/\s+/).slice(-5);
  // Days one by one: where a field begins with *, as */2 does, cron wants the other one too; and FRI-SUN it does not know.
  const when = hour === undefined ? cron.trim() : [minute, hour, listed(day), month, listed(weekday)].join(" ");
  const line = `cd ${forShell(directory)} && ${command.map(forShell).join(" ")}`;
  return `${when.replaceAll("?", "*")} ${line.replaceAll("%", "\\%")}`; // an unescaped % ends the command there
}

function listed(values: readonly number[] | "*"): string {
  return values === "*" ? values : values.join(",");
}

/** One word for sh, whatever is in it. */
export function forShell(word: string): string {
  return /^[\w@.,:/=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

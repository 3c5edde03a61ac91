import { refuse } from "../../../core/errors.ts";
import { cronValues } from "./cron-values.ts";
import type { TimedCommand } from "./systemd-units.ts";

/** A line of a crontab (crontab(5)) that runs a command. Throws `schedule_invalid` where cron cannot be told this. */
export function crontabLine(cron: string, { command, directory }: TimedCommand): string {
  const { second } = cronValues(cron);
  const fields = cron.trim().split(/\s+/);
  if (second === "*" || second.some((value) => value !== 0))
    throw refuse("schedule_invalid", "cron knows no seconds.", "Leave the first of the six fields out.");
  if ([...command, directory].some((word) => word.includes("\n")))
    throw refuse("schedule_invalid", "A crontab has one line for a command.", "Leave line breaks out of its options.");
  const when = (fields.length === 6 ? fields.slice(1) : fields).join(" ").replaceAll("?", "*");
  const line = `cd ${forShell(directory)} && ${command.map(forShell).join(" ")}`;
  return `${when} ${line.replaceAll("%", "\\%")}`; // an unescaped % ends the command there
}

/** One word for sh, whatever is in it. */
export function forShell(word: string): string {
  return /^[\w@.,:/=+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

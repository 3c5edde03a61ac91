import { EXIT_WORDS } from "../exit-code.ts";
import { cronValues, WEEKDAYS } from "./cron-values.ts";

/** A command that a timer is to run: words, the first a path, and the folder it runs in. */
export type TimedCommand = Readonly<{ command: readonly string[]; directory: string }>;

export type Units = Readonly<{ name: string; service: string; timer: string }>;

/** A service and its timer (systemd.service(5), systemd.timer(5)) for one account. */
export function systemdUnits(
  account: string,
  { command, directory }: TimedCommand,
  when: Readonly<{ cron: string; timeZone: string; jitterSeconds: number }>,
): Units {
  const [program = "", ...words] = command;
  const service = [
    "[Unit]",
    `Description=gmail-export of ${plain(account)}`,
    "",
    "[Service]",
    "Type=oneshot",
    `WorkingDirectory=${specified(directory)}`,
    `ExecStart=${[quoted(program), ...words.map((word) => quoted(word).replaceAll("$", "$$$$"))].join(" ")}`,
    ...exitCodeComments(),
    "",
  ];
  const timer = [
    "[Unit]",
    `Description=When gmail-export of ${plain(account)} runs`,
    "",
    "[Timer]",
    ...calendarOf(when.cron, when.timeZone).map((line) => `OnCalendar=${line}`),
    ...(when.jitterSeconds > 0 ? [`RandomizedDelaySec=${when.jitterSeconds}`] : []),
    "# What was missed while the machine was off is made up for once.",
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ];
  return { name: unitName(account), service: service.join("\n"), timer: timer.join("\n") };
}

/** How the command can end, as comments. */
export function exitCodeComments(): readonly string[] {
  const endings = ["ok", "usage", "setup", "signIn", "incomplete", "google", "disk", "directory"] as const;
  return [
    "# How it can end (docs/cli.md); with --quiet it says nothing where all is well:",
    ...endings.map((ending) => `#   ${EXIT_WORDS[ending]}`),
  ];
}

/**
 * Calendar events (systemd.time(7)) at which an expression comes true: two where both day of month and day of week are
 * named, as either is enough for cron.
 */
export function calendarOf(cron: string, timeZone: string): readonly string[] {
  const { second, minute, hour, day, month, weekday } = cronValues(cron);
  const line = (days: typeof day, weekdays: typeof weekday): string =>
    [
      ...(weekdays === "*" ? [] : [weekdays.map((one) => capital(WEEKDAYS[one]!)).join(",")]),
      `*-${listed(month)}-${listed(days)}`,
      [hour, minute, second].map(listed).join(":"),
      timeZone,
    ].join(" ");
  if (day === "*" || weekday === "*") return [line(day, weekday)];
  return [line(day, "*"), line("*", weekday)];
}

function listed(values: readonly number[] | "*"): string {
  return values === "*" ? "*" : values.map((value) => String(value).padStart(2, "0")).join(",");
}

const capital = (name: string): string => name.charAt(0) + name.slice(1).toLowerCase();

/** No `@`, which would make it an instance of another unit; nothing that a shell reads. */
function unitName(account: string): string {
  const name = account
    .toLowerCase()
    .replace("@", "-at-")
    .replaceAll(/[^a-z0-9.-]/g, (character) => `_${character.codePointAt(0)!.toString(16)}`);
  return `gmail-export-${name}`;
}

const specified = (text: string): string => text.replaceAll("%", "%%");

/** A word of ExecStart. `$` is for whoever calls this: it is doubled in words, and not in the program's path. */
function quoted(word: string): string {
  const escaped = word.replaceAll(/["\\]/g, (character) => `\\${character}`).replaceAll("\n", "\\n");
  return `"${specified(escaped)}"`;
}

/** A line's worth of text for people. */
const plain = (text: string): string => specified(text.replaceAll(/\s/g, " "));

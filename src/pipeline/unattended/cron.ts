import { Cron } from "croner";

import { refuse, type ExportError } from "../../core/errors.ts";
import type { Occurrences } from "../../core/export/schedule.ts";
import type { EpochMs } from "../../core/time.ts";

/** Closer together than this an account is not asked for what is new. */
const SHORTEST_INTERVAL_MS = 60_000;

/** Fields as crontab(5) has them; with six, seconds stand in front. `values` are named where one of them is wrong. */
const FIELDS = [
  { name: "second", values: "0-59" },
  { name: "minute", values: "0-59" },
  { name: "hour", values: "0-23" },
  { name: "day of month", values: "1-31, L, W" },
  { name: "month", values: "1-12, JAN-DEC" },
  { name: "day of week", values: "0-7, SUN-SAT" },
];

type Field = Readonly<{ name: string; values: string; text: string; start: number }>;

/**
 * Reads a cron expression in a time zone of the IANA: five fields, six with seconds in front, or a name such as `@daily`.
 * `now` is where it is looked from whether it comes true at all. At a time that a change of clocks leaves out it comes
 * true right after, at one that comes twice it does so once; but each hour of `*` counts. Throws `schedule_invalid`,
 * whose message names the field and the character, counted from 1.
 */
export function readCron(expression: string, timeZone: string, now: EpochMs): Occurrences {
  assertTimeZone(timeZone);
  assertFields(expression);
  const cron = parse(expression, timeZone);
  if (!cron) throw invalid(expression, 0, "This cannot be read as a cron expression");
  const after = (moment: EpochMs): EpochMs | undefined => cron.nextRun(new Date(moment))?.getTime();
  const first = after(now);
  if (first === undefined)
    throw invalid(expression, 0, `There is no day on which "${expression}" comes true`, "Choose a day that comes.");
  assertInterval(expression, first, after);
  return {
    after,
    notAfter(moment) {
      const [last] = cron.previousRuns(1, new Date(moment + 1));
      return last?.getTime();
    },
  };
}

/** Throws `schedule_invalid` for a name that is none. */
function assertTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat("en", { timeZone });
  } catch {
    throw refuse(
      "schedule_invalid",
      `There is no time zone "${timeZone}".`,
      "Name one as the IANA does, such as Europe/Paris, America/New_York or UTC.",
      { place: { field: "time_zone" } },
    );
  }
}

/** Throws where a field alone cannot be read: with the place in it that is wrong. */
function assertFields(expression: string): void {
  if (expression.trim().startsWith("@")) return; // a name for all of them
  const texts = [...expression.matchAll(/\S+/g)];
  if (texts.length !== 5 && texts.length !== 6)
    throw invalid(
      expression,
      texts[6]?.index ?? expression.trimEnd().length,
      `A cron expression has five fields (minute, hour, day of month, month, day of week), or six with seconds in front; here are ${texts.length}`,
    );
  const fields = FIELDS.slice(6 - texts.length).map(({ name, values }, n): Field => ({
    name,
    values,
    text: texts[n]![0],
    start: texts[n]!.index,
  }));
  for (const field of fields) {
    const wrong = firstWrong(field, (text) => reads(fields, field, text));
    if (wrong === undefined) continue;
    const at = field.start + wrong.offset;
    const found = wrong.text === "" ? "something is missing" : `"${wrong.text}" cannot be used`;
    throw invalid(expression, at, `The ${field.name} is wrong: ${found} (${field.values})`);
  }
}

/** Whether an expression with this in the place of the field, and nothing else in it, can be read. */
function reads(fields: readonly Field[], field: Field, text: string): boolean {
  return parse(fields.map((other) => (other === field ? text : "*")).join(" "), "UTC") !== undefined;
}

/** The first part of a list that cannot be read, and in it what follows the longest beginning that can be. */
function firstWrong({ text }: Field, isGood: (text: string) => boolean): { offset: number; text: string } | undefined {
  if (isGood(text)) return undefined;
  let offset = 0;
  for (const item of text.split(",")) {
    if (item === "" || !isGood(item)) {
      const ends = [...item.matchAll(/[-/#]/g)].map(({ index }) => index).filter((end) => isGood(item.slice(0, end)));
      const last = ends.at(-1);
      const from = last === undefined ? 0 : last + 1;
      return { offset: offset + from, text: item.slice(from) };
    }
    offset += item.length + 1;
  }
  return { offset: 0, text };
}

/** Undefined where it cannot be read. */
function parse(expression: string, timezone: string): Cron | undefined {
  try {
    return new Cron(expression, { timezone, paused: true, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
  } catch {
    return undefined;
  }
}

/** What happens in one second of a minute happens in it in every minute that counts: the first two occurrences tell. */
function assertInterval(expression: string, first: EpochMs, after: (moment: EpochMs) => EpochMs | undefined): void {
  const second = after(first);
  if (second !== undefined && second - first < SHORTEST_INTERVAL_MS)
    throw invalid(
      expression,
      0,
      `"${expression}" comes true twice within a minute`,
      "Leave at least a minute between two exports: name a single second, or none.",
    );
}

/** `next` where the whole is wrong, and no one character. */
function invalid(expression: string, at: number, what: string, next?: string): ExportError {
  const character = Math.min(at, expression.length) + 1;
  return next === undefined
    ? refuse(
        "schedule_invalid",
        `${what}, at character ${character} of "${expression}".`,
        'Correct it there: "0 3 * * *" is every night at three, "*/30 * * * *" every half hour.',
        { place: { field: "cron", character } },
      )
    : refuse("schedule_invalid", `${what}.`, next, { place: { field: "cron" } });
}

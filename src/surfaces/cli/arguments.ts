import { Argument, InvalidArgumentError } from "commander";

import { FORMATS, type Format } from "../../core/export/format.ts";

/** An account. Its name is what shell completion goes by: it offers who is signed in. */
export function account(name: "<email>" | "[email]", description: string): Argument {
  return new Argument(name, description).argParser(address);
}

function address(text: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return text;
  throw new InvalidArgumentError("It is not an e-mail address.");
}

/** Text to search for. What is not UTF-8 on the command line comes as U+FFFD, or as half of a surrogate pair: it would find nothing. */
export function searchText(text: string): string {
  if (text.isWellFormed() && !text.includes("\uFFFD")) return text;
  throw new InvalidArgumentError("It holds something that is no character.");
}

export function searchTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, searchText(text)];
}

export function atLeastOne(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number, 1 or more.");
}

/** Names with commas between. What is none is refused with those that there are. */
export function formats(text: string): readonly Format[] {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const unknown = names.find((name) => !FORMATS.some((one) => one === name) && name !== "json");
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `There is no format "${unknown}". Those there are: json (always), ${FORMATS.join(", ")}.`,
    );
  return FORMATS.filter((one) => names.includes(one));
}

/** A day in UTC, as the moment at which it begins. */
export function dayAt(text: string): number {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (!Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text)) return moment;
  throw new InvalidArgumentError("It must be a day, such as 2023-12-05.");
}

/** A moment: a day in UTC, which begins then, or a time with its zone (ISO 8601). */
export function momentAt(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text)) {
    const moment = Date.parse(text);
    if (!Number.isNaN(moment)) return moment;
  } else if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return dayAt(text);
  throw new InvalidArgumentError(
    "It must be a day, such as 2023-12-05, or a time with its zone, such as 2023-12-05T10:11Z.",
  );
}

/** A day at the most: more is another schedule. */
export function jitterSeconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 86_400) return value;
  throw new InvalidArgumentError("It must be a whole number of seconds, 0 to 86400.");
}

export function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a port: 1 to 65535.");
}

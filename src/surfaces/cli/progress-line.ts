import { stripVTControlCharacters } from "node:util";

import type { Forecast, Progress } from "../../core/job.ts";
import type { EpochMs } from "../../core/ports.ts";
import type { Paint } from "./terminal.ts";
import { duration, number, plural } from "./words.ts";

/** Parts of a line in the order in which they stand, each in its forms, the longest first. */
export type Parts = Readonly<Partial<Record<PartName, readonly string[]>>>;

type PartName = "stage" | "counts" | "rate" | "share" | "trouble" | "wait" | "left";

const ORDER: readonly PartName[] = ["stage", "counts", "rate", "share", "trouble", "wait", "left"];

/** What becomes shorter in a narrow terminal, step by step: how much is done and how long it takes are given up last. */
const GIVEN_UP: readonly PartName[] = [
  ...(["share", "trouble", "stage", "left", "rate", "counts"] as const), // to shorter forms
  ...(["share", "stage", "rate", "trouble", "wait", "stage", "left", "wait", "counts"] as const), // to nothing
];

/** The line that says most in so many columns. */
export function fit(parts: Parts, columns: number): string {
  const forms = new Map(ORDER.map((name) => [name, [...(parts[name] ?? [])]]));
  const line = (): string => [...forms.values()].flatMap(([form]) => form || []).join(" · ");
  for (const name of GIVEN_UP) {
    if (width(line()) <= columns) break;
    const left = forms.get(name);
    if (left && left.length > 1) left.shift();
  }
  return width(line()) <= columns ? line() : stripVTControlCharacters(line()).slice(0, Math.max(0, columns));
}

/** No name and no mail is ever on the line, so that all its characters are one column wide. */
function width(line: string): number {
  return stripVTControlCharacters(line).length;
}

/** How an export goes: done of all, how fast, at what share of the allowed, and when it will be done. */
export function progressParts({ stage, forecast, ...progress }: Progress, now: EpochMs, paint: Paint): Parts {
  const { listed, exported, gone, failed, spent } = progress;
  if (stage === "starting" || stage === "listing")
    return { stage: ["listing"], counts: [`${plural(listed, "message")} so far`, number(listed)] };
  const done = listed === 0 ? 1 : (exported + gone + failed) / listed;
  const percent = `${Math.floor(100 * done)} %`;
  const failures = failed > 0 ? [paint("red", `${number(failed)} failed`)] : [];
  const refusals = spent.refused > 0 ? [paint("yellow", `${number(spent.refused)} refused`)] : [];
  return {
    stage: [`${stage} ${bar(done, paint)} ${percent}`, `${stage} ${percent}`, percent, ""],
    counts: [
      `${number(exported)} of ${plural(listed, "message")}`,
      `${number(exported)} of ${number(listed)}`,
      number(exported),
    ],
    ...(forecast ? forecastParts(forecast, now, paint) : { share: [plural(spent.units, "quota unit"), ""] }),
    trouble: [
      [...failures, ...refusals, ...(gone > 0 ? [`${number(gone)} gone`] : [])].join(" · "),
      failures.join(""),
      "",
    ],
  };
}

function forecastParts(forecast: Forecast, now: EpochMs, paint: Paint): Parts {
  const { messagesPerMinute, unitsPerMinute, unitsPerMinuteAllowed, waitingUntil, finishAt } = forecast;
  const rate = number(Math.round(messagesPerMinute));
  const units = `${number(Math.round(unitsPerMinute))} of ${number(Math.round(unitsPerMinuteAllowed))}`;
  const share = Math.round((100 * unitsPerMinute) / unitsPerMinuteAllowed);
  const wait = waitingUntil !== null && waitingUntil > now ? duration(waitingUntil - now) : undefined;
  const left = finishAt === null ? undefined : duration(finishAt - now);
  return {
    ...(messagesPerMinute > 0 && {
      rate: [`${rate} a minute`, `${rate}/min`, ""],
      share: [`${units} units a minute`, `${share} % of the quota`, ""],
    }),
    ...(wait && { wait: [paint("yellow", `Google asked to wait ${wait}`), paint("yellow", `waiting ${wait}`), ""] }),
    ...(left && { left: [`about ${left} left`, `${left} left`, ""] }),
  };
}

const BAR_COLUMNS = 20;

function bar(done: number, paint: Paint): string {
  const filled = Math.floor(done * BAR_COLUMNS);
  return paint("green", "━".repeat(filled)) + paint("dim", "─".repeat(BAR_COLUMNS - filled));
}

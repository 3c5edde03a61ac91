import { stripVTControlCharacters } from "node:util";

import type { Forecast, Progress } from "../../../core/export/job.ts";
import type { EpochMs } from "../../../core/time.ts";
import { duration, messagesIn, type Messages } from "../words/messages.ts";
import type { Paint } from "./terminal.ts";

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

/** How an export goes: done of all, how fast, what of this minute's units is spent, and when it will be done. */
export function progressParts(
  { stage, forecast, ...progress }: Progress,
  now: EpochMs,
  paint: Paint,
  w: Messages = messagesIn("en"),
): Parts {
  const { listed, exported, gone, failed, completed, spent } = progress;
  const name = w.stages[stage] ?? stage;
  if (stage === "starting" || stage === "listing")
    return { stage: [w.stages["listing"] ?? stage], counts: [w.soFar(w.messages(listed)), w.number(listed)] };
  const isCompleting = completed !== undefined && completed.done < completed.of;
  const brought = listed === 0 ? 1 : (exported + gone + failed) / listed;
  const done = isCompleting ? completed.done / completed.of : brought;
  const percent = `${Math.floor(100 * done)} %`;
  const failures = failed > 0 ? [paint("red", w.failed(failed))] : [];
  const refusals = spent.refused > 0 ? [paint("yellow", w.refused(spent.refused))] : [];
  return {
    stage: [`${name} ${bar(done, paint)} ${percent}`, `${name} ${percent}`, percent, ""],
    counts: isCompleting
      ? [
          w.completed(w.number(completed.done), completed.of),
          w.of(w.number(completed.done), w.number(completed.of)),
          w.number(completed.done),
        ]
      : [w.ofMessages(w.number(exported), listed), w.of(w.number(exported), w.number(listed)), w.number(exported)],
    ...(forecast ? forecastParts(forecast, now, paint, w) : { share: [w.units(spent.units), ""] }),
    trouble: [[...failures, ...refusals, ...(gone > 0 ? [w.gone(gone)] : [])].join(" · "), failures.join(""), ""],
  };
}

function forecastParts(forecast: Forecast, now: EpochMs, paint: Paint, w: Messages): Parts {
  const { messagesPerMinute, unitsThisMinute, unitsPerMinuteAllowed, waitingUntil, finishAt } = forecast;
  const isWaiting = waitingUntil !== null && waitingUntil > now;
  const rate = messagesPerMinute === null ? undefined : w.number(Math.round(messagesPerMinute));
  const allowed = Math.round(unitsPerMinuteAllowed);
  const used = w.thisMinute(w.number(Math.round(unitsThisMinute)), w.number(allowed));
  const share = allowed === 0 ? 0 : Math.round((100 * unitsThisMinute) / allowed);
  const shares =
    share > LEARNED_PERCENT
      ? [w.minuteBeyond(w.number(Math.round(unitsThisMinute))), w.quotaBeingLearned, ""]
      : [used, w.shareOfMinute(share), ""];
  const left = finishAt === null || finishAt <= now ? undefined : duration(finishAt - now);
  return {
    ...(rate !== undefined && !isWaiting && { rate: [w.aMinute(rate), w.perMinute(rate), ""] }),
    ...(unitsThisMinute > 0 && { share: shares }),
    ...(isWaiting && {
      wait: [
        paint("yellow", w.minuteUsedUp(w.time(waitingUntil))),
        paint("yellow", w.waits(duration(waitingUntil - now))),
        "",
      ],
    }),
    ...(left && !isWaiting && { left: [w.about(left), w.left(left), ""] }),
  };
}

/** More than is allowed is only spent until that is known: a burst that Google let through, or a first guess. */
const LEARNED_PERCENT = 102;

const BAR_COLUMNS = 20;

function bar(done: number, paint: Paint): string {
  const filled = Math.floor(done * BAR_COLUMNS);
  return paint("green", "━".repeat(filled)) + paint("dim", "─".repeat(BAR_COLUMNS - filled));
}

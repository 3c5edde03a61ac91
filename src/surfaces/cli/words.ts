import type { Forecast, Progress } from "../../core/job.ts";
import type { Manifest } from "../../core/manifest.ts";
import type { EpochMs } from "../../core/ports.ts";
import type { Estimate } from "../../pipeline/estimate.ts";
import type { Finding, Verdict } from "../../pipeline/verify.ts";

/** 12345 → "12,345". */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** The live line: done of total, how fast, at what share of the allowed, and when it will be done. */
export function progressLine(
  { stage, listed, exported, gone, failed, spent, forecast }: Progress,
  now: EpochMs,
): string {
  if (stage === "starting" || stage === "listing") return `listing · ${plural(listed, "message")} so far`;
  const parts = [
    `${number(exported)} of ${plural(listed, "message")}`,
    ...(forecast ? forecastParts(forecast, now) : [`${number(spent.units)} quota units`]),
    ...(spent.refused > 0 ? [`${number(spent.refused)} refused`] : []),
    ...(gone > 0 ? [`${number(gone)} gone`] : []),
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
  ];
  return `${stage} · ${parts.join(" · ")}`;
}

function forecastParts(forecast: Forecast, now: EpochMs): string[] {
  const { messagesPerMinute, unitsPerMinute, unitsPerMinuteAllowed, waitingUntil, finishAt } = forecast;
  const speed = [
    `${number(Math.round(messagesPerMinute))} a minute`,
    `${number(Math.round(unitsPerMinute))} of ${number(Math.round(unitsPerMinuteAllowed))} units a minute`,
  ];
  return [
    ...(messagesPerMinute > 0 ? speed : []),
    ...(waitingUntil === null ? [] : [`Google asked to wait ${duration(waitingUntil - now)}`]),
    ...(finishAt === null ? [] : [`about ${duration(finishAt - now)} left`]),
  ];
}

/** 95_000 → "2 min". Rounded up: nobody minds being done earlier. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function estimateLines({
  messages,
  conversations,
  calls,
  units,
  unitsPerMinute,
  ms,
  shareOfDay,
}: Estimate): string[] {
  const share = (100 * shareOfDay).toLocaleString("en-US", { maximumSignificantDigits: 2 });
  return [
    `${plural(messages, "message")} in ${plural(conversations, "conversation")}: ${plural(calls, "call")} for ${plural(units, "quota unit")}`,
    `At ${number(Math.round(unitsPerMinute))} units a minute about ${duration(ms)}; ${share} % of what a project may spend a day`,
  ];
}

/** What an export came to, in lines. */
export function manifestLines(path: string, manifest: Manifest): string[] {
  const { total_emails, total_batches, quota, failed, gone, complete } = manifest;
  const calls = Object.values(quota.calls).reduce((sum, count) => sum + count, 0);
  return [
    `${complete ? "Complete" : "Not complete"}: ${plural(total_emails, "message")} in ${plural(total_batches, "file")} in ${path}`,
    `Cost: ${plural(calls, "request")}, ${plural(quota.units, "quota unit")}, ${number(quota.refused)} refused`,
    ...(gone.length > 0 ? [`Gone from Gmail before they could be read: ${number(gone.length)}`] : []),
    ...(failed.length > 0
      ? [`Failed: ${number(failed.length)} (named in manifest.json); run the same command again to retry them`]
      : []),
  ];
}

const SHOWN = 20;

export function verdictLines({ sound, manifest, findings, deletedSince }: Verdict, online: boolean): string[] {
  const against = online ? "the manifest and Gmail" : "the manifest";
  return [
    ...findings.slice(0, SHOWN).map(findingLine),
    ...(findings.length > SHOWN ? [`… and ${number(findings.length - SHOWN)} more (--json names them all)`] : []),
    ...(deletedSince.length > 0 ? [`Deleted in Gmail since, kept here: ${number(deletedSince.length)}`] : []),
    sound
      ? `Sound: ${plural(manifest.total_emails, "message")} in ${plural(manifest.total_batches, "file")} agree with ${against}${manifest.complete ? "" : ", but the export is not complete"}`
      : `Not sound: ${plural(findings.length, "finding")} against ${against}`,
  ];
}

function findingLine({ kind, subject, detail }: Finding): string {
  return `${kind}: ${subject} ${detail}`;
}

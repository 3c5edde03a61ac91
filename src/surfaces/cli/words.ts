import type { Manifest } from "../../core/manifest.ts";
import type { Estimate } from "../../pipeline/estimate.ts";
import type { Finding, Verdict } from "../../pipeline/verify.ts";
import { sign } from "./signs.ts";
import type { Paint } from "./terminal.ts";

/** 12345 → "12,345". */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** 95_000 → "2 min". Rounded up: nobody minds being done earlier. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function estimateLines({
  messages,
  conversations,
  unitsPerMinute,
  shareOfDay,
  text: { calls, units, minutes },
}: Estimate): string[] {
  const spans = [minutes].flat().map((span) => duration(span * 60_000));
  const share = (100 * shareOfDay).toLocaleString("en-US", { maximumSignificantDigits: 2 });
  return [
    `${plural(messages, "message")} in ${plural(conversations, "conversation")}: ${plural(calls, "call")} for ${plural(units, "quota unit")}`,
    `At ${number(Math.round(unitsPerMinute))} units a minute about ${[...new Set(spans)].join(" to ")}; ${share} % of what a project may spend a day`,
  ];
}

/** What an export came to, in lines. */
export function manifestLines(path: string, manifest: Manifest, paint: Paint): string[] {
  const { total_emails, total_batches, quota, failed, gone, complete } = manifest;
  const calls = Object.values(quota.calls).reduce((sum, count) => sum + count, 0);
  return [
    `${complete ? `${sign("ok", paint)} Complete` : `${sign("warn", paint)} Not complete`}: ${plural(total_emails, "message")} in ${plural(total_batches, "file")} in ${path}`,
    `  Cost: ${plural(calls, "request")}, ${plural(quota.units, "quota unit")}, ${number(quota.refused)} refused`,
    ...(gone.length > 0 ? [`  Gone from Gmail before they could be read: ${number(gone.length)}`] : []),
    ...(failed.length > 0
      ? [`  Failed: ${number(failed.length)} (named in manifest.json); run the same command again to retry them`]
      : []),
  ];
}

const SHOWN = 20;

export function verdictLines(
  { sound, manifest, findings, deletedSince }: Verdict,
  online: boolean,
  paint: Paint,
): string[] {
  const against = online ? "the manifest and Gmail" : "the manifest";
  return [
    ...findings.slice(0, SHOWN).map(findingLine),
    ...(findings.length > SHOWN ? [`… and ${number(findings.length - SHOWN)} more (--json names them all)`] : []),
    ...(deletedSince.length > 0 ? [`Deleted in Gmail since, kept here: ${number(deletedSince.length)}`] : []),
    sound
      ? `${sign(manifest.complete ? "ok" : "warn", paint)} Sound: ${plural(manifest.total_emails, "message")} in ${plural(manifest.total_batches, "file")} agree with ${against}${manifest.complete ? "" : ", but the export is not complete"}`
      : `${sign("fail", paint)} Not sound: ${plural(findings.length, "finding")} against ${against}`,
  ];
}

function findingLine({ kind, subject, detail }: Finding): string {
  return `${kind}: ${subject} ${detail}`;
}

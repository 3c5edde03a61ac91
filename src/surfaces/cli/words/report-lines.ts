import type { Pruned } from "../../../core/export/job.ts";
import { failuresOf, type ChangeCounts, type Manifest } from "../../../core/export/manifest.ts";
import type { Cost } from "../../../core/ports/mailbox-source.ts";
import type { Converted } from "../../../pipeline/convert/convert.ts";
import type { Estimate } from "../../../pipeline/estimate.ts";
import type { Finding, Verdict } from "../../../pipeline/verify.ts";
import { sentenceIn } from "../../words/french.ts";
import { sign } from "../terminal/signs.ts";
import type { Paint } from "../terminal/terminal.ts";
import { duration, messagesIn, type Messages } from "./messages.ts";

const ENGLISH = messagesIn("en");

/** Google's limit of bytes for a mailbox and day, as far as it is known (gmail-api.md §6.3). */
const BYTES_A_DAY = 2_500_000_000;

/** How long each kind of export takes: a time, or a range with its reason as long as something is not known. */
function timeOf({ minutes, likelyMinutes, notKnown }: Cost, unitsPerMinute: number, w: Messages): string {
  const span = (value: number): string => duration(value * 60_000);
  const likely = span(likelyMinutes);
  if (typeof minutes === "number") return w.takes(likely, w.atRate(Math.round(unitsPerMinute)));
  const [from, to] = [span(minutes[0]), span(minutes[1])];
  if (from === to) return w.takes(likely, w.atRate(Math.round(unitsPerMinute)));
  return w.range(likely, from, to, notKnown.includes("limit") ? w.notKnown.limit : w.notKnown.price);
}

export function estimateLines(
  { messages, conversations, unitsPerMinute, shareOfDay, text, attachments, originals, completing }: Estimate,
  w: Messages = ENGLISH,
): string[] {
  const share = (100 * shareOfDay).toLocaleString(w.language, { maximumSignificantDigits: 2 });
  const days = Math.ceil((originals.bytes ?? 0) / BYTES_A_DAY);
  const line = (what: string, cost: Cost): string =>
    w.takesAll(what, cost.units, cost.bytes === undefined ? "" : w.mail(cost.bytes), timeOf(cost, unitsPerMinute, w));
  return [
    w.found(messages, conversations, text.calls, text.units),
    line(w.textAlone, text) + w.ofDay(share),
    line(w.withAttachments, attachments),
    line(w.withOriginals, originals),
    ...(originals.bytes === undefined ? [w.noBytes] : days > 1 ? [w.manyBytes(days)] : []),
    ...(completing ? [line(w.completing(completing.messages), completing)] : []),
  ];
}

/** What an export came to, in lines; `changed` is what changed since the run before, `pruned` what was taken out. */
export function manifestLines(
  path: string,
  manifest: Manifest,
  paint: Paint,
  w: Messages = ENGLISH,
  changed?: ChangeCounts,
  pruned?: Pruned,
): string[] {
  const { total_emails, total_batches, quota, gone, complete, attachments, originals } = manifest;
  const failures = failuresOf(manifest).length;
  const without = [...(attachments?.without ?? []), ...(originals?.without ?? [])].filter(({ attempts }) => !attempts);
  const bare = new Set(without.map(({ id }) => id)).size;
  const calls = Object.values(quota.calls).reduce((sum, count) => sum + count, 0);
  const mark = complete ? `${sign("ok", paint)} ${w.complete}` : `${sign("warn", paint)} ${w.notComplete}`;
  return [
    `${mark} ${w.inFiles(total_emails, total_batches, path)}`,
    ...(changed ? [`  ${w.sinceLastRun(changed.added, changed.relabelled, changed.deleted)}`] : []),
    ...(attachments ? [`  ${w.attachments(attachments.stored, attachments.blobs, attachments.blobBytes)}`] : []),
    ...(originals ? [`  ${w.originals(originals.count, originals.bytes)}`] : []),
    ...(pruned ? [`  ${w.pruned(pruned.messages, pruned.files, pruned.bytes)}`] : []),
    `  ${w.cost(calls, quota.units, quota.refused)}`,
    ...(gone.length > 0 ? [`  ${w.goneBefore(gone.length)}`] : []),
    ...(bare > 0 ? [`  ${w.withoutNamed(bare)}`] : []),
    ...(failures > 0 ? [`  ${w.failedNamed(failures)}`] : []),
  ];
}

/** What a conversion came to, in lines. */
export function convertedLines(
  { into, messages, files, bytes, withoutOriginal, withoutContent }: Converted,
  paint: Paint,
  w: Messages = ENGLISH,
): string[] {
  return [
    `${sign("ok", paint)} ${w.converted(messages, files, bytes, into)}`,
    ...(withoutOriginal > 0 ? [`  ${w.withoutOriginal(withoutOriginal)}`] : []),
    ...(withoutContent > 0 ? [`  ${w.withoutContent(withoutContent)}`] : []),
  ];
}

const SHOWN = 20;

export function verdictLines(
  { sound, manifest, findings, deletedSince, unprovenLabels }: Verdict,
  online: boolean,
  paint: Paint,
  w: Messages = ENGLISH,
): string[] {
  const against = online ? w.manifestAndGmail : w.manifest;
  const { complete, total_emails, total_batches } = manifest;
  return [
    ...findings.slice(0, SHOWN).map((finding) => findingLine(finding, w)),
    ...(findings.length > SHOWN ? [w.more(findings.length - SHOWN)] : []),
    ...(deletedSince.length > 0 ? [w.deletedSince(deletedSince.length)] : []),
    ...(unprovenLabels.length > 0 ? [w.unprovenLabels(namedLabels(unprovenLabels))] : []),
    sound
      ? `${sign(complete ? "ok" : "warn", paint)} ${w.sound(total_emails, total_batches, against)}${complete ? "" : w.butNotComplete}`
      : `${sign("fail", paint)} ${w.unsound(findings.length, against)}`,
  ];
}

/** The first of them by name. */
function namedLabels(labels: readonly string[]): string {
  return `${labels.slice(0, SHOWN).join(", ")}${labels.length > SHOWN ? ", …" : ""}`;
}

function findingLine({ kind, subject, detail }: Finding, w: Messages): string {
  return `${w.kinds[kind]} ${subject} ${sentenceIn(w.language, detail)}`;
}

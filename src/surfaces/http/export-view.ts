import { z } from "zod";

import type { ExportJob, Forecast } from "../../core/job.ts";
import type { Manifest } from "../../core/manifest.ts";
import { METHODS } from "../../core/quota.ts";

const count = z.int().nonnegative();

/** An export as HTTP shows it. */
export const Export = z
  .object({
    id: z.string(),
    email: z.string(),
    state: z.enum([
      "queued",
      "running",
      "paused",
      "waiting",
      "needs_sign_in",
      "completed",
      "completed_with_failures",
      "failed",
      "cancelled",
    ]),
    output_directory: z.string(),
    max_emails: count.nullable(),
    batch_size: count,
    query: z.string(),
    labels: z.array(z.string()),
    include_spam_trash: z.boolean(),
    progress: z.object({
      stage: z.enum(["starting", "listing", "fetching", "verifying", "done"]),
      listed: count,
      exported: count,
      gone: count,
      failed: count,
      batches: count,
    }),
    quota: z.object({
      tier: z.enum(["2026", "legacy"]),
      units: z.number(),
      calls: z.partialRecord(z.enum(METHODS), count),
      refused: count,
    }),
    rate: z
      .object({
        messages_per_minute: z.number(),
        units_per_minute: z.number(),
        units_per_minute_allowed: z.number(),
        units_left: z.number(),
      })
      .nullable(),
    finished_at_estimate: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    waiting_until: z.iso.datetime().optional(),
    failure: z.object({ code: z.string(), message: z.string(), next: z.string() }).optional(),
    links: z.object({ self: z.string(), cancel: z.string() }),
  })
  .meta({ id: "Export" });

/** The same with what its directory holds so far. */
export const ExportInFull = Export.extend({
  complete: z.boolean(),
  files: z.array(z.object({ file: z.string(), count, bytes: count, sha256: z.string() })),
  failures: z.array(z.object({ id: z.string(), reason: z.string(), attempts: count })),
}).meta({ id: "ExportInFull" });

export function viewOf(job: ExportJob): z.infer<typeof Export> {
  const { request, progress } = job;
  const { spent, forecast, ...counts } = progress;
  const finishAt = job.state === "running" ? (forecast?.finishAt ?? null) : null;
  return {
    id: job.id,
    email: request.account,
    state: job.state,
    output_directory: request.directory,
    max_emails: request.maxEmails,
    batch_size: request.batchSize,
    query: request.filter.query,
    labels: [...request.filter.labels],
    include_spam_trash: request.filter.includeSpamTrash,
    progress: counts,
    quota: { ...spent, calls: { ...spent.calls } },
    rate: forecast && job.state === "running" ? rateOf(forecast) : null,
    finished_at_estimate: finishAt === null ? null : new Date(finishAt).toISOString(),
    created_at: new Date(job.createdAt).toISOString(),
    updated_at: new Date(job.updatedAt).toISOString(),
    ...(job.state === "waiting" ? { waiting_until: new Date(job.until).toISOString() } : {}),
    ...("failure" in job
      ? { failure: { code: job.failure.code, message: job.failure.message, next: job.failure.next } }
      : {}),
    links: { self: `/exports/${job.id}`, cancel: `/exports/${job.id}/cancel` },
  };
}

function rateOf(forecast: Forecast): z.infer<typeof Export>["rate"] {
  return {
    messages_per_minute: Math.round(forecast.messagesPerMinute),
    units_per_minute: Math.round(forecast.unitsPerMinute),
    units_per_minute_allowed: Math.round(forecast.unitsPerMinuteAllowed),
    units_left: forecast.unitsLeft,
  };
}

export function viewInFull(job: ExportJob, manifest: Manifest | undefined): z.infer<typeof ExportInFull> {
  return {
    ...viewOf(job),
    complete: manifest?.complete ?? false,
    files: [...(manifest?.batches ?? [])],
    failures: [...(manifest?.failed ?? [])],
  };
}

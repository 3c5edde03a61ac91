import { z } from "zod";

import type { Failure } from "../core/errors.ts";
import { STAGES, type ExportRequest, type Forecast, type Progress } from "../core/export/job.ts";
import { METHODS } from "../core/quota.ts";

/** What was asked for, as HTTP and `--json` name it. */
export function viewOfRequest({
  account,
  directory,
  maxEmails,
  batchSize,
  filter,
  attachments,
  formats,
  prune,
  priority,
}: ExportRequest) {
  return {
    email: account,
    output_directory: directory,
    max_emails: maxEmails,
    batch_size: batchSize,
    query: filter.query,
    labels: [...filter.labels],
    include_spam_trash: filter.includeSpamTrash,
    attachments: attachments === true,
    formats: [...(formats ?? [])],
    ...(prune && { prune }),
    ...(priority && { priority }),
  };
}

const count = z.int().nonnegative();

/** How far an export has come, and what it spent, as HTTP shows it. */
export const PROGRESS_SHAPE = {
  progress: z.object({
    stage: z.enum(STAGES),
    listed: count,
    exported: count,
    gone: count,
    failed: count,
    batches: count,
    completed: z
      .object({ done: count, of: count })
      .describe(
        "Where records lack attachments or originals that are wanted now: messages read for that, and how many must be.",
      )
      .exactOptional(),
    changed: z
      .object({ added: count, relabelled: count, deleted: count })
      .describe(
        "What changed in Gmail since the run before: messages that are new, that have other labels, and that were deleted there and stay here. Absent in a first run.",
      )
      .exactOptional(),
    pruned: z
      .object({ messages: count, files: count, bytes: count })
      .describe("Taken out because it is deleted in Gmail: messages, and by how many files and bytes that was more.")
      .exactOptional(),
  }),
  quota: z.object({
    tier: z.enum(["2026", "legacy"]),
    units: z.number(),
    calls: z.partialRecord(z.enum(METHODS), count),
    refused: count,
  }),
};

/** How far it has come. Rate and forecast are null but while messages are fetched; a speed is null where none can be told. */
export function viewOfProgress({ spent, forecast, ...counts }: Progress) {
  return {
    progress: counts,
    quota: { ...spent, calls: { ...spent.calls } },
    rate: forecast && rateOf(forecast),
    finished_at_estimate: forecast && forecast.finishAt !== null ? new Date(forecast.finishAt).toISOString() : null,
  };
}

export function viewOfFailure({ code, message, next }: Failure) {
  return { code, message, next };
}

function rateOf(forecast: Forecast) {
  return {
    messages_per_minute: rounded(forecast.messagesPerMinute),
    units_per_minute: rounded(forecast.unitsPerMinute),
    units_this_minute: Math.round(forecast.unitsThisMinute),
    units_per_minute_allowed: Math.round(forecast.unitsPerMinuteAllowed),
    units_left: forecast.unitsLeft,
    held_until: forecast.waitingUntil === null ? null : new Date(forecast.waitingUntil).toISOString(),
  };
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

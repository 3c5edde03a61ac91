import { z } from "zod";

import { sameAccount } from "../../../core/account.ts";
import { FORMATS } from "../../../core/export/format.ts";
import { STATE_NAMES, type ExportJob, type ExportRequest } from "../../../core/export/job.ts";
import { failuresOf, type Manifest } from "../../../core/export/manifest.ts";
import { sameFilter } from "../../../core/mail/filter.ts";
import { PROGRESS_SHAPE, viewOfFailure, viewOfProgress, viewOfRequest } from "../../progress-view.ts";
import { PAUSED_EXPORT, RUNNING_EXPORT } from "../contract/examples.ts";

const count = z.int().nonnegative();

export const StateName = z.enum(STATE_NAMES);

/** What can be asked of an export. `files` is a template: `{name}` is the name of one of its files. */
export const Links = z.object({
  self: z.string(),
  events: z.string(),
  files: z.string(),
  archive: z.string(),
  pause: z.string(),
  resume: z.string(),
  cancel: z.string(),
  retry_failed: z.string(),
});

/** An export as HTTP shows it. */
export const Export = z
  .object({
    id: z.string(),
    email: z.string(),
    state: StateName,
    output_directory: z.string(),
    max_emails: count.nullable(),
    batch_size: count,
    query: z.string(),
    labels: z.array(z.string()),
    include_spam_trash: z.boolean(),
    attachments: z.boolean(),
    formats: z.array(z.enum(FORMATS)),
    ...PROGRESS_SHAPE,
    rate: z
      .object({
        messages_per_minute: z.number().nullable(),
        units_per_minute: z.number().nullable(),
        units_this_minute: z.number(),
        units_per_minute_allowed: z.number(),
        units_left: z.number(),
        held_until: z.iso.datetime().nullable(),
      })
      .nullable(),
    finished_at_estimate: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    waiting_until: z.iso.datetime().optional(),
    failure: z.object({ code: z.string(), message: z.string(), next: z.string() }).optional(),
    links: Links,
  })
  .meta({ id: "Export", examples: [RUNNING_EXPORT, PAUSED_EXPORT] });

/** The same with what its directory holds so far. */
export const ExportInFull = Export.extend({
  complete: z.boolean(),
  files: z.array(z.object({ file: z.string(), count, bytes: count, sha256: z.string() })),
  failures: z.array(z.object({ id: z.string(), reason: z.string(), attempts: count })),
}).meta({
  id: "ExportInFull",
  examples: [
    {
      ...RUNNING_EXPORT,
      complete: false,
      files: [
        {
          file: "emails_batch_1.json",
          count: 5_000,
          bytes: 61_307_211,
          sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        },
      ],
      failures: [],
    },
  ],
});

export function viewOf(job: ExportJob): z.infer<typeof Export> {
  const { request, progress, state } = job;
  return {
    id: job.id,
    state,
    ...viewOfRequest(request),
    ...viewOfProgress(state === "running" ? progress : { ...progress, forecast: null }),
    created_at: new Date(job.createdAt).toISOString(),
    updated_at: new Date(job.updatedAt).toISOString(),
    ...(job.state === "waiting" ? { waiting_until: new Date(job.until).toISOString() } : {}),
    ...("failure" in job ? { failure: viewOfFailure(job.failure) } : {}),
    links: linksOf(job.id),
  };
}

function linksOf(id: string): z.infer<typeof Links> {
  const self = `/exports/${id}`;
  return {
    self,
    events: `${self}/events`,
    files: `${self}/files/{name}`,
    archive: `${self}/archive`,
    pause: `${self}/pause`,
    resume: `${self}/resume`,
    cancel: `${self}/cancel`,
    retry_failed: `${self}/retry-failed`,
  };
}

/** False when the directory turned out to be that of another export: then nothing in it is this one's. */
export function belongsTo(
  { account, filter }: ExportRequest,
  found: Pick<Manifest, "email" | "formerly" | "filter">,
): boolean {
  const names = [found.email, ...(found.formerly ?? [])]; // an account that was renamed since is the same
  return names.some((name) => sameAccount(account, name)) && sameFilter(filter, found.filter);
}

export function viewInFull(job: ExportJob, found: Manifest | undefined): z.infer<typeof ExportInFull> {
  const manifest = found && belongsTo(job.request, found) ? found : undefined;
  return {
    ...viewOf(job),
    complete: manifest?.complete ?? false,
    files: [...(manifest?.batches ?? [])],
    failures: manifest ? [...failuresOf(manifest)] : [],
  };
}

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
    prune: z.boolean().exactOptional(),
    priority: z.int().exactOptional(),
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
    worker: z
      .object({ id: z.string(), since: z.iso.datetime() })
      .describe("Who runs it, and since when; while it is `running`.")
      .exactOptional(),
    failure: z.object({ code: z.string(), message: z.string(), next: z.string() }).optional(),
    links: Links,
  })
  .meta({ id: "Export", examples: [RUNNING_EXPORT, PAUSED_EXPORT] });

const File = z.object({ file: z.string(), bytes: count, sha256: z.string() });

/**
 * The same with what its directory holds so far: finished batches, each with the files made beside it, and how much there
 * is of attachments and originals; null where they were not asked for. `blobs` hold each content once.
 */
export const ExportInFull = Export.extend({
  complete: z.boolean(),
  checked_at: z.iso
    .datetime()
    .nullable()
    .describe(
      "Up to when it is proven that the export has all there was in Gmail, as it was; null where it never was.",
    ),
  deleted: count.describe(
    "Messages that were deleted in Gmail after they were exported, whose records are still here.",
  ),
  files: z.array(File.extend({ count, files: z.array(File.extend({ format: z.string() })).optional() })),
  stored: z.object({
    attachments: z.object({ stored: count, bytes: count, blobs: count, blob_bytes: count }).nullable(),
    originals: z.object({ count, bytes: count, without: count }).nullable(),
  }),
  failures: z.array(z.object({ id: z.string(), reason: z.string(), attempts: count })),
}).meta({
  id: "ExportInFull",
  examples: [
    {
      ...RUNNING_EXPORT,
      complete: false,
      checked_at: "2026-11-27T02:00:41.208Z",
      deleted: 17,
      files: [
        {
          file: "emails_batch_1.json",
          count: 5_000,
          bytes: 61_307_211,
          sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
          files: [
            {
              format: "mbox",
              file: "emails_batch_1.mbox",
              bytes: 402_117_208,
              sha256: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
            },
          ],
        },
      ],
      stored: {
        attachments: { stored: 1_204, bytes: 311_200_417, blobs: 978, blob_bytes: 243_118_902 },
        originals: { count: 4_988, bytes: 401_003_511, without: 12 },
      },
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
    ...(job.worker && { worker: { id: job.worker.id, since: new Date(job.worker.since).toISOString() } }),
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
    checked_at: manifest?.checkedAt ?? null,
    deleted: manifest?.deleted?.filter(({ pruned }) => !pruned).length ?? 0,
    files: (manifest?.batches ?? []).map(({ file, count: its, bytes, sha256, files }) => {
      const batch = { file, count: its, bytes, sha256 };
      return files ? Object.assign(batch, { files: [...files] }) : batch;
    }),
    stored: storedIn(manifest),
    failures: manifest ? [...failuresOf(manifest)] : [],
  };
}

function storedIn(manifest: Manifest | undefined): z.infer<typeof ExportInFull>["stored"] {
  const { attachments, originals } = manifest ?? {};
  return {
    attachments: attachments
      ? {
          stored: attachments.stored,
          bytes: attachments.bytes,
          blobs: attachments.blobs,
          blob_bytes: attachments.blobBytes,
        }
      : null,
    originals: originals
      ? { count: originals.count, bytes: originals.bytes, without: originals.without?.length ?? 0 }
      : null,
  };
}

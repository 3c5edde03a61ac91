import { z } from "zod";

import { refuse } from "../core/errors.ts";
import { DERIVED_FORMATS, FORMATS } from "../core/export/format.ts";
import type { Manifest } from "../core/export/manifest.ts";
import { METHODS } from "../core/quota.ts";

export const MANIFEST = "manifest.json";

const count = z.int().nonnegative();

export const filterShape = z.object({
  query: z.string(),
  labels: z.array(z.string()).readonly(),
  includeSpamTrash: z.boolean(),
});

export const spentShape = z.object({
  tier: z.enum(["2026", "legacy"]),
  units: z.number().nonnegative(),
  calls: z.partialRecord(z.enum(METHODS), count),
  refused: count,
});

export const failedShape = z.object({ id: z.string(), reason: z.string(), attempts: count });

export const withoutShape = z.object({ id: z.string(), reason: z.string(), attempts: count.exactOptional() });

export const batchFileShape = z.object({
  format: z.enum(["mbox", ...DERIVED_FORMATS]),
  file: z.string().regex(/^emails_batch_[1-9]\d{0,8}\.(?:mbox|ndjson\.gz|parquet)$/),
  bytes: count,
  sha256: z.string(),
});

export const batchShape = z.object({
  file: z.string().regex(/^emails_batch_[1-9]\d{0,8}\.json$/),
  count,
  bytes: count,
  sha256: z.string(),
  files: z.array(batchFileShape).readonly().exactOptional(),
});

export const labelNamesShape = z.array(z.tuple([z.string(), z.string()]).readonly()).readonly();

export const changesFileShape = z.object({ bytes: count, sha256: z.string() });

const shape = z.object({
  version: z.literal(1),
  email: z.string(),
  formerly: z.array(z.string()).optional(),
  complete: z.boolean(),
  total_emails: count,
  total_batches: count,
  max_emails: count.nullable(),
  export_date: z.iso.datetime(),
  duration_seconds: z.number().nonnegative(),
  filter: filterShape,
  batches: z.array(batchShape),
  failed: z.array(failedShape),
  gone: z.array(z.string()),
  confirmedGone: z.array(z.string()).optional(),
  deleted: z
    .array(z.object({ id: z.string(), seenAt: z.iso.datetime(), pruned: z.literal(true).exactOptional() }))
    .optional(),
  formats: z.array(z.enum(FORMATS)).readonly().optional(),
  originals: z
    .object({
      count,
      bytes: count,
      without: z.array(withoutShape).exactOptional(),
      earlier: z.array(z.string()).exactOptional(),
    })
    .optional(),
  attachments: z
    .object({
      stored: count,
      bytes: count,
      blobs: count,
      blobBytes: count,
      without: z.array(withoutShape).exactOptional(),
    })
    .optional(),
  replacementCharacters: count,
  guessedCharsets: count.optional(),
  historyId: z.string(),
  checkedAt: z.iso.datetime().optional(),
  unprovenLabels: z.array(z.string()).optional(),
  labelNames: labelNamesShape.optional(),
  changes: changesFileShape.optional(),
  quota: spentShape,
  tool: z.string(),
});

/** What a manifest.json says. Throws `directory_damaged`, naming `place`, when it cannot be understood. */
export function readManifest(bytes: Buffer, place: string): Manifest {
  try {
    return withoutUndefined(shape.parse(JSON.parse(bytes.toString())));
  } catch {
    // Not the parser's error: it quotes the file, which holds a query and addresses.
    throw refuse(
      "directory_damaged",
      `This is not a manifest this version can read: ${place}.`,
      "Restore the file from a copy, or choose an empty output directory.",
    );
  }
}

/** What is left out is not there at all. */
function withoutUndefined(found: z.infer<typeof shape>): Manifest {
  const {
    formerly,
    confirmedGone,
    deleted,
    formats,
    originals,
    attachments,
    guessedCharsets,
    checkedAt,
    unprovenLabels,
    labelNames,
    changes,
    ...rest
  } = found;
  return {
    ...rest,
    ...(formerly && { formerly }),
    ...(confirmedGone && { confirmedGone }),
    ...(deleted && { deleted }),
    ...(attachments && { attachments }),
    ...(formats && { formats }),
    ...(originals && { originals }),
    ...(guessedCharsets !== undefined && { guessedCharsets }),
    ...(checkedAt !== undefined && { checkedAt }),
    ...(unprovenLabels && { unprovenLabels }),
    ...(labelNames && { labelNames }),
    ...(changes && { changes }),
  };
}

export function writeManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

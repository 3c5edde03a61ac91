import { z } from "zod";

import { refuse } from "../../core/errors.ts";
import { STAGES, type ExportJob } from "../../core/export/job.ts";
import { moment, readJson, type StoredRow } from "./stored-values.ts";

const count = z.int().nonnegative();
const failure = z.looseObject({ code: z.string(), message: z.string(), next: z.string() });
/** A row may come from another version of this program: what every version wrote is checked, the rest is carried along. */
export const requestShape = z.looseObject({
  account: z.string(),
  directory: z.string(),
  maxEmails: count.nullable(),
  batchSize: z.int().positive(),
  priority: z.int().optional(),
  filter: z.looseObject({ query: z.string(), labels: z.array(z.string()), includeSpamTrash: z.boolean() }),
});
const shape = z
  .looseObject({
    id: z.string(),
    request: requestShape,
    progress: z.looseObject({
      stage: z.enum(STAGES),
      listed: count,
      exported: count,
      gone: count,
      failed: count,
      batches: count,
      spent: z.looseObject({ units: z.number(), calls: z.record(z.string(), count), refused: count }),
      forecast: z.looseObject({ finishAt: moment.nullable() }).nullable(),
    }),
    createdAt: moment,
    updatedAt: moment,
    worker: z.looseObject({ id: z.string(), since: moment }).optional(),
  })
  .and(
    z.discriminatedUnion("state", [
      z.looseObject({
        state: z.enum(["queued", "running", "paused", "completed", "completed_with_failures", "cancelled"]),
      }),
      z.looseObject({ state: z.enum(["needs_sign_in", "failed"]), failure }),
      z.looseObject({ state: z.literal("waiting"), until: moment, failure }),
    ]),
  );

/**
 * The job of a row; the state that is searched for stands beside it in a column of its own. Throws `internal` where the row
 * is damaged.
 */
export function parseJob(row: StoredRow): ExportJob {
  const job = readJob(row);
  if (!job)
    throw refuse(
      "internal",
      "This entry in the list of exports is damaged, or was written by another version of gmail-export.",
      "Take that export off the list (DELETE /exports/{id}) and start it anew: what is on disk is not touched, and goes on.",
    );
  return job;
}

/** Undefined where the row is damaged: there is no job in it, or one in another state than is searched for. */
export function readJob({ state, job }: StoredRow): ExportJob | undefined {
  const value = readJson(String(job));
  return isJob(value) && value.state === state ? value : undefined;
}

function isJob(value: unknown): value is ExportJob {
  return shape.safeParse(value).success;
}

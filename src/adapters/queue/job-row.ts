import { z } from "zod";

import { refuse } from "../../core/errors.ts";
import { STATE_NAMES, type ExportJob } from "../../core/job.ts";

/** A row may come from another version of this program: what every version wrote is checked, the rest is carried along. */
const shape = z.looseObject({
  id: z.string(),
  state: z.enum(STATE_NAMES),
  request: z.looseObject({ account: z.string(), directory: z.string(), batchSize: z.int() }),
  progress: z.looseObject({ stage: z.string() }),
  createdAt: z.number(),
  updatedAt: z.number(),
});

export function parseJob(column: unknown): ExportJob {
  const value: unknown = JSON.parse(String(column));
  if (!isJob(value))
    throw refuse(
      "internal",
      "The list of exports was written by another version of gmail-export.",
      "Move STATE_DIR/exports.sqlite away and start again: exports on disk are not touched and go on when started anew.",
    );
  return value;
}

function isJob(value: unknown): value is ExportJob {
  return shape.safeParse(value).success;
}

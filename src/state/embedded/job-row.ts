import type { SQLOutputValue } from "node:sqlite";

import { refuse } from "../../core/errors.ts";
import { STAGES, type ExportJob, type StateName } from "../../core/export/job.ts";
import { isMoment } from "../../core/time.ts";

/**
 * Whether a value is of a shape. By hand: zod would be a hundred files more for the thread of the list, which every server
 * waits for when it starts.
 */
type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const yesOrNo: Check = (value) => typeof value === "boolean";
const number: Check = Number.isFinite;
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const mapTo =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
/** Other fields may be there, too. */
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A row may come from another version of this program: what every version wrote is checked, the rest is carried along. */
const everyJob = fields({
  id: text,
  request: fields({
    account: text,
    directory: text,
    maxEmails: orNull(count),
    batchSize: (value) => count(value) && value !== 0,
    filter: fields({ query: text, labels: listOf(text), includeSpamTrash: yesOrNo }),
  }),
  progress: fields({
    stage: (value) => STAGES.some((stage) => stage === value),
    listed: count,
    exported: count,
    gone: count,
    failed: count,
    batches: count,
    spent: fields({ units: number, calls: mapTo(count), refused: count }),
    forecast: orNull(fields({ finishAt: orNull(isMoment) })),
  }),
  createdAt: isMoment,
  updatedAt: isMoment,
});

const nothingMore: Check = () => true;
const withFailure = fields({ failure: fields({ code: text, message: text, next: text }) });

/** What there is in one state and not in others. */
const ofState: Readonly<Record<StateName, Check>> = {
  queued: nothingMore,
  running: nothingMore,
  paused: nothingMore,
  completed: nothingMore,
  completed_with_failures: nothingMore,
  cancelled: nothingMore,
  needs_sign_in: withFailure,
  failed: withFailure,
  waiting: (value) => withFailure(value) && fields({ until: isMoment })(value),
};

/** What is read of an export: its job, and the state that is searched for beside it. */
type JobRow = Readonly<Record<string, SQLOutputValue>>;

/** Throws `internal` where the row is damaged. */
export function parseJob(row: JobRow): ExportJob {
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
export function readJob({ state, job }: JobRow): ExportJob | undefined {
  const value = parsed(String(job));
  return isJob(value) && value.state === state ? value : undefined;
}

function isJob(value: unknown): value is ExportJob {
  return (
    everyJob(value) &&
    isObject(value) &&
    Object.entries(ofState).some(([state, check]) => value["state"] === state && check(value))
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

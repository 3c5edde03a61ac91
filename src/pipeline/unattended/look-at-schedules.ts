import { failureOf } from "../../core/errors.ts";
import type { Watched } from "../../core/export/alarm.ts";
import type { ExportJob } from "../../core/export/job.ts";
import type { Schedule } from "../../core/export/schedule.ts";
import type { Grants } from "../../core/ports/grants.ts";
import type { JobQueue } from "../../core/ports/job-queue.ts";
import type { Schedules } from "../../core/ports/schedules.ts";
import type { Proof } from "./read-proof.ts";

export type LookPorts = Readonly<{
  schedules: Pick<Schedules, "list">;
  queue: Pick<JobQueue, "get">;
  grants: Pick<Grants, "load">;
  /** Whether a service account reads this account: then nothing hangs on a sign-in that is stored from before. */
  isDelegated(account: string): Promise<boolean>;
  readProof(directory: string): Promise<Proof | undefined>;
}>;

/** Scheduled exports as they stand: their last run, their proof, and the sign-in that they need. */
export async function lookAtSchedules(
  { schedules, queue, grants, isDelegated, readProof }: LookPorts,
  signal: AbortSignal,
): Promise<readonly Watched[]> {
  const lookAt = async ({ id, request, createdAt, paused, lastRun, busyWith }: Schedule): Promise<Watched> => {
    const exportId = busyWith ?? lastRun?.exportId ?? null;
    const job = exportId === null ? undefined : await jobIn(queue, exportId, signal);
    return {
      id,
      account: request.account,
      exportId,
      paused,
      since: createdAt,
      run: job ? runOf(job) : (lastRun ?? undefined),
      provenAt: (await readProof(request.directory))?.provenAt,
      grant: await grantOf({ grants, isDelegated }, request.account),
    };
  };
  return Promise.all((await schedules.list(signal)).map(lookAt));
}

/** Undefined when it was taken off the list, or its entry is damaged: one of them hides no other. */
async function jobIn(queue: LookPorts["queue"], id: string, signal: AbortSignal): Promise<ExportJob | undefined> {
  try {
    return await queue.get(id, signal);
  } catch (error) {
    const code = failureOf(error)?.code;
    if (code === "export_unknown" || code === "internal") return undefined;
    throw error;
  }
}

function runOf(job: ExportJob): NonNullable<Watched["run"]> {
  const run = { state: job.state, at: job.updatedAt };
  return "failure" in job ? { ...run, failure: job.failure } : run;
}

async function grantOf(
  { grants, isDelegated }: Pick<LookPorts, "grants" | "isDelegated">,
  account: string,
): Promise<Watched["grant"]> {
  try {
    if (await isDelegated(account)) return "missing";
    const grant = await grants.load(account);
    if (grant === undefined) return "missing";
    return grant.revoked === undefined ? { grantedAt: grant.grantedAt } : "revoked";
  } catch {
    return undefined; // the next run meets the same, and says what it is
  }
}

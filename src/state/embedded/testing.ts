import type { ExportRequest } from "../../core/export/job.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import { embeddedJobQueue } from "./job-queue.ts";

/** Each into a directory of its own, so that the next can start at once. */
export const numberedRequest = (number: number): ExportRequest => ({
  account: "ada@example.com",
  directory: `/data/${number}`,
  maxEmails: null,
  batchSize: 1,
  filter: EVERYTHING,
});

/** As a program: starts the export of a schedule again and again, as fast as the disk lets it, until it is killed. */
async function startForEver(folder: string, id: string): Promise<never> {
  const { schedules } = embeddedJobQueue(folder, { now: Date.now, sleep: () => new Promise(() => {}) });
  for (;;) {
    const schedule = await schedules.get(id);
    const at = schedule.next!.at + 1;
    await schedules.start(schedule, { request: numberedRequest(at), next: { at, startAt: at } });
  }
}

const [program, folder, id] = process.argv.slice(1);
if (program === import.meta.filename && folder !== undefined && id !== undefined) await startForEver(folder, id);

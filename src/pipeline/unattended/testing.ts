import { requestOf } from "../../../test/contracts/job-queue.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { NO_PROGRESS, type ExportState } from "../../core/export/job.ts";
import type { EpochMs } from "../../core/time.ts";
import { embeddedJobQueue } from "../../state/embedded/job-queue.ts";
import { scheduleStarter } from "./run-schedules.ts";
import { createScheduling } from "./scheduling.ts";

/** A list of exports and schedules on a clock that stands where it is put, back and forth. */
export async function unattended(start: EpochMs) {
  const folder = await scratchFolder();
  let now = start;
  let draws = 0;
  /** Every draw is known: 0, 0.3, 0.6, 0.9, 0.2 … */
  const random = (): number => ((draws++ * 3) % 10) / 10;
  const clock = { now: () => now, sleep: () => new Promise<never>(() => {}) };
  const logged: string[] = [];
  const note = (event: string): void => void logged.push(event);
  const log = { debug: () => {}, info: note, warn: note, error: note };
  const processes = [embeddedJobQueue(folder.path, clock, log)];
  const queue = processes[0]!;
  const starterOn = ({ schedules }: typeof queue, draw = random) => {
    const startDue = scheduleStarter({ schedules, clock, random: draw, log });
    return (signal = new AbortController().signal) => startDue(signal);
  };
  let startDue = starterOn(queue);

  return {
    folder: folder.path,
    queue,
    logged,
    schedules: queue.schedules,
    scheduling: createScheduling(queue.schedules, clock, random),
    now: () => now,
    at(moment: string | EpochMs): void {
      now = typeof moment === "string" ? Date.parse(moment) : moment;
    },
    look: () => startDue(),
    /** What looks, with draws of its own. */
    starter: (draw: () => number) => starterOn(queue, draw),
    /** As another server on the same folder looks. */
    another() {
      const process = embeddedJobQueue(folder.path, clock);
      processes.push(process);
      return starterOn(process);
    },
    /** As after a restart: nothing is remembered but what is stored. */
    restart(): void {
      startDue = starterOn(queue);
    },
    add: (account: string, cron: string, jitterSeconds = 0, timeZone = "UTC") =>
      createScheduling(queue.schedules, clock, random).add({
        request: requestOf(account),
        cron,
        timeZone,
        jitterSeconds,
        paused: false,
      }),
    /** Runs what is in the queue to this end; how many there were. */
    async runAll(end: ExportState = { state: "completed" }): Promise<number> {
      for (let count = 0; ; count += 1) {
        const lease = await queue.take();
        if (!lease) return count;
        await lease.release(end, NO_PROGRESS);
      }
    },
    exports: async () => (await queue.list(10_000)).exports.toReversed(),
    async [Symbol.asyncDispose]() {
      for (const process of processes) await process.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

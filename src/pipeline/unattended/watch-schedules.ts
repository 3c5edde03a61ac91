import { failureOf } from "../../core/errors.ts";
import type { Notice, Watched } from "../../core/export/alarm.ts";
import type { AlarmMemory, AlarmRecord } from "../../core/ports/alarm-memory.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { alarmsDue, noticeOf, recordAfter, recordWith } from "./alarms.ts";

/** How often schedules are looked at. */
const LOOK_MS = 60_000;

/** Gives a notice to whoever is to hear it. Rejects when it was not taken. */
type PostNotice = (notice: Notice, signal: AbortSignal) => Promise<void>;

export type WatchPorts = Readonly<{
  /** All scheduled exports as they stand. */
  look(signal: AbortSignal): Promise<readonly Watched[]>;
  memory: AlarmMemory;
  /** Left out where nobody is to hear it: alarms are remembered all the same. */
  post: PostNotice | undefined;
  notifyAfterMs: number;
  clock: Clock;
  log: Log;
}>;

/** Looks at the schedules every minute until the signal aborts, and tells who is to hear what is wrong with them. */
export async function watchSchedules(ports: WatchPorts, signal: AbortSignal): Promise<void> {
  const { clock, log } = ports;
  const lookOnce = alarmLook(ports);
  while (!signal.aborted) {
    try {
      await lookOnce(signal);
    } catch (error) {
      if (!signal.aborted) log.error("alarms cannot be looked for", { code: failureOf(error)?.code ?? "internal" });
    }
    await clock.sleep(LOOK_MS, signal).catch(() => {});
  }
}

/** Looks once: remembers what is wrong with the schedules now, and tells what is to be told of it. */
export function alarmLook({
  look,
  memory,
  post,
  notifyAfterMs,
  clock,
  log,
}: WatchPorts): (signal: AbortSignal) => Promise<void> {
  /** What could not be kept, on a full disk: whoever was told is not told again for that. */
  let unkept: AlarmRecord | undefined;
  return async (signal) => {
    const schedules = await look(signal);
    if (schedules.length === 0 && Object.keys(await memory.read()).length === 0) return;
    await memory.exclusively(async (kept, keep) => {
      let record = unkept ?? kept;
      const change = async (next: AlarmRecord): Promise<void> => {
        if (unkept === undefined && JSON.stringify(next) === JSON.stringify(record)) return;
        record = unkept = next;
        try {
          await keep(next);
          unkept = undefined;
        } catch (error) {
          log.error("alarms cannot be kept", { code: failureOf(error)?.code ?? "internal" });
        }
      };
      await change(recordAfter(record, schedules, clock.now(), notifyAfterMs));
      if (post === undefined) return;
      for (const due of alarmsDue(record, schedules, clock.now())) {
        const notice = noticeOf(due);
        const taken = await post(notice, signal).then(
          () => true,
          (error: unknown) => {
            signal.throwIfAborted();
            log.warn("an alarm was not taken", { event: notice.event, code: failureOf(error)?.code ?? "internal" });
            return false;
          },
        );
        await change(recordWith(record, due, taken, clock.now()));
        if (!taken) return; // a receiver that is away is away for all of them: the others are tried at the next look
      }
    }, signal);
  };
}

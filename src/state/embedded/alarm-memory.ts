import { dirname } from "node:path";

import { z } from "zod";

import { ALARM_EVENTS } from "../../core/export/alarm.ts";
import type { AlarmMemory, AlarmRecord } from "../../core/ports/alarm-memory.ts";
import type { Lock } from "../../core/ports/lock.ts";
import type { PrivateFiles } from "../../core/ports/private-files.ts";
import { moment } from "../rows/stored-values.ts";

const alarm = z.object({
  event: z.enum(ALARM_EVENTS),
  account: z.string(),
  exportId: z.string().nullable(),
  since: moment,
  message: z.string(),
  next: z.string(),
  silent: z.literal(true).exactOptional(),
  overSince: moment.exactOptional(),
  told: z.boolean(),
  round: moment,
  attempts: z.int().nonnegative(),
  nextAt: moment,
});

const record = z.record(
  z.string(),
  z.object({
    alarms: z.array(alarm),
    provenAt: moment.exactOptional(),
    paused: z.literal(true).exactOptional(),
  }),
);

/** What is remembered of alarms, in a file of STATE_DIR, with a lock beside it. */
export function alarmMemory(path: string, files: PrivateFiles, lock: Lock): AlarmMemory {
  const read = async (): Promise<AlarmRecord> => {
    try {
      return record.parse(JSON.parse(await files.readFile(path)));
    } catch {
      return {};
    }
  };
  return {
    read,
    async exclusively(work, signal) {
      await files.privateFolder(dirname(path));
      await using held = await lock(`${path}.lock`, 0, signal);
      if (held === undefined) return false;
      await work(await read(), (next) => files.replaceFile(path, `${JSON.stringify(next)}\n`));
      return true;
    },
  };
}

import { z } from "zod";

import { ALARM_EVENTS } from "../../core/export/alarm.ts";
import { moment } from "./stored-values.ts";

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

/** What is remembered of alarms, as it is stored. */
export const alarmRecord = z.record(
  z.string(),
  z.object({
    alarms: z.array(alarm),
    provenAt: moment.exactOptional(),
    paused: z.literal(true).exactOptional(),
  }),
);

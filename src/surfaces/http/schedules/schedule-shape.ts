import { z } from "zod";

import { FORMATS } from "../../../core/export/format.ts";
import { EMAIL, SCHEDULE } from "../contract/examples.ts";
import { StateName } from "../exports/export-view.ts";
import { NewExport } from "../exports/new-export.ts";

/** A day: more is another schedule. */
const LONGEST_JITTER_SECONDS = 86_400;

/** Far more than any expression, or name of a zone, is long. */
const LONGEST = 200;

const Options = NewExport.omit({ email: true })
  .meta({ id: "ScheduleOptions", examples: [{}, { attachments: true, formats: ["mbox"] }] })
  .describe("What each export brings, as in `POST /export/gmail`.");

const Cron = z
  .string()
  .max(LONGEST)
  .describe(
    "Minute, hour, day of month, month, day of week; or six fields, with a second in front. A minute apart at least.",
  );
const TimeZone = z
  .string()
  .min(1)
  .max(LONGEST)
  .describe("As the IANA names it; of the server's machine where none is given.");
const Jitter = z
  .int()
  .min(0)
  .max(LONGEST_JITTER_SECONDS)
  .describe("An export begins up to so much after the time that the expression names.");

export const NewSchedule = z
  .strictObject({
    email: z.email(),
    cron: Cron,
    time_zone: TimeZone.optional(),
    jitter_seconds: Jitter.default(30),
    paused: z.boolean().default(false),
    options: Options.prefault({}),
  })
  .meta({
    id: "NewSchedule",
    examples: [
      { email: EMAIL, cron: "0 3 * * *" },
      {
        email: EMAIL,
        cron: "*/30 8-18 * * MON-FRI",
        time_zone: "Europe/Paris",
        jitter_seconds: 0,
        options: { attachments: true, formats: ["mbox"] },
      },
    ],
  });

export const ScheduleChange = z
  .strictObject({
    cron: Cron.optional(),
    time_zone: TimeZone.optional(),
    jitter_seconds: Jitter.optional(),
    paused: z.boolean().optional(),
    options: Options.optional().describe("In the place of all those there were."),
  })
  .meta({ id: "ScheduleChange", examples: [{ paused: true }, { paused: false, cron: "30 4 * * *" }] });

/** A schedule as HTTP shows it. */
export const ScheduleView = z
  .object({
    id: z.string(),
    email: z.string(),
    cron: z.string(),
    time_zone: z.string(),
    jitter_seconds: z.int().nonnegative(),
    paused: z.boolean(),
    options: z.object({
      output_dir: z.string(),
      was: z.string().optional(),
      max_emails: z.int().nonnegative().nullable(),
      batch_size: z.int().positive(),
      query: z.string(),
      labels: z.array(z.string()),
      include_spam_trash: z.boolean(),
      attachments: z.boolean(),
      formats: z.array(z.enum(FORMATS)),
      prune: z.boolean().exactOptional(),
      priority: z.int().exactOptional(),
    }),
    created_at: z.iso.datetime(),
    next_run: z.iso.datetime().nullable().describe("Null while it is paused. In the past while what is due waits."),
    waits_for: z
      .string()
      .nullable()
      .describe("The export of its directory whose end an occurrence that is due waits for."),
    last_run: z
      .object({ at: z.iso.datetime(), state: StateName, export_id: z.string() })
      .nullable()
      .describe("The last export that it began, and how that stands or ended."),
  })
  .meta({ id: "Schedule", examples: [SCHEDULE] });

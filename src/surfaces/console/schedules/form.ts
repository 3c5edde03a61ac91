import type { z } from "zod";

import type { Problem } from "../../http/contract/problem.ts";
import { bodyOf, complaintsOf, wholeNumberIn, type Draft, type Field } from "../new-export/form.ts";

/** When an account is exported, as it was filled in. */
export type Timing = Readonly<{ cron: string; timeZone: string; jitter: string }>;

/** Every night, when least happens in a mailbox. */
export const timingIn = (timeZone: string): Timing => ({ cron: "0 3 * * *", timeZone, jitter: "30" });

/** The body of POST /schedules. */
export function scheduleBodyOf(draft: Draft, timing: Timing, exportDir: string): Readonly<Record<string, unknown>> {
  const { email, ...options } = bodyOf(draft, exportDir);
  return {
    email,
    cron: timing.cron.trim(),
    ...(timing.timeZone.trim() && { time_zone: timing.timeZone.trim() }),
    ...(timing.jitter.trim() && { jitter_seconds: wholeNumberIn(timing.jitter) }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

type Errors = z.infer<typeof Problem>["errors"];

const TIMING_FIELDS = ["cron", "time_zone", "jitter_seconds"] as const;

export type TimingField = (typeof TIMING_FIELDS)[number];

/** What is wrong with a field; `character` is where in it, counted from 1, where the server can tell. */
export type Complaint = Readonly<{ message: string; character?: number | undefined }>;

/** The server's complaints by the field that they are about: those of `options` are about the export's. */
export function scheduleComplaintsOf(
  errors: Errors = [],
): Readonly<{ timing: Partial<Record<TimingField, Complaint>>; options: Partial<Record<Field, string>> }> {
  const timing: Partial<Record<TimingField, Complaint>> = {};
  for (const { field, message, character } of errors) {
    const known = TIMING_FIELDS.find((name) => name === field);
    if (known) timing[known] ??= { message, character };
  }
  const ofOptions = errors.map((error) => ({ ...error, field: error.field.replace(/^options\./, "") }));
  return { timing, options: complaintsOf(ofOptions) };
}

import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { viewOfSchedule } from "../../schedule-view.ts";
import { clientGone } from "../client-gone.ts";
import { describeAnswer, describeEmpty, describeProblems, INVALID_FIELDS } from "../contract/answers.ts";
import { SCHEDULE, SCHEDULE_ID } from "../contract/examples.ts";
import { Export, viewOf } from "../exports/export-view.ts";
import { acceptForLater, NewExport } from "../exports/new-export.ts";
import type { Common, ScheduleServices } from "../services.ts";
import { NewSchedule, ScheduleChange, ScheduleView } from "./schedule-shape.ts";

const Schedules = z
  .object({ schedules: z.array(ScheduleView) })
  .meta({ id: "Schedules", examples: [{ schedules: [SCHEDULE] }] });

export const Preview = z
  .object({ next_runs: z.array(z.iso.datetime()) })
  .meta({ id: "NextRuns", examples: [{ next_runs: ["2026-11-24T02:00:00.000Z", "2026-11-25T02:00:00.000Z"] }] });

const byId = z.strictObject({ id: z.string().meta({ examples: [SCHEDULE_ID] }) });
const nothing = z.strictObject({});
const UNKNOWN_SCHEDULE = "No schedule has this id.";
const WRONG_SCHEDULE = `${INVALID_FIELDS} A cron expression that is wrong is named with the \`character\`. Or the directory is not inside EXPORT_DIR, or the mailbox has no such label.`;
const LOOKING_UP = {
  429: "Google's quota is spent for now, and a label's name was to be looked up.",
  502: "Google answered with an error of its own when a label's name was looked up.",
  504: "Google did not answer when a label's name was looked up.",
};
const FOREIGN = "The directory holds an export of another account or filter (`free_directory` is one that is free).";

/** What each moment is shown by, when an expression is tried. */
const MOST_PREVIEWED = 20;

export function scheduleRoutes(services: ScheduleServices & Common): FastifyPluginAsyncZod {
  const { scheduling, timeZone, mayUseDirectory, clock, log } = services;
  return async (app) => {
    app.get(
      "/schedules",
      {
        schema: {
          tags: ["schedules"],
          summary: "What is exported by itself, and when",
          querystring: nothing,
          response: { 200: describeAnswer("All schedules, as they were made", Schedules) },
        },
      },
      async (_request, reply) => ({
        schedules: (await scheduling.list(clientGone(reply))).map((one) => viewOfSchedule(one, clock.now())),
      }),
    );

    app.post(
      "/schedules",
      {
        schema: {
          tags: ["schedules"],
          summary: "Export an account again and again",
          description:
            "While the server runs, each time that the expression names, as the clocks of its zone go, an export of the account is started as `POST /export/gmail` does: the same directory is brought up to date. What was missed while no server ran is made up for once. An occurrence whose directory is still being exported waits for the end of that. Nobody need be signed in yet: an export that finds no grant is `needs_sign_in`.",
          querystring: nothing,
          body: NewSchedule,
          response: {
            201: describeAnswer("It is kept; `Location` is where to look at it", ScheduleView),
            ...describeProblems({ 409: FOREIGN, 422: WRONG_SCHEDULE, ...LOOKING_UP }),
          },
        },
      },
      async ({ id: requestId, body }, reply) => {
        const { email, cron, time_zone = timeZone, jitter_seconds: jitterSeconds, paused, options } = body;
        scheduling.preview(cron, time_zone, 1); // refused before anything is asked of Google
        const request = await acceptForLater({ ...options, email }, reply, services);
        await mayUseDirectory(request);
        const made = await scheduling.add(
          { request, cron, timeZone: time_zone, jitterSeconds, paused },
          clientGone(reply),
        );
        log.info("schedule added", { requestId, schedule: made.id });
        return reply.code(201).header("location", `/schedules/${made.id}`).send(viewOfSchedule(made, clock.now()));
      },
    );

    app.get(
      "/schedules/preview",
      {
        schema: {
          tags: ["schedules"],
          summary: "When an expression comes true next",
          querystring: z.strictObject({
            cron: z
              .string()
              .max(200)
              .meta({ examples: ["0 3 * * *"] }),
            time_zone: z.string().max(200).optional(),
            count: z.coerce.number().int().min(1).max(MOST_PREVIEWED).default(3),
          }),
          response: {
            200: describeAnswer("The next moments, without jitter", Preview),
            ...describeProblems({ 422: WRONG_SCHEDULE }),
          },
        },
      },
      async ({ query: { cron, time_zone = timeZone, count } }) => ({
        next_runs: scheduling.preview(cron, time_zone, count).map((at) => new Date(at).toISOString()),
      }),
    );

    app.get(
      "/schedules/:id",
      {
        schema: {
          tags: ["schedules"],
          summary: "One schedule: when it runs next, and how its last export stands",
          params: byId,
          querystring: nothing,
          response: {
            200: describeAnswer("The schedule as it is now", ScheduleView),
            ...describeProblems({ 404: UNKNOWN_SCHEDULE }),
          },
        },
      },
      async ({ params }, reply) => viewOfSchedule(await scheduling.get(params.id, clientGone(reply)), clock.now()),
    );

    app.patch(
      "/schedules/:id",
      {
        schema: {
          tags: ["schedules"],
          summary: "Change, pause or resume a schedule",
          description:
            "What is left out stays. One that is resumed goes on at its next time: what fell into the pause is not made up for.",
          params: byId,
          querystring: nothing,
          body: ScheduleChange,
          response: {
            200: describeAnswer("The schedule as it is now", ScheduleView),
            ...describeProblems({ 404: UNKNOWN_SCHEDULE, 409: FOREIGN, 422: WRONG_SCHEDULE, ...LOOKING_UP }),
          },
        },
      },
      async ({ id: requestId, params, body }, reply) => {
        const { request: before } = await scheduling.get(params.id, clientGone(reply));
        const { cron, time_zone, jitter_seconds, paused, options } = body;
        const request =
          options && (await acceptForLater(NewExport.parse({ ...options, email: before.account }), reply, services));
        if (request) await mayUseDirectory(request);
        const changed = await scheduling.change(
          params.id,
          {
            ...(cron !== undefined && { cron }),
            ...(time_zone !== undefined && { timeZone: time_zone }),
            ...(jitter_seconds !== undefined && { jitterSeconds: jitter_seconds }),
            ...(paused !== undefined && { paused }),
            ...(request && { request }),
          },
          clientGone(reply),
        );
        log.info("schedule changed", { requestId, schedule: changed.id });
        return viewOfSchedule(changed, clock.now());
      },
    );

    app.delete(
      "/schedules/:id",
      {
        schema: {
          tags: ["schedules"],
          summary: "Remove a schedule; its exports stay, and one that runs goes on",
          params: byId,
          querystring: nothing,
          response: {
            204: describeEmpty("There is no such schedule any more"),
            ...describeProblems({ 404: UNKNOWN_SCHEDULE }),
          },
        },
      },
      async ({ id: requestId, params }, reply) => {
        await scheduling.remove(params.id, clientGone(reply));
        log.info("schedule removed", { requestId, schedule: params.id });
        return reply.code(204).send(null);
      },
    );

    app.post(
      "/schedules/:id/run",
      {
        schema: {
          tags: ["schedules"],
          summary: "Start the export of a schedule now",
          description: "Whether or not it is paused; when it runs next stays.",
          params: byId,
          querystring: nothing,
          body: nothing.nullish().meta({ examples: [{}] }),
          response: {
            202: describeAnswer("The export waits for its turn, or runs; `Location` is where to look at it", Export),
            ...describeProblems({ 404: UNKNOWN_SCHEDULE, 409: "An unfinished export has its directory." }),
          },
        },
      },
      async ({ id: requestId, params }, reply) => {
        const { job } = await scheduling.run(params.id, clientGone(reply));
        log.info("schedule run by hand", { requestId, schedule: params.id, export: job.id });
        const view = viewOf(job);
        return reply.code(202).header("location", view.links.self).send(view);
      },
    );
  };
}

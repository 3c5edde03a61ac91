import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { AllWork } from "../../../pipeline/all-work.ts";
import { viewOfLimits } from "../../domain-view.ts";
import { clientGone } from "../client-gone.ts";
import { describeAnswer, describeProblems, INVALID_FIELDS } from "../contract/answers.ts";
import { EXPORT_ID } from "../contract/examples.ts";
import { DomainLimits } from "../domain/domain-account.ts";
import type { OperationsServices } from "../services.ts";

const count = z.int().nonnegative();

/** All that is under way, as HTTP shows it. */
export const Work = z
  .object({
    workers: z.array(
      z.object({
        id: z.string().describe("The name of its machine and the number of its process."),
        exports: z.array(
          z.object({
            id: z.string(),
            email: z.string(),
            since: z.iso.datetime(),
            done: count,
            listed: count,
            units_left: z.number().nullable(),
            units_per_minute: z.number().nullable(),
          }),
        ),
      }),
    ),
    states: z.object({ queued: count, running: count, paused: count, waiting: count, needs_sign_in: count }),
    backlog: z.object({
      exports: count,
      units: z.number().describe("At list price, of the text of every message."),
      guessed: count.describe("Exports of which nothing is known yet: each is taken for the mean of the others."),
    }),
    rate: z.object({
      units_per_minute: z.number(),
      units_this_minute: z.number(),
      units_per_minute_allowed: z.number(),
    }),
    limits: DomainLimits,
    finished_at_estimate: z.iso.datetime().nullable(),
  })
  .meta({
    id: "Work",
    examples: [
      {
        workers: [
          {
            id: "mail-1/4711",
            exports: [
              {
                id: EXPORT_ID,
                email: "ada@example.com",
                since: "2026-11-23T02:16:10.698Z",
                done: 5_339,
                listed: 12_661,
                units_left: 103_980,
                units_per_minute: 5_880,
              },
            ],
          },
        ],
        states: { queued: 311, running: 1, paused: 0, waiting: 0, needs_sign_in: 2 },
        backlog: { exports: 312, units: 61_204_112, guessed: 0 },
        rate: { units_per_minute: 5_880, units_this_minute: 5_880, units_per_minute_allowed: 6_000 },
        limits: { tier: "2026", units_per_minute: 6_000, project_units_per_minute: 1_200_000, concurrency: 4 },
        finished_at_estimate: "2026-11-30T04:16:22.000Z",
      },
    ],
  });

function viewOfWork({ workers, states, backlog, pace, limits, finishAt }: AllWork): z.infer<typeof Work> {
  const of = (state: keyof z.infer<typeof Work>["states"]): number => states.get(state) ?? 0;
  return {
    workers: workers.map(({ id, exports }) => ({
      id,
      exports: exports.map((one) => ({
        id: one.id,
        email: one.account,
        since: new Date(one.since).toISOString(),
        done: one.done,
        listed: one.listed,
        units_left: one.unitsLeft ?? null,
        units_per_minute: one.unitsPerMinute ?? null,
      })),
    })),
    states: {
      queued: of("queued"),
      running: of("running"),
      paused: of("paused"),
      waiting: of("waiting"),
      needs_sign_in: of("needs_sign_in"),
    },
    backlog,
    rate: {
      units_per_minute: pace.unitsPerMinute,
      units_this_minute: pace.unitsThisMinute,
      units_per_minute_allowed: pace.unitsPerMinuteAllowed,
    },
    limits: viewOfLimits(limits),
    finished_at_estimate: finishAt === undefined ? null : new Date(finishAt).toISOString(),
  };
}

export function workRoutes({ lookAtWork }: Pick<OperationsServices, "lookAtWork">): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/work",
      {
        schema: {
          tags: ["exports"],
          summary: "Who works on what, and what is left to do",
          description:
            "Of all workers together, on whatever machine: the exports that run, by whom and since when; how many wait; the quota units that are left at list price, and those that are spent a minute; and when all is done if nothing stands in the way. What a waiting export takes is reckoned from how much mail its account has, where that was counted (`POST /domain/estimate`, `GET /domain/accounts`).",
          querystring: z.strictObject({}),
          response: {
            200: describeAnswer("As it was within the last few seconds", Work),
            ...describeProblems({ 422: INVALID_FIELDS }),
          },
        },
      },
      async (_request, reply) => viewOfWork(await lookAtWork(clientGone(reply))),
    );
  };
}

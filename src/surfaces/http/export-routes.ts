import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { Wish } from "../../core/job.ts";
import { clientGone } from "./client-gone.ts";
import { Export, ExportInFull, Links, viewInFull, viewOf } from "./export-view.ts";
import { accepted, NewExport } from "./new-export.ts";
import { Problem } from "./problem.ts";
import type { Services } from "./services.ts";

const Started = z
  .object({
    message: z.string(),
    status: z.literal("processing"),
    output_directory: z.string(),
    job_id: z.string(),
    links: Links,
  })
  .meta({ id: "Started" });

/** `units_per_minute` is what may be spent now; `share_of_day` is of what a Cloud project may spend a day: 1 is all of it. */
const Estimate = z
  .object({
    messages: z.int(),
    conversations: z.int(),
    calls: z.int(),
    units: z.number(),
    tier: z.enum(["2026", "legacy"]),
    units_per_minute: z.number(),
    minutes: z.number(),
    share_of_day: z.number(),
  })
  .meta({ id: "Estimate" });

const byId = z.strictObject({ id: z.string() });
const nothing = z.strictObject({});

const WISHES: readonly [path: string, wish: Wish, summary: string][] = [
  ["pause", "pause", "Stop for now; everything fetched so far stays"],
  ["resume", "resume", "Go on where it stopped"],
  ["cancel", "cancel", "Stop for good; everything fetched so far stays"],
  ["retry-failed", "retry_failed", "Fetch again what failed, and what is new"],
];

export function exportRoutes(services: Services): FastifyPluginAsyncZod {
  const { queue, directoryIsFree, readDirectory, estimate, log } = services;
  return async (app) => {
    app.post(
      "/export/gmail",
      {
        schema: {
          tags: ["exports"],
          summary: "Start an export in the background",
          querystring: nothing,
          body: NewExport,
          response: { 202: Started, 401: Problem, 409: Problem, 422: Problem },
        },
      },
      async ({ id: requestId, body }, reply) => {
        const request = await accepted(body, reply, services);
        if (!request) return reply;
        await directoryIsFree(request.directory);
        const job = queue.add(request);
        log.info("export accepted", { requestId, export: job.id });
        const { links } = viewOf(job);
        return reply
          .code(202)
          .header("location", links.self)
          .send({
            message: `The export of ${body.email} has been started.`,
            status: "processing",
            output_directory: request.directory,
            job_id: job.id,
            links,
          });
      },
    );

    app.post(
      "/exports/estimate",
      {
        schema: {
          tags: ["exports"],
          summary: "What an export would cost: a dry run, which only lists (5 quota units per 500 messages)",
          querystring: nothing,
          body: NewExport,
          response: { 200: Estimate, 401: Problem, 422: Problem, 429: Problem, 502: Problem, 504: Problem },
        },
      },
      async ({ body }, reply) => {
        const request = await accepted(body, reply, services);
        if (!request) return reply;
        const { unitsPerMinute, ms, shareOfDay, ...figures } = await estimate(request, clientGone(reply));
        return {
          ...figures,
          units_per_minute: Math.round(unitsPerMinute),
          minutes: ms / 60_000,
          share_of_day: shareOfDay,
        };
      },
    );

    app.get(
      "/exports",
      {
        schema: {
          tags: ["exports"],
          summary: "All exports, newest first",
          querystring: nothing,
          response: { 200: z.array(Export) },
        },
      },
      async () => queue.list().map(viewOf),
    );

    app.get(
      "/exports/:id",
      {
        schema: {
          tags: ["exports"],
          summary: "One export: state, progress, quota, files, failures",
          params: byId,
          querystring: nothing,
          response: { 200: ExportInFull, 404: Problem },
        },
      },
      async ({ params }) => {
        const job = queue.get(params.id);
        return viewInFull(job, await readDirectory.manifest(job.request.directory));
      },
    );

    for (const [path, wish, summary] of WISHES)
      app.post(
        `/exports/:id/${path}`,
        {
          schema: {
            tags: ["exports"],
            summary,
            params: byId,
            querystring: nothing,
            body: nothing.nullish(),
            response: { 202: Export, 404: Problem, 409: Problem },
          },
        },
        async ({ params }, reply) => reply.code(202).send(viewOf(queue.ask(params.id, wish))),
      );
  };
}

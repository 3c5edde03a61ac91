import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { Wish } from "../../../core/export/job.ts";
import { viewOfEstimate } from "../../estimate-view.ts";
import { clientGone } from "../client-gone.ts";
import {
  describeAnswer,
  describeEmpty,
  INVALID_FIELDS,
  describeProblems,
  UNKNOWN_EXPORT,
} from "../contract/answers.ts";
import { cursorOf, positionIn, sendBadCursor } from "../contract/cursor.ts";
import { EMAIL, EXPORT_ID, LINKS, RUNNING_EXPORT } from "../contract/examples.ts";
import type { Common, ExportServices } from "../services.ts";
import { Export, ExportInFull, Links, viewInFull, viewOf } from "./export-view.ts";
import { acceptExport, NewEstimate, NewExport } from "./new-export.ts";

export const Started = z
  .object({
    message: z.string(),
    status: z.literal("processing"),
    output_directory: z.string(),
    job_id: z.string(),
    links: Links,
  })
  .meta({
    id: "Started",
    examples: [
      {
        message: `The export of ${EMAIL} has been started.`,
        status: "processing",
        output_directory: "/home/you/mail/data",
        job_id: EXPORT_ID,
        links: LINKS,
      },
    ],
  });

/**
 * What one kind of export takes as a whole. `minutes` are from and to where they cannot be told closer, and `not_known`
 * says why: the project's `limit`, or the `price` that Google charges for some of the calls. `bytes` are those of the mail
 * that is read, where the sizes of a few messages were asked for.
 */
const Cost = z.object({
  units: z.number(),
  minutes: z.union([z.number(), z.tuple([z.number(), z.number()])]),
  bytes: z.number().optional(),
  not_known: z.array(z.enum(["limit", "price"])).optional(),
});

/**
 * `units_per_minute` is what may be spent now; `share_of_day` is of what a Cloud project may spend a day: 1 is all of it.
 * `calls`, `units` and `minutes` are those of `text`, the likeliest minutes where they are from and to.
 */
export const Estimate = z
  .object({
    messages: z.int(),
    conversations: z.int(),
    calls: z.int(),
    units: z.number(),
    tier: z.enum(["2026", "legacy"]),
    units_per_minute: z.number(),
    minutes: z.number(),
    share_of_day: z.number(),
    text: Cost,
    attachments: Cost,
    originals: Cost,
    completing: Cost.extend({ messages: z.int() })
      .optional()
      .describe(
        "What it takes to complete records that are in the directory already, where they lack what is asked for.",
      ),
  })
  .meta({
    id: "Estimate",
    examples: [
      {
        messages: 12_661,
        conversations: 6_420,
        calls: 6_446,
        units: 178_530,
        tier: "2026",
        units_per_minute: 5_880,
        minutes: 30.4,
        share_of_day: 0.0022,
        text: { units: 178_530, minutes: 30.4, bytes: 412_900_000 },
        attachments: { units: 207_840, minutes: [35.4, 77.8], bytes: 3_105_000_000, not_known: ["price"] },
        originals: { units: 253_220, minutes: [43.1, 142.2], bytes: 3_105_000_000, not_known: ["price"] },
      },
    ],
  });

const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

const Exports = z
  .object({ exports: z.array(Export), next_cursor: z.string().nullable() })
  .meta({ id: "Exports", examples: [{ exports: [RUNNING_EXPORT], next_cursor: null }] });

const byId = z.strictObject({ id: z.string().meta({ examples: [EXPORT_ID] }) });
const nothing = z.strictObject({});

/** What a cursor belongs to. */
const EXPORTS = { list: "exports" };

const NOT_SIGNED_IN = "Nobody is signed in as this account; `sign_in_url` is where to.";

const WISHES: readonly [path: string, wish: Wish, summary: string][] = [
  ["pause", "pause", "Stop for now; everything fetched so far stays"],
  ["resume", "resume", "Go on where it stopped"],
  ["cancel", "cancel", "Stop for good; everything fetched so far stays"],
  ["retry-failed", "retry_failed", "Fetch again what failed, and what is new"],
];

export function exportRoutes(services: ExportServices & Common): FastifyPluginAsyncZod {
  const { queue, directoryIsFree, mayUseDirectory, readDirectory, estimate, log } = services;
  return async (app) => {
    app.post(
      "/export/gmail",
      {
        schema: {
          tags: ["exports"],
          summary: "Start an export in the background",
          querystring: nothing,
          body: NewExport,
          response: {
            202: describeAnswer("It waits for its turn, or runs; `Location` is where to look at it", Started),
            ...describeProblems({
              401: NOT_SIGNED_IN,
              409: "That directory is being written, another unfinished export has it, or it holds an export of another account or filter (`free_directory` is one that is free).",
              422: `${INVALID_FIELDS} Or \`output_dir\` is not inside EXPORT_DIR, or the mailbox has no such label.`,
              429: "Google's quota is spent for now, and a label's name was to be looked up.",
              502: "Google answered with an error of its own when a label's name was looked up.",
              504: "Google did not answer when a label's name was looked up.",
            }),
          },
        },
      },
      async ({ id: requestId, body }, reply) => {
        const request = await acceptExport(body, reply, services);
        if (!request) return reply;
        await directoryIsFree(request.directory);
        await mayUseDirectory(request);
        const job = await queue.add(request);
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
          summary: "What an export would cost, without doing it",
          description:
            "A dry run: it lists (5 quota units per 500 messages, per 500 with attachments, and per 500 chats), fetches and writes nothing; with `sizes` it asks a few messages how large they are, and tells `bytes`. `minutes` is the likeliest time of an export of text; `text`, `attachments` and `originals` say what each kind of export takes as a whole.",
          querystring: nothing,
          body: NewEstimate,
          response: {
            200: describeAnswer("What it would cost, and how long that takes", Estimate),
            ...describeProblems({
              401: NOT_SIGNED_IN,
              422: `${INVALID_FIELDS} Or \`output_dir\` is not inside EXPORT_DIR.`,
              429: "Google's quota is spent for now.",
              502: "Google answered with an error of its own.",
              504: "Google did not answer.",
            }),
          },
        },
      },
      async ({ body }, reply) => {
        const request = await acceptExport(body, reply, services);
        if (!request) return reply;
        return viewOfEstimate(await estimate(request, clientGone(reply), body.sizes));
      },
    );

    app.get(
      "/exports",
      {
        schema: {
          tags: ["exports"],
          summary: "Exports, newest first",
          querystring: Page,
          response: {
            200: describeAnswer("One page; with `next_cursor` as `cursor`, the list goes on behind it", Exports),
            ...describeProblems({ 422: INVALID_FIELDS }),
          },
        },
      },
      async ({ query: { limit, cursor } }, reply) => {
        const from = cursor === undefined ? undefined : positionIn(cursor, EXPORTS);
        if (cursor !== undefined && !from) return sendBadCursor(reply);
        const { exports, next } = await queue.list(limit, from && { createdAt: from[0], serial: from[1] });
        return {
          exports: exports.map(viewOf),
          next_cursor: next ? cursorOf([next.createdAt, next.serial], EXPORTS) : null,
        };
      },
    );

    app.get(
      "/exports/:id",
      {
        schema: {
          tags: ["exports"],
          summary: "One export: state, progress, quota, files, failures",
          params: byId,
          querystring: nothing,
          response: {
            200: describeAnswer("The export as it is now", ExportInFull),
            ...describeProblems({ 404: UNKNOWN_EXPORT }),
          },
        },
      },
      async ({ params }) => {
        const job = await queue.get(params.id);
        return viewInFull(job, await readDirectory.manifest(job.request.directory));
      },
    );

    app.delete(
      "/exports/:id",
      {
        schema: {
          tags: ["exports"],
          summary: "Take an export that has ended off the list; its files stay",
          params: byId,
          querystring: nothing,
          response: {
            204: describeEmpty("It is on the list no more"),
            ...describeProblems({ 404: UNKNOWN_EXPORT, 409: "It has not ended: cancel it first." }),
          },
        },
      },
      async ({ params }, reply) => {
        await queue.remove(params.id);
        return reply.code(204).send(null);
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
            body: nothing.nullish().meta({ examples: [{}] }),
            response: {
              202: describeAnswer(
                "Asked for; the export as it is now. One that runs follows within about a second",
                Export,
              ),
              ...describeProblems({
                404: UNKNOWN_EXPORT,
                409: "Its state does not allow it, or another unfinished export has its directory.",
              }),
            },
          },
        },
        async ({ params }, reply) => reply.code(202).send(viewOf(await queue.ask(params.id, wish))),
      );
  };
}

import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { Wish } from "../../core/job.ts";
import { Export, ExportInFull, viewInFull, viewOf } from "./export-view.ts";
import { Problem, sendFailure } from "./problem.ts";
import type { Services } from "./services.ts";

const email = z.email();

/** The body of POST /export/gmail. `max_emails` null or left out means all. */
const NewExport = z
  .strictObject({
    email,
    max_emails: z.int().positive().nullable().default(null),
    output_dir: z.string().min(1).optional(),
    batch_size: z.int().positive().max(100_000).default(5_000),
    query: z.string().default(""),
    labels: z.array(z.string().min(1)).default([]),
    include_spam_trash: z.boolean().default(false),
  })
  .meta({ id: "NewExport" });

const Started = z
  .object({
    message: z.string(),
    status: z.literal("processing"),
    output_directory: z.string(),
    job_id: z.string(),
    links: z.object({ self: z.string(), cancel: z.string() }),
  })
  .meta({ id: "Started" });

const byId = z.strictObject({ id: z.string() });
const nothing = z.strictObject({});

const WISHES: readonly [path: string, wish: Wish, summary: string][] = [
  ["pause", "pause", "Stop for now; everything fetched so far stays"],
  ["resume", "resume", "Go on where it stopped"],
  ["cancel", "cancel", "Stop for good; everything fetched so far stays"],
  ["retry-failed", "retry_failed", "Fetch again what failed, and what is new"],
];

export function exportRoutes({
  accounts,
  queue,
  chooseDirectory,
  directoryIsFree,
  readManifest,
  signInUrl,
}: Services): FastifyPluginAsyncZod {
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
      async ({ body }, reply) => {
        const directory = await chooseDirectory(body.email, body.output_dir);
        const status = await accounts.status(body.email);
        if (!status.authenticated)
          return sendFailure(
            reply,
            {
              code: "not_signed_in",
              retry: "sign_in",
              message: status.warning ?? `Nobody has signed in as ${body.email} yet.`,
              next: `Open ${signInUrl(body.email)} in a browser and sign in, then send the same request again.`,
            },
            { sign_in_url: signInUrl(body.email) },
          );
        await directoryIsFree(directory);
        const job = queue.add({
          account: body.email,
          directory,
          maxEmails: body.max_emails,
          batchSize: body.batch_size,
          filter: { query: body.query, labels: body.labels, includeSpamTrash: body.include_spam_trash },
        });
        const { links } = viewOf(job);
        return reply
          .code(202)
          .header("location", links.self)
          .send({
            message: `The export of ${body.email} has been started.`,
            status: "processing",
            output_directory: directory,
            job_id: job.id,
            links,
          });
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
        return viewInFull(job, await readManifest(job.request.directory));
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

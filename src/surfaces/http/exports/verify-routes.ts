import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { refuse } from "../../../core/errors.ts";
import type { Verification } from "../../../pipeline/verifications.ts";
import { FINDING_KINDS } from "../../../pipeline/verify.ts";
import { viewOfFailure } from "../../progress-view.ts";
import { describeAnswer, INVALID_FIELDS, describeProblems, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { EMAIL, EXPORT_ID } from "../contract/examples.ts";
import type { ExportServices } from "../services.ts";

const count = z.int().nonnegative();

const EXAMPLE = {
  export_id: EXPORT_ID,
  email: EMAIL,
  output_directory: "/home/you/mail/data",
  online: true,
  state: "completed" as const,
  started_at: "2026-11-23T03:02:10.000Z",
  ended_at: "2026-11-23T03:02:41.000Z",
  progress: { stage: "listing" as const, records: 12_661, of: 12_661, listed: 12_661 },
  report: {
    sound: true,
    complete: true,
    messages: 12_661,
    files: 3,
    findings: [],
    deleted_since: [],
    unproven_labels: [],
    gmail_export: "0.1.0",
  },
};

/** A check of what an export has on disk, and its report once it has ended. */
export const VerificationView = z
  .object({
    export_id: z.string(),
    email: z.string(),
    output_directory: z.string(),
    online: z.boolean(),
    state: z.enum(["running", "completed", "failed"]),
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime().optional(),
    progress: z.object({ stage: z.enum(["files", "listing"]), records: count, of: count, listed: count }),
    report: z
      .object({
        sound: z.boolean(),
        complete: z.boolean(),
        messages: count,
        files: count,
        findings: z.array(z.object({ kind: z.enum(FINDING_KINDS), subject: z.string(), detail: z.string() })),
        deleted_since: z.array(z.string()),
        unproven_labels: z.array(z.string()),
        gmail_export: z.string(),
      })
      .optional(),
    failure: z.object({ code: z.string(), message: z.string(), next: z.string() }).optional(),
  })
  .meta({ id: "Verification", examples: [EXAMPLE] });

const VerifyRequest = z
  .strictObject({ online: z.boolean().default(false) })
  .nullish()
  .meta({ id: "VerifyRequest", examples: [{}, { online: true }] });

const params = z.strictObject({ id: z.string().meta({ examples: [EXPORT_ID] }) });

const DESCRIPTION = `Reads every file of the export and holds it against its manifest; with \`online\`, against the
mailbox too: which messages it has, and their labels (5 quota units per 500 messages, and per 500 members of each label). It runs in the background, one at a time for each directory,
and changes nothing; how far it is and its report are at GET of the same path. Reports are kept as long as the server runs.`;

export function verifyRoutes({
  queue,
  verifications,
  version,
}: Pick<ExportServices, "queue" | "verifications"> & { version: string }): FastifyPluginAsyncZod {
  return async (app) => {
    app.addHook("preClose", () => verifications.close());

    app.post(
      "/exports/:id/verify",
      {
        schema: {
          tags: ["exports"],
          summary: "Check what is on disk, in the background",
          description: DESCRIPTION,
          params,
          querystring: z.strictObject({}),
          body: VerifyRequest,
          response: {
            202: describeAnswer("It runs; `Location` is where to look at it", VerificationView),
            ...describeProblems({
              404: UNKNOWN_EXPORT,
              409: "The export is being written now, or a check of the other kind runs.",
              422: INVALID_FIELDS,
            }),
          },
        },
      },
      async ({ params: { id }, body }, reply) => {
        const job = await queue.get(id);
        if (job.state === "running")
          throw refuse(
            "directory_busy",
            `Another export is writing to ${job.request.directory}.`,
            "Wait until it has ended, or choose another output directory.",
          );
        const begun = verifications.start(job.request.directory, body?.online ?? false);
        return reply
          .code(202)
          .header("location", `/exports/${id}/verify`)
          .send(viewOf(id, job.request.account, job.request.directory, begun, version));
      },
    );

    app.get(
      "/exports/:id/verify",
      {
        schema: {
          tags: ["exports"],
          summary: "The check that runs, or the report of the last one",
          params,
          querystring: z.strictObject({}),
          response: {
            200: describeAnswer("How far it is, and its report once it has ended", VerificationView),
            ...describeProblems({ 404: `${UNKNOWN_EXPORT} Or it was not checked since the server started.` }),
          },
        },
      },
      async ({ params: { id } }) => {
        const { account, directory } = (await queue.get(id)).request;
        const found = verifications.find(directory);
        if (!found)
          throw refuse(
            "not_found",
            "This export was not checked since the server started.",
            "Begin a check: POST to the same address.",
          );
        return viewOf(id, account, directory, found, version);
      },
    );
  };
}

function viewOf(
  id: string,
  account: string,
  directory: string,
  { online, startedAt, progress, ...ending }: Verification,
  version: string,
): z.infer<typeof VerificationView> {
  return {
    export_id: id,
    email: account,
    output_directory: directory,
    online,
    state: ending.state,
    started_at: new Date(startedAt).toISOString(),
    progress,
    ...(ending.state !== "running" && { ended_at: new Date(ending.endedAt).toISOString() }),
    ...(ending.state === "completed" && {
      report: {
        sound: ending.verdict.sound,
        complete: ending.verdict.manifest.complete,
        messages: ending.verdict.manifest.total_emails,
        files: ending.verdict.manifest.total_batches,
        findings: [...ending.verdict.findings],
        deleted_since: [...ending.verdict.deletedSince],
        unproven_labels: [...ending.verdict.unprovenLabels],
        gmail_export: version,
      },
    }),
    ...(ending.state === "failed" && { failure: viewOfFailure(ending.failure) }),
  };
}

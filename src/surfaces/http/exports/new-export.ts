import type { FastifyReply } from "fastify";
import { z } from "zod";

import { FORMATS } from "../../../core/export/format.ts";
import { PRIORITIES, type ExportRequest } from "../../../core/export/job.ts";
import { clientGone } from "../client-gone.ts";
import { EMAIL } from "../contract/examples.ts";
import { sendFailure } from "../contract/problem.ts";
import type { ExportServices } from "../services.ts";

/** Far more than a person types; it is kept with the export, shown with it and sent with every page of the listing. */
const LONGEST_QUERY = 4_000;

/** More than Gmail has room for in a name; and as many as one address of Gmail's can name. */
const LONGEST_LABEL = 500;
const MOST_LABELS = 100;

/** Half of a surrogate pair, which JSON can spell, is no character: no address can hold it, and a search for it finds nothing. */
const wellFormed = z.string().refine((text) => text.isWellFormed(), "must be text: it holds half of a character");

/** The body of POST /export/gmail, and of its dry run. `max_emails` null or left out means all. */
export const NewExport = z
  .strictObject({
    email: z.email(),
    was: z
      .email()
      .optional()
      .describe("A former address of the account: `output_dir` holds its export under that, and is gone on with."),
    max_emails: z.int().positive().nullable().default(null),
    output_dir: wellFormed.min(1).optional(),
    batch_size: z.int().positive().max(100_000).default(5_000),
    query: wellFormed.max(LONGEST_QUERY).default(""),
    labels: z.array(wellFormed.min(1).max(LONGEST_LABEL)).max(MOST_LABELS).default([]),
    include_spam_trash: z.boolean().default(false),
    formats: z
      .array(z.enum(FORMATS))
      .max(FORMATS.length)
      .default([])
      .describe(
        "What is written beside the records. Of the original of each message, byte for byte: `mbox`, in one file beside each batch, or `eml`, as a file of its own. Of the records of each batch, at no cost in quota: `ndjson`, one a line, or `parquet`, as typed columns. A directory that has less gets what is missing, and nothing is read twice; what was once asked for stays.",
      ),
    attachments: z
      .boolean()
      .default(false)
      .describe(
        "The contents of attachments too, each once under `attachments/`. A directory that has none gets them, and texts are not read again; once asked for they stay.",
      ),
    prune: z
      .boolean()
      .default(false)
      .describe(
        "Take out what is deleted in Gmail, for good: records, originals, and the contents of attachments that no other message has. Their ids stay in `deleted` of the manifest.",
      ),
    priority: z
      .int()
      .min(PRIORITIES.lowest)
      .max(PRIORITIES.highest)
      .default(0)
      .describe("Of the exports that wait for a worker those of the highest priority are taken up first."),
  })
  .meta({
    id: "NewExport",
    examples: [
      { email: EMAIL },
      { email: EMAIL, max_emails: 1000, output_dir: "./data", batch_size: 5000 },
      { email: EMAIL, attachments: true, formats: ["mbox", "parquet"] },
      { email: EMAIL, output_dir: "./data/letters", query: "from:ada after:2024/01/01", labels: ["INBOX"] },
    ],
  });

/** The body of POST /exports/estimate. */
export const NewEstimate = NewExport.extend({
  sizes: z
    .boolean()
    .default(false)
    .describe(
      "Ask at most 20 messages for their size (20 units each, 5 for an old project), so that `bytes` can be reckoned.",
    ),
}).meta({ id: "NewEstimate", examples: [{ email: EMAIL }, { email: EMAIL, sizes: true }] });

/** What it takes to make a request of a body. */
type Asking = Pick<ExportServices, "accounts" | "chooseDirectory" | "resolveLabels" | "signInUrl">;

/** What is asked for, when it may be asked: the directory is one of ours, and the account signed in. Undefined when it was refused. */
export async function acceptExport(
  body: z.infer<typeof NewExport>,
  reply: FastifyReply,
  services: Asking,
): Promise<ExportRequest | undefined> {
  const { accounts, signInUrl } = services;
  const directory = await services.chooseDirectory(body.email, body.output_dir);
  const status = await accounts.status(body.email);
  if (!status.authenticated) {
    await sendFailure(
      reply,
      {
        code: "not_signed_in",
        retry: "sign_in",
        message: status.warning ?? `Nobody has signed in as ${body.email} yet.`,
        next: `Open ${signInUrl(body.email)} in a browser and sign in, then send the same request again.`,
      },
      { sign_in_url: signInUrl(body.email) },
    );
    return undefined;
  }
  const request = requestIn(body, directory);
  return { ...request, filter: await services.resolveLabels(body.email, request.filter, clientGone(reply)) };
}

/**
 * What is to be asked for when its time comes: the account may be signed in by then. Names of labels are looked up now
 * where somebody is, and else by each export.
 */
export async function acceptForLater(
  body: z.infer<typeof NewExport>,
  reply: FastifyReply,
  { accounts, chooseDirectory, resolveLabels }: Asking,
): Promise<ExportRequest> {
  const request = requestIn(body, await chooseDirectory(body.email, body.output_dir));
  const { authenticated } = await accounts.status(body.email);
  if (!authenticated) return request;
  return { ...request, filter: await resolveLabels(body.email, request.filter, clientGone(reply)) };
}

/** What a body asks for, with labels as they are named in it. */
export function requestIn(body: z.infer<typeof NewExport>, directory: string): ExportRequest {
  return {
    account: body.email,
    ...(body.was === undefined ? {} : { was: body.was }),
    directory,
    maxEmails: body.max_emails,
    batchSize: body.batch_size,
    filter: { query: body.query, labels: body.labels, includeSpamTrash: body.include_spam_trash },
    ...(body.attachments && { attachments: true }),
    ...(body.prune && { prune: true }),
    ...(body.priority !== 0 && { priority: body.priority }),
    ...(body.formats.length > 0 && { formats: FORMATS.filter((one) => body.formats.includes(one)) }),
  };
}

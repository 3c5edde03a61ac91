import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import type { FoundLine, IndexedExport, RecordQuestion } from "../../../core/ports/records.ts";
import { htmlIn } from "../../../formats/record-line.ts";
import { describeAnswer, htmlPage, INVALID_FIELDS, describeProblems, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { cursorOf, positionIn, sendBadCursor } from "../contract/cursor.ts";
import { EXPORT_ID, MESSAGE_ID } from "../contract/examples.ts";
import { sendProblem } from "../contract/problem.ts";
import { sendStream } from "../downloads/send-content.ts";
import type { Common, MailServices } from "../services.ts";
import { findRecord, recordsOf, sendNoMessage } from "./find-record.ts";
import { MAIL_POLICY } from "./mail-policy.ts";
import { mailRenderer } from "./mail-renderer.ts";
import { ExportedRecord, Records, Statistics, viewOfPage, viewOfStatistics } from "./record-view.ts";
import { showPictures } from "./show-pictures.ts";
import { picturesOf, pointersIn, type Picture } from "./stored-content.ts";

/** Newsletters have some hundred kilobytes; beyond this nobody reads. */
const LARGEST_HTML_BYTES = 2 << 20;

const exportId = z.string().meta({ examples: [EXPORT_ID] });
const byId = z.strictObject({ id: exportId });
const byMessage = z.strictObject({ id: exportId, message_id: z.string().meta({ examples: [MESSAGE_ID] }) });
const nothing = z.strictObject({});
const words = z.string().max(500).default("");

const Question = z.strictObject({
  search: words.meta({ examples: ["tickets lisbon"] }),
  from: words,
  subject: words,
  label: z.string().min(1).max(500).optional(),
  after: z.iso
    .date()
    .optional()
    .meta({ examples: ["2024-01-01"] }),
  before: z.iso.date().optional(),
  order: z.enum(["newest", "oldest"]).default("newest"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

const DAMAGED = "A file is not what was written.";
const TOO_SLOW = "The question takes too long, or too many were asked at once.";
const NO_MESSAGE = `${UNKNOWN_EXPORT} Or none of its files has a message with this id.`;

const LIST = {
  tags: ["records"],
  summary: "Look through what was exported",
  description: `Words that each must begin some word of a message, whatever their case and accents: \`search\` looks at
sender, recipients, subject and snippet, \`from\` and \`subject\` there only. \`label\` is a label's id or name. Days are
UTC: \`after\` and later, up to \`before\`, which is not among them. While \`index.complete\` is false, more is being read:
ask again. Messages are there from the first that is on disk: also those in the file that still grows, which
\`index.files\` does not count. \`deleted_at\` is when a run saw that a message had been deleted in Gmail, null while it is there.`,
  params: byId,
  querystring: Question,
  response: {
    200: describeAnswer("One page; with `next_cursor` as `cursor`, the same question goes on behind it", Records),
    ...describeProblems({ 404: UNKNOWN_EXPORT, 409: DAMAGED, 422: INVALID_FIELDS, 504: TOO_SLOW }),
  },
};

const RECORD = {
  tags: ["records"],
  summary: "One message, exactly as it was exported",
  params: byMessage,
  querystring: nothing,
  response: {
    200: describeAnswer("The record, byte for byte", ExportedRecord),
    ...describeProblems({ 404: NO_MESSAGE, 409: DAMAGED, 504: TOO_SLOW }),
  },
};

const HTML = {
  tags: ["records"],
  summary: "A message's html, made inert, as a document for a sandboxed frame",
  description: `Nothing in it runs, sends or loads anything: only pictures that the mail itself carries are shown, and
those of its attachments that the export holds (PNG, JPEG, GIF, WebP and AVIF by their bytes, 12 MiB each and 32 MiB in
all). X-Blocked-Remote-Content tells how many things would have been loaded from elsewhere, X-Absent-Inline-Images how
many pictures are attachments that the export does not hold, X-Withheld-Inline-Images how many it holds and are not
shown. With \`pictures=false\` the contents of pictures are left out.`,
  params: byMessage,
  querystring: z.strictObject({ pictures: z.enum(["true", "false"]).default("true") }),
  response: {
    200: htmlPage("The document", "<!doctype html>\n<html>…</html>\n"),
    ...describeProblems({
      404: `${NO_MESSAGE} Or the message has plain text only.`,
      409: DAMAGED,
      413: "Its html is too large, or too tangled, to be made safe quickly.",
      504: TOO_SLOW,
    }),
  },
};

const STATISTICS = {
  tags: ["records"],
  summary: "Messages by month, sender, size and label",
  params: byId,
  querystring: nothing,
  response: {
    200: describeAnswer("Of all messages exported so far", Statistics),
    ...describeProblems({ 404: UNKNOWN_EXPORT, 409: DAMAGED, 504: TOO_SLOW }),
  },
};

/** What was exported, to be looked through. Nothing of a request becomes a path: messages are found by the index. */
export function recordRoutes(services: MailServices & Common): FastifyPluginAsyncZod {
  const { queue, records, contents, readDirectory, clock, log } = services;

  /** Those that the export holds; of a message that shows none, no file is looked at. */
  const picturesIn = async (html: string, found: FoundLine): Promise<ReadonlyMap<string, Picture | null>> =>
    /\bcid:/i.test(html) ? picturesOf(pointersIn(found), found.directory, contents) : new Map();

  /** When runs saw of messages that they had been deleted in Gmail. */
  const deletionsIn = async ({ directory, owns }: IndexedExport): Promise<ReadonlyMap<string, string>> => {
    const manifest = await readDirectory.manifest(directory);
    const deleted = manifest && owns(manifest) ? manifest.deleted : undefined;
    return new Map(deleted?.map(({ id, seenAt }) => [id, seenAt]));
  };

  return async (app) => {
    const renderer = mailRenderer(clock);
    app.addHook("onClose", () => renderer.close());

    app.get("/exports/:id/records", { schema: LIST }, async ({ params, query }, reply) => {
      const { limit, cursor, ...asked } = query;
      const question = { ...asked, export: params.id };
      const from = cursor === undefined ? undefined : positionIn(cursor, question);
      if (cursor !== undefined && !from) return sendBadCursor(reply);
      const its = await recordsOf(queue, params.id);
      const page = await records.page(its, questionOf(asked), limit, from);
      const deletions = await deletionsIn(its);
      return viewOfPage(page, (message) => deletions.get(message), page.next ? cursorOf(page.next, question) : null);
    });

    app.get("/exports/:id/statistics", { schema: STATISTICS }, async ({ params }) =>
      viewOfStatistics(await records.statistics(await recordsOf(queue, params.id))),
    );

    app.get("/exports/:id/records/:message_id", { schema: RECORD }, async ({ params }, reply) => {
      const { index, line } = await findRecord(services, params.id, params.message_id);
      if (!line) return sendNoMessage(reply, index);
      return sendAsItIs(reply, line);
    });

    app.get("/exports/:id/records/:message_id/html", { schema: HTML }, async (request, reply) => {
      const { id, message_id } = request.params;
      const found = await findRecord(services, id, message_id);
      if (!found.line) return sendNoMessage(reply, found.index);
      const html = htmlOf(found.line);
      if (html === "")
        return sendProblem(reply, 404, "no_html", "This message has plain text only.", "Show its plain text.");
      const pictures = showPictures(html ?? "", html ? await picturesIn(html, found) : new Map());
      const mail = html === undefined ? undefined : await renderer.render(html, pictures.inline);
      if (mail === undefined)
        return sendProblem(
          reply,
          413,
          "html_too_large",
          "The html of this message is too large, or too tangled, to be made safe quickly.",
          "Read its plain text, or download the batch that it is in.",
        );
      void reply
        .headers({
          "content-security-policy": `${MAIL_POLICY}; frame-ancestors 'self'; sandbox`,
          "x-frame-options": "SAMEORIGIN",
          "x-content-type-options": "nosniff",
          "x-dns-prefetch-control": "off",
          "referrer-policy": "no-referrer",
          "cross-origin-resource-policy": "same-origin",
          "cache-control": "no-store",
          "x-blocked-remote-content": mail.remote,
          "x-absent-inline-images": mail.absent,
          "x-withheld-inline-images": mail.withheld,
        })
        .type("text/html; charset=utf-8");
      const withContents = request.query.pictures === "true";
      return sendStream(request, reply, pictures.fill(mail.document, withContents), log);
    });
  };
}

function questionOf({
  after,
  before,
  label,
  ...same
}: Omit<z.infer<typeof Question>, "limit" | "cursor">): RecordQuestion {
  const dayOf = (day: string | undefined): number | undefined => (day === undefined ? undefined : Date.parse(day));
  return { ...same, label, after: dayOf(after), before: dayOf(before) };
}

/** The html of a record's line; undefined when it is too large. As JSON it is hardly larger than by itself. */
function htmlOf(line: Buffer): string | undefined {
  const found = htmlIn(line) ?? line;
  if (found.length > 2 * LARGEST_HTML_BYTES) return undefined;
  const value: unknown = JSON.parse(found.toString());
  const html = typeof value === "string" ? value : ExportedRecord.parse(value).Body.html;
  return Buffer.byteLength(html) > LARGEST_HTML_BYTES ? undefined : html;
}

/** As bytes, past the response schema: a record is sent as it was written. */
async function sendAsItIs(reply: FastifyReply, line: Buffer): Promise<FastifyReply> {
  return reply.type("application/json; charset=utf-8").header("cache-control", "no-store").send(line);
}

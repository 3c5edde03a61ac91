import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { hasOriginals } from "../../../core/export/format.ts";
import { CONTENT_TYPES, kindOf } from "../../../formats/content-kind.ts";
import { describeEmpty, describeProblems, INVALID_FIELDS, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { EXPORT_ID, MESSAGE_ID } from "../contract/examples.ts";
import { sendProblem } from "../contract/problem.ts";
import { attachmentNamed } from "../downloads/disposition.ts";
import { sendContent } from "../downloads/send-content.ts";
import { belongsTo } from "../exports/export-view.ts";
import type { Common, MailServices } from "../services.ts";
import { findRecord, sendNoMessage } from "./find-record.ts";
import { attachmentName, originalName, originalOf, pointersIn } from "./stored-content.ts";

const byMessage = z.strictObject({
  id: z.string().meta({ examples: [EXPORT_ID] }),
  message_id: z.string().meta({ examples: [MESSAGE_ID] }),
});
const byPlace = byMessage.extend({
  n: z
    .string()
    .regex(/^(0|[1-9]\d{0,5})$/, "must be a place in Attachments, from 0")
    .meta({ examples: ["0"] }),
});
const nothing = z.strictObject({});

const binary = z.string().meta({ format: "binary" });
const eml = binary.meta({ format: "binary", examples: ["From: Ada <ada@example.com>\r\nSubject: Your tickets…"] });

/** What a browser makes of a stranger's content: nothing. It is saved; were it shown, it would be alone and could do nothing. */
const INERT = {
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

const DAMAGED = "What is on the disk is not what the record says: nothing of it is sent.";
const NO_MESSAGE = `${UNKNOWN_EXPORT} Or none of its files has a message with this id.`;
const HOW =
  "It is read in full and held against the SHA-256 in the record before the first byte is sent, and looked at again before the last. Takes one range of bytes, and If-Range, If-Match and If-None-Match with the entity tag, which is the SHA-256. HEAD tells the size.";

const ORIGINAL = {
  tags: ["records"],
  summary: "Download a message as it was sent: its original, an .eml",
  description: `Byte for byte, from its own file or out of the mbox of its batch. ${HOW}`,
  params: byMessage,
  querystring: nothing,
  response: {
    200: { description: "The original (RFC 5322)", content: { "message/rfc822": { schema: eml } } },
    206: { description: "The part that was asked for", content: { "message/rfc822": { schema: eml } } },
    304: describeEmpty("It is the one that the client has"),
    ...describeProblems({
      404: `${NO_MESSAGE} Or the original is not in the export; \`next\` says which call brings it.`,
      409: DAMAGED,
      412: "The original is not the one that If-Match names.",
      416: "The range begins behind its end.",
      504: "The question takes too long, or too many were asked at once.",
    }),
  },
};

const CONTENTS = Object.fromEntries(CONTENT_TYPES.map((type) => [type, { schema: binary }]));

const ATTACHMENT = {
  tags: ["records"],
  summary: "Download the content of an attachment",
  description: `\`n\` is its place in \`Attachments\` of the record, from 0. Always to be saved, never shown (Content-Disposition: attachment). Its type is told by its bytes, not by its sender: a few that are known for sure, and application/octet-stream for everything else. ${HOW}`,
  params: byPlace,
  querystring: nothing,
  response: {
    200: { description: "The content", content: CONTENTS },
    206: { description: "The part that was asked for", content: CONTENTS },
    304: describeEmpty("It is the one that the client has"),
    ...describeProblems({
      404: `${NO_MESSAGE} Or it has no such attachment, or its content is not in the export; \`next\` says which call brings it.`,
      409: DAMAGED,
      412: "The content is not the one that If-Match names.",
      416: "The range begins behind its end.",
      422: INVALID_FIELDS,
      504: "The question takes too long, or too many were asked at once.",
    }),
  },
};

/** What is so, and what to do. */
type Sentences = readonly [detail: string, next: string];

const UNFINISHED: Sentences = [
  "It is not in the export yet, or Gmail has none.",
  "The same POST /export/gmail goes on; once it is finished, manifest.json names what could not be had.",
];
const NO_ORIGINALS: Sentences = [
  "This export was made without originals.",
  'The same POST /export/gmail with "formats": ["eml"] (or ["mbox"]) brings them: gmail-export export <email> --formats eml.',
];
const NO_CONTENTS: Sentences = [
  "This export lists attachments without their contents.",
  'The same POST /export/gmail with "attachments": true brings them: gmail-export export <email> --attachments.',
];

type ByMessage = z.infer<typeof byMessage>;

/** Originals and contents of attachments, for saving. Places on the disk are made of hashes; nothing of a request becomes a path. */
export function contentRoutes(services: MailServices & Pick<Common, "log">): FastifyPluginAsyncZod {
  const { contents, queue, readDirectory, log } = services;

  const sendOriginal = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id, message_id }: ByMessage,
  ): Promise<FastifyReply> => {
    const found = await findRecord(services, id, message_id);
    if (!found.line) return sendNoMessage(reply, found.index);
    const pointers = pointersIn(found);
    const original = originalOf(pointers, found.batch);
    if (!original) {
      const why = await whyLacking(id, found.directory, message_id, "originals");
      return sendProblem(reply, 404, "no_original", ...(why ?? NO_ORIGINALS));
    }
    const content = await contents.original(found.directory, original);
    const headers = { ...INERT, ...attachmentNamed(originalName(pointers)) };
    return sendContent(request, reply, { ...content, type: "message/rfc822", headers }, log);
  };

  /** Why the export, which was to have them, has none of this message; undefined where it was made without. */
  const whyLacking = async (
    id: string,
    directory: string,
    message: string,
    kind: "originals" | "attachments",
  ): Promise<Sentences | undefined> => {
    const { request } = await queue.get(id);
    const read = await readDirectory.manifest(directory);
    const manifest = read && belongsTo(request, read) ? read : undefined;
    const kept = manifest?.[kind];
    const without = kept?.without?.find((one) => one.id === message);
    if (without)
      return [
        without.reason,
        without.attempts === undefined
          ? `manifest.json names all such messages in ${kind}.without.`
          : "The same POST /export/gmail tries again.",
      ];
    const isAskedFor = kind === "originals" ? hasOriginals(request.formats ?? []) : request.attachments === true;
    return kept || isAskedFor ? UNFINISHED : undefined;
  };

  const sendAttachment = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id, message_id, n }: z.infer<typeof byPlace>,
  ): Promise<FastifyReply> => {
    const found = await findRecord(services, id, message_id);
    if (!found.line) return sendNoMessage(reply, found.index);
    const { Attachments: attachments } = pointersIn(found);
    const attachment = attachments[Number(n)];
    if (!attachment)
      return sendProblem(
        reply,
        404,
        "no_such_attachment",
        `This message has ${attachments.length} attachments, and none at this place.`,
        "Places are those in Attachments of its record, from 0.",
      );
    if (attachment.sha256 === undefined) {
      const why = await whyLacking(id, found.directory, message_id, "attachments");
      return sendProblem(reply, 404, "not_stored", ...(why ?? NO_CONTENTS));
    }
    const content = await contents.attachment(found.directory, attachment.sha256);
    const headers = { ...INERT, ...attachmentNamed(attachmentName(attachment, content.head)) };
    return sendContent(request, reply, { ...content, type: kindOf(content.head).type, headers }, log);
  };

  return async (app) => {
    const original = "/exports/:id/records/:message_id/original";
    const attachment = "/exports/:id/records/:message_id/attachments/:n";
    app.get(original, { exposeHeadRoute: false, schema: ORIGINAL }, async (request, reply) => {
      await sendOriginal(request, reply, request.params);
      return reply;
    });
    app.get(attachment, { exposeHeadRoute: false, schema: ATTACHMENT }, async (request, reply) => {
      await sendAttachment(request, reply, request.params);
      return reply;
    });
    app.head(original, { schema: { params: byMessage, querystring: nothing, hide: true } }, (request, reply) =>
      sendOriginal(request, reply, request.params),
    );
    app.head(attachment, { schema: { params: byPlace, querystring: nothing, hide: true } }, (request, reply) =>
      sendAttachment(request, reply, request.params),
    );
  };
}

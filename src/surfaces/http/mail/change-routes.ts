import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";

import { failureOf } from "../../../core/errors.ts";
import type { ChangeEntry } from "../../../core/export/change.ts";
import { parseRecord } from "../../../formats/batch.ts";
import { withoutBody } from "../../../formats/record-line.ts";
import { findChanges, type FoundChange } from "../../../pipeline/history/find-changes.ts";
import { readChangesIn } from "../../../pipeline/history/read-changes.ts";
import { clientGone } from "../client-gone.ts";
import { describeAnswer, describeProblems, INVALID_FIELDS, UNKNOWN_EXPORT } from "../contract/answers.ts";
import { cursorOf, positionIn, sendBadCursor } from "../contract/cursor.ts";
import { EXPORT_ID } from "../contract/examples.ts";
import { belongsTo } from "../exports/export-view.ts";
import type { MailServices } from "../services.ts";
import { Changes, viewOfChange, type Heading } from "./change-view.ts";
import { findRecord } from "./find-record.ts";

const byId = z.strictObject({ id: z.string().meta({ examples: [EXPORT_ID] }) });

const Question = z.strictObject({
  since: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })])
    .optional()
    .meta({ examples: ["2026-11-01"] }),
  q: z.string().max(500).default(""),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

const LIST = {
  tags: ["records"],
  summary: "What changed in Gmail after it was exported, newest first",
  description: `What runs saw, and when (\`at\`): messages that came (\`added\`), were deleted (\`deleted\`) or have other labels
(\`labels\`), labels that were made, renamed or removed (\`label\`), and the end of the first run (\`begun\`). \`since\` is a
day in UTC, or a time with its zone. The words of \`q\` must each stand in an id, the kind, or the name of a label,
whatever their case. Names of labels are those of then. \`subject\` and \`from\` are null where there is no record, or it
cannot be found at once.`,
  params: byId,
  querystring: Question,
  response: {
    200: describeAnswer("One page; with `next_cursor` as `cursor`, the same question goes on behind it", Changes),
    ...describeProblems({ 404: UNKNOWN_EXPORT, 409: "A file is not what was written.", 422: INVALID_FIELDS }),
  },
};

/** What changed in Gmail, to be looked through. */
export function changeRoutes(
  services: Pick<MailServices, "queue" | "records" | "readDirectory">,
): FastifyPluginAsyncZod {
  const { queue, readDirectory } = services;

  const changesOf = async (id: string, signal: AbortSignal): Promise<() => AsyncIterable<ChangeEntry>> => {
    const { request } = await queue.get(id);
    const manifest = await readDirectory.manifest(request.directory);
    const isOurs = manifest !== undefined && belongsTo(request, manifest);
    return () => (isOurs ? readChangesIn(request.directory, manifest, readDirectory, signal) : nothing());
  };

  /** What messages are about, for as long as each is found at once. */
  const headingsOf = async (id: string, found: readonly FoundChange[]): Promise<ReadonlyMap<string, Heading>> => {
    const headings = new Map<string, Heading>();
    for (const { entry } of found) {
      if (!("id" in entry) || headings.has(entry.id)) continue;
      try {
        const { index, line } = await findRecord(services, id, entry.id);
        if (line) headings.set(entry.id, headingIn(line));
        else if (!index.complete) break; // others would be waited for as long
      } catch (error) {
        if (!failureOf(error)) throw error;
        break; // the changes are told all the same
      }
    }
    return headings;
  };

  return async (app) => {
    app.get("/exports/:id/changes", { schema: LIST }, async ({ params: { id }, query }, reply) => {
      const { limit, cursor, since, q: search } = query;
      const question = { changes: id, since, search };
      const from = cursor === undefined ? undefined : positionIn(cursor, question);
      if (cursor !== undefined && !from) return sendBadCursor(reply);
      const asked = { since: since === undefined ? undefined : Date.parse(since), search };
      const { found, next } = await findChanges(await changesOf(id, clientGone(reply)), asked, limit, from?.[1]);
      const headings = await headingsOf(id, found);
      return {
        changes: found.map((one) => viewOfChange(one, "id" in one.entry ? headings.get(one.entry.id) : undefined)),
        next_cursor: next === undefined ? null : cursorOf([0, next], question),
      };
    });
  };
}

async function* nothing(): AsyncGenerator<never> {}

const LONGEST_TEXT = 300;

function headingIn(line: Buffer): Heading {
  const { Subject: subject, From: from } = Object(parseRecord(withoutBody(line) ?? line.toString()));
  return { subject: String(subject ?? "").slice(0, LONGEST_TEXT), from: String(from ?? "").slice(0, LONGEST_TEXT) };
}

import type { FastifyReply } from "fastify";

import type { IndexedExport, IndexState, Records } from "../../../core/ports/records.ts";
import { sendProblem } from "../contract/problem.ts";
import { belongsTo } from "../exports/export-view.ts";
import type { MailServices } from "../services.ts";

/** Where an export's records are looked for. Throws `export_unknown`. */
export async function recordsOf(queue: MailServices["queue"], id: string): Promise<IndexedExport> {
  const { request } = await queue.get(id);
  return { directory: request.directory, owns: (manifest) => belongsTo(request, manifest) };
}

/** The record of a message, in the directory of this export alone. */
export async function findRecord(
  { queue, records }: Pick<MailServices, "queue" | "records">,
  id: string,
  message: string,
): ReturnType<Records["line"]> {
  return records.line(await recordsOf(queue, id), message);
}

export async function sendNoMessage(reply: FastifyReply, { complete }: IndexState): Promise<FastifyReply> {
  return sendProblem(
    reply,
    404,
    "no_such_message",
    "No file of this export has a message with this id.",
    complete ? "List the export's records to find the right id." : "Ask again: the files are still being read.",
  );
}

import { ORIGINAL_FORMATS } from "../core/export/format.ts";
import type { ExportRequest } from "../core/export/job.ts";
import { sameFilter } from "../core/mail/filter.ts";
import { isRecord } from "../core/mail/record.ts";
import type { Conversation } from "../core/mail/ref.ts";
import type { Want } from "../core/ports/mailbox-source.ts";
import type { ReadDirectory } from "../core/ports/read-directory.ts";
import { createSingleMessages } from "./single-messages.ts";

/** Messages whose records lack something, each by itself, and what is wanted of them. */
export type LackingRecords = Readonly<{ count: number; messages(): Iterable<Conversation>; want: Want }>;

/**
 * Looks, without holding the directory, for records that lack attachments or originals which are wanted now, or were in
 * an earlier run, and for which messages must be read: where originals are there already, none need be. Undefined where
 * the directory has nothing to complete, or is not one of this export.
 */
export async function findLackingRecords(
  { directory, filter, attachments, formats = [] }: ExportRequest,
  read: ReadDirectory,
  signal: AbortSignal,
): Promise<LackingRecords | undefined> {
  const manifest = await read.manifest(directory);
  if (!manifest || !sameFilter(manifest.filter, filter)) return undefined;
  const wantsAttachments = attachments === true || manifest.attachments !== undefined;
  const wantsOriginals = ORIGINAL_FORMATS.some((one) => formats.includes(one) || manifest.formats?.includes(one));
  if (!wantsAttachments && !wantsOriginals) return undefined;
  const settled = { attachments: new Set<string>(), originals: new Set<string>() };
  for (const kind of ["attachments", "originals"] as const)
    for (const { id, attempts } of manifest[kind]?.without ?? []) if (attempts === undefined) settled[kind].add(id);

  const messages = createSingleMessages();
  let [lacksAttachments, lacksOriginals] = [false, false];
  for (const { file } of manifest.batches) {
    const ids: string[] = [];
    await read.batch(directory, file, (text) => {
      signal.throwIfAborted();
      const record: unknown = JSON.parse(text);
      if (!isRecord(record) || record.Original) return;
      const { "Message-ID": id, "Thread-ID": threadId, Labels: labels, Attachments: its } = record;
      const isUnstored =
        wantsAttachments && its.some(({ sha256 }) => sha256 === undefined) && !settled.attachments.has(id);
      const isWithout = wantsOriginals && !labels.includes("CHAT") && !settled.originals.has(id);
      if (!isUnstored && !isWithout) return;
      ids.push(id, threadId);
      lacksAttachments ||= isUnstored;
      lacksOriginals ||= isWithout;
    });
    messages.addBatch(ids);
  }
  if (messages.count() === 0) return undefined;
  return {
    count: messages.count(),
    messages: messages.list,
    want: { attachments: lacksAttachments, originals: lacksOriginals, text: false },
  };
}

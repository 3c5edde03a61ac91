import type { Filter } from "../core/mail/filter.ts";
import { hasParts } from "../core/mail/parts.ts";
import type { ExportRecord } from "../core/mail/record.ts";
import type { Completion, ExportDirectory, Lacking } from "../core/ports/export-directory.ts";
import type { Keepers, MailboxSource, Reading, Want } from "../core/ports/mailbox-source.ts";
import { attachmentsIn } from "./directory/rewriting/attachments-in.ts";
import { gistOf } from "./gist.ts";
import { mapInSteps } from "./map-in-steps.ts";
import { isSameMail } from "./same-mail.ts";

/** Told as records get what they lacked: the planned units that are done with, and how many messages were read. */
export type OnCompleted = (units: number, messages: number) => void;

const CONTRADICTED = "The bytes that Gmail gives of this message are not what its record says.";
const NOT_FOUND = "Gmail does not find this message, and has not said that it was deleted.";
const DELETED = "The message was deleted in Gmail before this was asked for.";

/**
 * Gives the records of a directory what they lack of what is wanted of it now. Their texts are not read again: of each
 * message its bytes are, once. Resolves with false where nothing was lacking. `onPlanned` gets the units it will take.
 * What is not to be had for now is tried again by the next run, what is not found too: only where it `isDeleted`, as Gmail's
 * history or a listing says, it is given up.
 */
export async function completeRecords(
  directory: ExportDirectory,
  source: MailboxSource,
  filter: Filter,
  isDeleted: (id: string) => boolean,
  onPlanned: (units: number, messages: number) => void,
  onCompleted: OnCompleted,
  signal: AbortSignal,
): Promise<boolean> {
  const lacking = await directory.findLacking();
  if (lacking.batches === 0) return false;
  if (lacking.hasChats) await source.foresee(filter, lacking.want, signal);
  const { units: planned } = await source.cost(lacking.messages(), lacking.want);
  onPlanned(planned, lacking.count);
  const readings = readAll(directory, source, lacking, onCompleted, signal);
  try {
    await directory.complete(async (record) => {
      for (;;) {
        const next = await readings.next();
        if (next.done) return { outcome: "without", reason: CONTRADICTED, isPassing: true };
        if (next.value.id === record["Message-ID"])
          return await completionOf(record, next.value, lacking.want, directory.keep, isDeleted);
      }
    });
  } finally {
    await readings.return(undefined);
  }
  return true;
}

async function* readAll(
  { keep }: ExportDirectory,
  source: MailboxSource,
  { messages, want }: Lacking,
  onCompleted: OnCompleted,
  signal: AbortSignal,
): AsyncGenerator<Reading, undefined> {
  for await (const { ended, units } of source.read(messages(), want, signal, keep)) {
    onCompleted(units, ended.length);
    yield* ended;
  }
  return undefined;
}

async function completionOf(
  record: ExportRecord,
  reading: Reading,
  want: Want,
  keep: Keepers,
  isDeleted: (id: string) => boolean,
): Promise<Completion> {
  if (reading.outcome === "gone") {
    const isFinal = isDeleted(record["Message-ID"]);
    return { outcome: "without", reason: isFinal ? DELETED : NOT_FOUND, isPassing: !isFinal };
  }
  if (reading.outcome === "failed") return { outcome: "without", reason: reading.reason, isPassing: true };
  const { message, original } = reading;
  if (!hasParts(message) && !original) return { outcome: "found", attachments: record.Attachments }; // there are no bytes of it
  const { record: fresh } = await mapInSteps({ ...message, labelIds: record.Labels }, new Map());
  const isFresh = gistOf(fresh) === gistOf(record);
  const isEarlier = !isFresh && isSameMail(record, fresh, message);
  const stored = want.attachments
    ? await attachmentsIn(message.root, record.Attachments, keep.attachment)
    : record.Attachments;
  const attachments = isFresh || isEarlier ? stored : undefined;
  if (!attachments) return { outcome: "without", reason: CONTRADICTED, isPassing: true };
  return {
    outcome: "found",
    attachments,
    ...(original && { original: { sha256: original.sha256, bytes: original.bytes } }),
    ...(isEarlier && { isEarlier }),
  };
}

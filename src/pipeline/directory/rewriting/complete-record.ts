import type { AttachmentRecord, ExportRecord } from "../../../core/mail/record.ts";
import type { Completion } from "../../../core/ports/export-directory.ts";
import type { Attachments } from "../attachments.ts";
import { NO_BYTES, type Originals } from "../originals.ts";
import type { RecordFiles } from "../record-files.ts";
import type { CompletionGroup } from "./completion-group.ts";
import type { OldRecord } from "./old-records.ts";

/** What a record lacks that it may still have. */
export type Lack = Readonly<{
  isChat: boolean;
  lacksAttachments: boolean;
  lacksOriginal: boolean;
  /** The message must be read for it. */
  isToBeRead: boolean;
}>;

export function lackOf(
  { Labels: labels }: Pick<ExportRecord, "Labels">,
  { id, isUnstored, original }: RecordFiles,
  { attachments, originals }: Readonly<{ attachments: Attachments | undefined; originals: Originals | undefined }>,
): Lack {
  const isChat = labels.includes("CHAT");
  const lacksAttachments = attachments !== undefined && isUnstored && attachments.shortfall.isOpen(id);
  const lacksOriginal = originals !== undefined && !original && originals.shortfall.isOpen(id);
  return {
    isChat,
    lacksAttachments,
    lacksOriginal,
    isToBeRead: (lacksAttachments && !original) || (lacksOriginal && !isChat),
  };
}

type Sources = Readonly<{
  /** Reads the message. */
  find(record: ExportRecord): Promise<Completion>;
  /** The attachments of a record whose original is here; undefined where they are not in it. */
  readOriginal(old: OldRecord): Promise<readonly AttachmentRecord[] | undefined>;
}>;

type Notes = Pick<CompletionGroup, "explain" | "noteEarlier">;

/** What a record gains, from the original that is here or from the mailbox. Why it gains something not is noted. */
export async function completeRecord(
  old: OldRecord,
  lack: Lack,
  { find, readOriginal }: Sources,
  notes: Notes,
): Promise<Partial<ExportRecord>> {
  const { line, files } = old;
  if (lack.lacksAttachments && files.original) {
    const attachments = await readOriginal(old);
    if (attachments) return { Attachments: attachments };
    notes.explain("attachments", files.id, CONTRADICTED, true);
    return {};
  }
  if (lack.isToBeRead) return valuesOf(await find(JSON.parse(line.toString())), files.id, lack, notes);
  if (lack.lacksOriginal) notes.explain("originals", files.id, NO_BYTES, false);
  return {};
}

function valuesOf(
  completion: Completion,
  id: string,
  { isChat, lacksAttachments, lacksOriginal }: Lack,
  { explain, noteEarlier }: Notes,
): Partial<ExportRecord> {
  if (completion.outcome === "without") {
    const { reason, isPassing } = completion;
    if (lacksAttachments) explain("attachments", id, reason, isPassing);
    if (lacksOriginal) explain("originals", id, isChat ? NO_BYTES : reason, isPassing && !isChat);
    return {};
  }
  const { attachments, original, isEarlier } = completion;
  if (lacksOriginal && original && isEarlier) noteEarlier(id);
  if (lacksOriginal && !original) explain("originals", id, NO_BYTES, false);
  return {
    ...(lacksAttachments && { Attachments: attachments }),
    ...(lacksOriginal && original && { Original: original }),
  };
}

const CONTRADICTED = "The stored original of this message is not what its record says.";

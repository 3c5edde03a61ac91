import { failureOf } from "../../../core/errors.ts";
import type { AttachmentRecord, ExportRecord } from "../../../core/mail/record.ts";
import { readParts } from "../../../formats/rfc5322/read-parts.ts";
import type { Attachments } from "../attachments.ts";
import type { Originals } from "../originals.ts";
import type { RecordFiles } from "../record-files.ts";
import { attachmentsIn } from "./attachments-in.ts";
import type { OldMbox } from "./old-mbox.ts";

/** Makes an original a file that is to be one, and stands in the mbox alone. */
export async function restoreFile(originals: Originals, oldMbox: OldMbox, files: RecordFiles): Promise<void> {
  if (!files.original || !originals.formats.includes("eml")) return;
  {
    await using there = await originals.find(files);
    if (there) return;
  }
  const original = oldMbox.read(files.id);
  if (original) await originals.keep(files.id, original, () => files.head.internalDate);
}

/** The attachments of a record, from the original that is here already; undefined where they are not in it. */
export async function attachmentsOfOriginal(
  { Attachments: its }: Pick<ExportRecord, "Attachments">,
  files: RecordFiles,
  { keep }: Attachments,
  originals: Originals,
  oldMbox: OldMbox | undefined,
): Promise<readonly AttachmentRecord[] | undefined> {
  await using content = (await originals.find(files)) ?? (await oldMbox?.open(files));
  if (!content) return undefined;
  try {
    const root = await readParts(content.read(), {
      reserve: async () => {},
      async keep(chunks) {
        const { sha256, bytes } = await keep(chunks);
        return { kept: "stored", size: bytes, sha256, handle: "" };
      },
    });
    return await attachmentsIn(root, its, keep);
  } catch (error) {
    if (failureOf(error)?.code === "bad_request") return undefined;
    throw error;
  }
}

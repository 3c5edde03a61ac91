import { z } from "zod";

import { failureOf, refuse } from "../../../core/errors.ts";
import type { OriginalPointer, ReadRecordContent, RecordContent } from "../../../core/ports/record-content.ts";
import type { FoundLine } from "../../../core/ports/records.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";
import { ANYTHING, kindOf } from "../../../formats/content-kind.ts";
import { emlPath } from "../../../formats/eml-path.ts";
import { givenName } from "../../../formats/file-names.ts";
import { withoutBody } from "../../../formats/record-line.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a record says of the files that it points at. It stood on a disk, where somebody may have edited it. */
const Pointing = z.looseObject({
  "Message-ID": z.string(),
  "Internal-Date": z.string(),
  Attachments: z.array(
    z.looseObject({
      filename: z.string(),
      mimeType: z.string(),
      contentId: z.string().optional(),
      inline: z.literal(true).optional(),
      sha256: sha256.optional(),
      path: z.string().optional(),
    }),
  ),
  Original: z.looseObject({ sha256, bytes: z.int().nonnegative() }).optional(),
});

export type Pointers = z.infer<typeof Pointing>;
type Attachment = Pointers["Attachments"][number];

/** Throws `directory_damaged` where the record is none, or points at anything but a content by its hash. */
export function pointersIn({ line, directory, batch }: FoundLine): Pointers {
  const { data } = Pointing.safeParse(parseOr(withoutBody(line) ?? line.toString()));
  if (data?.Attachments.every(({ sha256: hash, path }) => path === (hash && attachmentPath(hash)))) return data;
  throw refuse(
    "directory_damaged",
    `A record in batch ${batch} of ${directory} is not what gmail-export writes.`,
    "`gmail-export verify` names what is wrong in the directory.",
  );
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function originalOf(
  { "Message-ID": id, "Internal-Date": internalDate, Original: its }: Pointers,
  batch: number,
) {
  return its && ({ id, internalDate, sha256: its.sha256, bytes: its.bytes, batch } satisfies OriginalPointer);
}

/** `18c2a1f0b3d4e5f6.eml` */
export function originalName({ "Message-ID": id, "Internal-Date": date }: Pointers): string {
  return emlPath(id, date).split("/").at(-1)!;
}

/** The name that its sender gave it, made safe; of one without a name what it is, by its bytes where they tell. */
export function attachmentName({ filename, mimeType }: Attachment, head: Uint8Array): string {
  const { type } = kindOf(head);
  return givenName({ filename, mimeType: type === ANYTHING ? mimeType : type });
}

/** A picture that the html of a message may show: its content is one, whatever its sender calls it. */
export type Picture = Readonly<{ type: string; bytes: number; content: RecordContent }>;

/** More than a phone's camera makes. */
const LARGEST_PICTURE_BYTES = 12 << 20;

/** Of one message; each takes a look at its file. */
const MOST_PICTURES = 200;

/**
 * The pictures that stand in a message, by Content-ID, as far as the export has them; null for one that is not shown: too
 * large, or none of the kinds that can be nothing else. An SVG is a document.
 */
export async function picturesOf(
  { Attachments: attachments }: Pointers,
  directory: string,
  contents: Pick<ReadRecordContent, "attachment">,
): Promise<ReadonlyMap<string, Picture | null>> {
  const pictures = new Map<string, Picture | null>();
  for (const { contentId = "", inline, sha256: hash } of attachments) {
    if (contentId === "" || inline !== true || hash === undefined || pictures.has(contentId)) continue;
    if (pictures.size === MOST_PICTURES) break;
    // One that was damaged is no reason to show nothing of the message.
    const content = await contents.attachment(directory, hash).catch(unlessDamaged);
    pictures.set(contentId, content ? pictureIn(content) : null);
  }
  return pictures;
}

function pictureIn(content: RecordContent): Picture | null {
  const { type, isPicture } = kindOf(content.head);
  return isPicture && content.bytes <= LARGEST_PICTURE_BYTES ? { type, bytes: content.bytes, content } : null;
}

function unlessDamaged(error: unknown): undefined {
  if (failureOf(error)?.code !== "directory_damaged") throw error;
}

import type { Part } from "../../../core/mail/mail.ts";
import type { AttachmentRecord } from "../../../core/mail/record.ts";
import type { KeepContent } from "../../../core/ports/mailbox-source.ts";
import { attachmentPath } from "../../../formats/attachment-path.ts";

/**
 * The attachments of a record as it tells of them, with where their contents are: those of the parts of these numbers, of
 * which `keep` puts away what has not been yet. Undefined where a part is not there, or not with its content.
 */
export async function attachmentsIn(
  root: Part,
  attachments: readonly AttachmentRecord[],
  keep: KeepContent,
): Promise<readonly AttachmentRecord[] | undefined> {
  const parts = Map.groupBy(partsOf(root), ({ partId }) => partId);
  const found: AttachmentRecord[] = [];
  for (const attachment of attachments) {
    const part = parts.get(attachment.partId)?.shift(); // a number may repeat
    if (part?.mimeType !== attachment.mimeType) return undefined;
    const sha256 = await hashOf(part, keep);
    if (sha256 === undefined) return undefined;
    found.push({ ...attachment, sha256, path: attachmentPath(sha256) });
  }
  return found;
}

async function hashOf({ content, parts }: Part, keep: KeepContent): Promise<string | undefined> {
  if (content.kept === "stored") return content.sha256;
  if (content.kept === "here") return (await keep([content.read()])).sha256;
  const isEmpty = content.kept === "nowhere" && content.size === 0 && parts.length === 0;
  return isEmpty ? (await keep([])).sha256 : undefined;
}

/** In document order. */
function* partsOf(root: Part): Generator<Part> {
  const stack = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    stack.push(...next.parts.toReversed());
  }
}

import { createHash } from "node:crypto";

import type { ExportRecord } from "../core/mail/record.ts";

/** A hash of all that a message's bytes tell of its record. */
export function gistOf(record: ExportRecord): string {
  const { Date: date, From, To, Subject, Body, Cc, Bcc, References, Attachments: attachments } = record;
  const parts = attachments.map(({ filename, mimeType, size, partId, contentId, inline }) => [
    filename,
    mimeType,
    size,
    partId,
    contentId,
    inline,
  ]);
  const others = [record["Reply-To"], record["RFC822-Message-ID"], record["In-Reply-To"]];
  return createHash("sha256")
    .update(JSON.stringify([date, From, To, Subject, Body, Cc, Bcc, References, others, parts]))
    .digest("hex");
}

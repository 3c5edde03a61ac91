/**
 * What kind of content bytes are, by how they begin. What a mail says of its parts is a stranger's word; this is not.
 * A short list on purpose: pictures that a browser shows and that can be nothing else to it, and what people open most.
 */
export type ContentKind = Readonly<{ type: string; extension: string; isPicture: boolean }>;

const ANYTHING: ContentKind = { type: "application/octet-stream", extension: "", isPicture: false };

/** `at` is where the marks stand; "?" is any byte. Sources: the formats' specifications, as the WHATWG's MIME Sniffing §6. */
const KINDS: readonly Readonly<ContentKind & { marks: string; at?: number }>[] = [
  { marks: "\x89PNG\r\n\x1a\n", type: "image/png", extension: ".png", isPicture: true },
  { marks: "GIF87a", type: "image/gif", extension: ".gif", isPicture: true },
  { marks: "GIF89a", type: "image/gif", extension: ".gif", isPicture: true },
  { marks: "\xff\xd8\xff", type: "image/jpeg", extension: ".jpg", isPicture: true },
  { marks: "RIFF????WEBPVP", type: "image/webp", extension: ".webp", isPicture: true },
  { marks: "ftypavif", at: 4, type: "image/avif", extension: ".avif", isPicture: true },
  { marks: "%PDF-", type: "application/pdf", extension: ".pdf", isPicture: false },
  { marks: "PK\x03\x04", type: "application/zip", extension: ".zip", isPicture: false },
  { marks: "\x1f\x8b\x08", type: "application/gzip", extension: ".gz", isPicture: false },
];

export const CONTENT_TYPES: readonly string[] = [...new Set([...KINDS, ANYTHING].map(({ type }) => type))];

/** As many bytes as it takes to tell. */
export const HEAD_BYTES = 16;

export function kindOf(head: Uint8Array): ContentKind {
  const found = KINDS.find(({ marks, at = 0 }) =>
    Array.from(marks).every((mark, place) => mark === "?" || head[at + place] === mark.charCodeAt(0)),
  );
  return found ?? ANYTHING;
}

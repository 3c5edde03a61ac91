/**
 * What kind of content bytes are, by how they begin. What a mail says of its parts is a stranger's word; this is not.
 * A short list on purpose: pictures that a browser shows and that can be nothing else to it, and what people open most.
 */
type ContentKind = Readonly<{ type: string; isPicture: boolean }>;

/** The type of what is none of those. */
export const ANYTHING = "application/octet-stream";

/** `at` is where the marks stand; "?" is any byte. Sources: the formats' specifications, as the WHATWG's MIME Sniffing §6. */
const KINDS: readonly Readonly<ContentKind & { marks: string; at?: number }>[] = [
  { marks: "\x89PNG\r\n\x1a\n", type: "image/png", isPicture: true },
  { marks: "GIF87a", type: "image/gif", isPicture: true },
  { marks: "GIF89a", type: "image/gif", isPicture: true },
  { marks: "\xff\xd8\xff", type: "image/jpeg", isPicture: true },
  { marks: "RIFF????WEBPVP", type: "image/webp", isPicture: true },
  { marks: "ftypavif", at: 4, type: "image/avif", isPicture: true },
  { marks: "%PDF-", type: "application/pdf", isPicture: false },
  { marks: "PK\x03\x04", type: "application/zip", isPicture: false },
  { marks: "\x1f\x8b\x08", type: "application/gzip", isPicture: false },
];

export const CONTENT_TYPES: readonly string[] = [...new Set([...KINDS.map(({ type }) => type), ANYTHING])];

/** As many bytes as it takes to tell. */
export const HEAD_BYTES = 16;

export function kindOf(head: Uint8Array): ContentKind {
  const found = KINDS.find(({ marks, at = 0 }) =>
    Array.from(marks).every((mark, place) => mark === "?" || head[at + place] === mark.charCodeAt(0)),
  );
  return found ?? { type: ANYTHING, isPicture: false };
}

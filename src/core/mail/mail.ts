import type { EpochMs } from "../time.ts";

/** One header field (RFC 5322 §2.2): the name as its sender wrote it, the value without the colon. */
export type Header = Readonly<{ name: string; value: string }>;

/**
 * What a part holds, its transfer encoding (RFC 2045 §6) removed. `size` is in decoded bytes. A `handle` is the name under
 * which the source keeps the content, "" where it has none; it means something to that source alone.
 * `nowhere` with a size above 0 is content that was lost on its way to us.
 */
export type Content =
  /**
   * `read` decodes anew at each call: what nobody asks for is never decoded. `asSent` are the sender's own bytes, in the
   * charset that its headers name; a source may also have made UTF-8 of a text and left the name.
   */
  | Readonly<{ kept: "here"; size: number; read: () => Uint8Array; handle: string; asSent?: true }>
  | Readonly<{ kept: "elsewhere"; size: number; handle: string }>
  /** It was put where the export keeps it, under the SHA-256 of its bytes, in hex. */
  | Readonly<{ kept: "stored"; size: number; sha256: string; handle: string }>
  | Readonly<{ kept: "nowhere"; size: number }>;

/** The content of a part that holds nothing, such as a container of others. */
export const NO_CONTENT: Content = { kept: "nowhere", size: 0 };

/** One entity of a message (RFC 2045 §2.4). What was absent or made no sense is empty. */
export type Part = Readonly<{
  /** Where it stands in the tree: "" is the root of the message, then "0", "1.2" and so on. */
  partId: string;
  /** Type and subtype, lower case, without parameters; "" where none was named. */
  mimeType: string;
  filename: string;
  headers: readonly Header[];
  content: Content;
  parts: readonly Part[];
}>;

/** One mail of an account: what the mailbox says about it, and the tree of its parts. */
export type Message = Readonly<{
  id: string;
  threadId: string;
  labelIds: readonly string[];
  /** A preview in plain text. */
  snippet: string;
  /** When the mailbox accepted it; undefined where that is not known. */
  internalDate: EpochMs | undefined;
  /** Bytes of the message as it was sent, as far as the source knows. */
  sizeEstimate: number;
  root: Part;
}>;

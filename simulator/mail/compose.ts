import { encode } from "./charset.ts";
import { encodedWords, field, hex, type Header } from "./header.ts";
import {
  toRfc5322,
  type Embedded,
  type Entity,
  type Eol,
  type Leaf,
  type Multipart,
  type Node,
  type TransferEncoding,
} from "./mime.ts";
import type { Random } from "./random.ts";

export type TextOptions = Readonly<{
  /** What the bytes are in; default utf-8. */
  charset?: string;
  /** The whole Content-Type as sent; "" for none. Default: the type with the charset of the bytes. */
  contentType?: string;
  transferEncoding?: TransferEncoding;
  eol?: Eol;
  mimeType?: string;
  servesOriginalBytes?: boolean;
  /** A name in its Content-Type, and how it wants to be shown; text all the same. */
  name?: string;
  disposition?: "attachment" | "inline";
}>;

/** A text part a reader sees. `content` is written with LF and sent with `eol`. */
export function text(subtype: "plain" | "html" | "enriched", content: string, options: TextOptions = {}): Leaf {
  const { charset = "utf-8", eol = "\r\n", servesOriginalBytes = false } = options;
  const sent = eol === "\n" ? content : content.replaceAll("\n", eol);
  const bytes = encode(sent, charset);
  const ascii = bytes.every((byte) => byte < 0x80);
  const transferEncoding = options.transferEncoding ?? (ascii ? "7bit" : "quoted-printable");
  const named = options.name === undefined ? "" : `;\r\n name="${options.name}"`;
  const contentType = options.contentType ?? `text/${subtype}; charset=${charset}`;
  return {
    kind: "leaf",
    mimeType: options.mimeType ?? `text/${subtype}`,
    headers: [
      ...(contentType === "" ? [] : [field("Content-Type", `${contentType}${named}`)]),
      ...(options.disposition === undefined ? [] : [field("Content-Disposition", options.disposition)]),
      ...(transferEncoding === "7bit" ? [] : [field("Content-Transfer-Encoding", transferEncoding)]),
    ],
    filename: options.name ?? "",
    transferEncoding,
    bytes,
    text: sent,
    servesOriginalBytes,
  };
}

/** How a filename travels: RFC 2045 quoted, RFC 2047 (forbidden there, yet common), RFC 2231 whole or in pieces, or only as `name`. */
type FilenameStyle = "quoted" | "encoded-word" | "rfc2231" | "rfc2231-pieces" | "name-only";

export type FileOptions = Readonly<{
  style?: FilenameStyle;
  disposition?: "attachment" | "inline";
  contentId?: string;
  parameters?: string;
  transferEncoding?: TransferEncoding;
  inline?: boolean;
}>;

/** An attachment; without a name it may still be one (an invitation, a signature). */
export function file(filename: string, mimeType: string, bytes: Buffer, options: FileOptions = {}): Leaf {
  const { style = "quoted", disposition = "attachment", parameters = "", transferEncoding = "base64" } = options;
  return {
    kind: "leaf",
    mimeType,
    headers: [
      ...contentHeaders(`${mimeType}${parameters}`, filename, style, disposition),
      ...(transferEncoding === "7bit" ? [] : [field("Content-Transfer-Encoding", transferEncoding)]),
      ...(options.contentId === undefined ? [] : [field("Content-ID", `<${options.contentId}>`)]),
    ],
    filename,
    transferEncoding,
    bytes,
    ...(options.inline ? { inline: true } : {}),
  };
}

/** Without name or disposition: what PGP, calendars and bounces send. Unencoded ones are small enough for Gmail to serve in the message. */
export function bare(
  mimeType: string,
  bytes: Buffer,
  parameters = "",
  transferEncoding: TransferEncoding = "7bit",
): Leaf {
  const headers = [field("Content-Type", `${mimeType}${parameters}`)];
  if (transferEncoding !== "7bit") headers.push(field("Content-Transfer-Encoding", transferEncoding));
  return {
    kind: "leaf",
    mimeType,
    headers,
    filename: "",
    transferEncoding,
    bytes,
    inline: transferEncoding === "7bit",
  };
}

export function multipart(
  random: Random,
  subtype: string,
  parts: readonly Node[],
  { parameters = "", preamble = "" } = {},
): Multipart {
  const boundary = `----=_Part_${random.hex(16)}`;
  const headers = [field("Content-Type", `multipart/${subtype};${parameters} boundary="${boundary}"`)];
  return { kind: "multipart", mimeType: `multipart/${subtype}`, headers, boundary, preamble, parts };
}

export function embed(message: Entity, filename = ""): Embedded {
  const headers =
    filename === ""
      ? [field("Content-Type", "message/rfc822")]
      : contentHeaders("message/rfc822", filename, "quoted", "attachment");
  return { kind: "embedded", mimeType: "message/rfc822", headers, filename, message, bytes: toRfc5322(message) };
}

function contentHeaders(type: string, filename: string, style: FilenameStyle, disposition: string): Header[] {
  if (filename === "") return [field("Content-Type", type), field("Content-Disposition", disposition)];
  const quoted = `"${filename.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  switch (style) {
    case "quoted":
      return [
        field("Content-Type", `${type};\r\n name=${quoted}`),
        field("Content-Disposition", `${disposition}; filename=${quoted}`),
      ];
    case "name-only":
      return [field("Content-Type", `${type}; name=${quoted}`)];
    case "encoded-word": {
      const words = `"${encodedWords(filename)}"`;
      return [
        { ...field("Content-Type", `${type};\r\n name=${words}`), shown: `${type}; name=${quoted}` },
        {
          ...field("Content-Disposition", `${disposition};\r\n filename=${words}`),
          shown: `${disposition}; filename=${quoted}`,
        },
      ];
    }
    case "rfc2231":
      return [
        field("Content-Type", type),
        field("Content-Disposition", `${disposition};\r\n filename*=UTF-8''${percentEncoded(filename)}`),
      ];
    case "rfc2231-pieces": {
      const pieces = percentEncoded(filename).match(/(?:%..|[^%]){1,12}/g) ?? [];
      const parameters = pieces.map((piece, i) => `;\r\n filename*${i}*=${i === 0 ? "UTF-8''" : ""}${piece}`).join("");
      return [field("Content-Type", type), field("Content-Disposition", `${disposition}${parameters}`)];
    }
    default:
      return style satisfies never;
  }
}

const percentEncoded = (value: string) =>
  Array.from(Buffer.from(value, "utf8"), (byte) =>
    /[A-Za-z0-9._-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${hex(byte)}`,
  ).join("");

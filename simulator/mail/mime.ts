import { hex, type Header } from "./header.ts";

export type TransferEncoding = "7bit" | "8bit" | "quoted-printable" | "base64";

/** A part with content of its own. `bytes` are as the sender wrote them, before transfer encoding. */
export type Leaf = Readonly<{
  kind: "leaf";
  /** As Gmail reports it, which for a malformed Content-Type carries stray parameters. */
  mimeType: string;
  headers: readonly Header[];
  filename: string;
  transferEncoding: TransferEncoding;
  bytes: Buffer;
  /** Text a reader sees: what Gmail serves in `full`, as UTF-8. Absent on attachments. */
  text?: string;
  /** Gmail leaves some ISO-2022-JP bodies unconverted. */
  servesOriginalBytes?: boolean;
  /** Gmail puts some small attachments into the message itself. */
  inline?: boolean;
  /** Gmail shows a delivery status as a container of its text. */
  expanded?: boolean;
}>;

export type Multipart = Readonly<{
  kind: "multipart";
  mimeType: string;
  headers: readonly Header[];
  boundary: string;
  preamble: string;
  parts: readonly Node[];
}>;

/** message/rfc822: one attachment to a reader, a branch to Gmail. */
export type Embedded = Readonly<{
  kind: "embedded";
  mimeType: "message/rfc822";
  headers: readonly Header[];
  filename: string;
  message: Entity;
  bytes: Buffer;
}>;

export type Node = Leaf | Multipart | Embedded;

/** An RFC 5322 message: its own headers, then the content headers and content of its body. */
export type Entity = Readonly<{ headers: readonly Header[]; body: Node }>;

export type Eol = "\r\n" | "\n";

/** The message as it went over the wire. Text bytes keep the line ends they were composed with. */
export function toRfc5322(entity: Entity, eol: Eol = "\r\n"): Buffer {
  const chunks: Buffer[] = [];
  writeEntity(entity.headers, entity.body, eol, chunks);
  return Buffer.concat(chunks);
}

function writeEntity(headers: readonly Header[], body: Node, eol: Eol, chunks: Buffer[]): void {
  writeHeaders([...headers, ...body.headers], eol, chunks);
  writeBody(body, eol, chunks);
}

function writeHeaders(headers: readonly Header[], eol: Eol, chunks: Buffer[]): void {
  const lines = headers.map(({ name, raw }) => `${name}: ${raw}\r\n`).join("") + "\r\n";
  chunks.push(Buffer.from(eol === "\n" ? lines.replaceAll("\r\n", "\n") : lines, "latin1"));
}

function writeBody(node: Node, eol: Eol, chunks: Buffer[]): void {
  switch (node.kind) {
    case "leaf":
      chunks.push(transferEncoded(node, eol));
      return;
    case "embedded":
      chunks.push(node.bytes);
      return;
    case "multipart":
      chunks.push(Buffer.from(node.preamble));
      for (const part of node.parts) {
        chunks.push(Buffer.from(`--${node.boundary}${eol}`));
        writeEntity([], part, eol, chunks);
        chunks.push(Buffer.from(eol));
      }
      chunks.push(Buffer.from(`--${node.boundary}--${eol}`));
      return;
    default:
      node satisfies never;
  }
}

function transferEncoded({ transferEncoding, bytes }: Leaf, eol: Eol): Buffer {
  switch (transferEncoding) {
    case "7bit":
    case "8bit":
      return bytes;
    case "base64":
      return Buffer.from(bytes.toString("base64").replaceAll(/.{76}(?=.)/g, `$&${eol}`));
    case "quoted-printable":
      return Buffer.from(quotedPrintable(bytes, eol));
    default:
      return transferEncoding satisfies never;
  }
}

/** RFC 2045 §6.7: line ends stay, lines end at 76 characters, white space never ends a line. */
function quotedPrintable(bytes: Buffer, eol: Eol): string {
  const lines: string[] = [];
  let line = "";
  const endLine = () => {
    lines.push(/[ \t]$/.test(line) ? `${line.slice(0, -1)}=${hex(line.charCodeAt(line.length - 1))}` : line);
    line = "";
  };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 0x0a) endLine();
    else if (byte === 0x0d && bytes[i + 1] === 0x0a) continue;
    else {
      const literal = (byte >= 0x20 && byte <= 0x7e && byte !== 0x3d) || byte === 0x09;
      const token = literal ? String.fromCharCode(byte) : `=${hex(byte)}`;
      if (line.length + token.length > 73) {
        lines.push(`${line}=`);
        line = "";
      }
      line += token;
    }
  }
  endLine();
  return lines.join(eol);
}

/** Bytes that a part holds, decoded: of a message within a message, what all its leaves hold. */
export function heldBytes(node: Node): number {
  switch (node.kind) {
    case "leaf":
      return node.bytes.length;
    case "embedded":
      return heldBytes(node.message.body);
    case "multipart":
      return node.parts.reduce((sum, part) => sum + heldBytes(part), 0);
    default:
      return node satisfies never;
  }
}

/** Bytes of the raw message, near enough, without making it. */
export function estimateSize({ headers, body }: Entity): number {
  const ofHeaders = [...headers, ...body.headers].reduce((sum, { name, raw }) => sum + name.length + raw.length + 4, 2);
  switch (body.kind) {
    case "leaf":
      return ofHeaders + Math.round(body.bytes.length * (body.transferEncoding === "base64" ? 1.37 : 1.02));
    case "embedded":
      return ofHeaders + body.bytes.length;
    case "multipart":
      return body.parts.reduce(
        (sum, part) => sum + body.boundary.length + 6 + estimateSize({ headers: [], body: part }),
        ofHeaders + body.boundary.length + 6,
      );
    default:
      return body satisfies never;
  }
}

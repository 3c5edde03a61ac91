/** Undoes a Content-Transfer-Encoding (RFC 2045 §6) while content comes in pieces. */
export type TransferDecoder = Readonly<{
  /** What can be decoded by now. The bytes given may be used again, unless they are what comes back. */
  add(bytes: Buffer): Buffer;
  /** The rest. */
  end(): Buffer;
}>;

/** `encoding` as its header has it. What nobody knows is left as it was sent. */
export function transferDecoder(encoding: string): TransferDecoder {
  switch (
    encoding
      .replace(/\(.*\)/s, "")
      .trim()
      .toLowerCase()
  ) {
    case "base64":
      return base64();
    case "quoted-printable":
      return quotedPrintable();
    default:
      return { add: (bytes) => bytes, end: () => Buffer.alloc(0) };
  }
}

/** Line ends and whatever else is no base64 say nothing. Padding ends one run of it; another may follow. */
function base64(): TransferDecoder {
  let rest = "";
  return {
    add(bytes) {
      const runs = (rest + bytes.toString("latin1").replaceAll(/[^A-Za-z0-9+/=]+/g, "")).split(/=+/);
      const last = runs.pop()!;
      const whole = last.length - (last.length % 4);
      rest = last.slice(whole);
      const decoded = Buffer.from(last.slice(0, whole), "base64");
      return runs.length === 0 ? decoded : Buffer.concat([...runs.map((run) => Buffer.from(run, "base64")), decoded]);
    },
    end: () => Buffer.from(rest, "base64"),
  };
}

/** A line without an end is decoded in pieces of about this size: memory does not grow with it. */
const LONGEST_LINE = 1 << 16;

/** RFC 2045 §6.7: white space at the end of a line was added on the way; what is no hexadecimal pair stays what it is. */
function quotedPrintable(): TransferDecoder {
  let rest = "";
  return {
    add(bytes) {
      const text = rest + bytes.toString("latin1");
      let end = text.lastIndexOf("\n") + 1;
      // Not within an escape, nor before white space that may turn out to end its line.
      if (text.length - end > LONGEST_LINE) end = text.length - (/(?:=[^=]?|[ \t\r]+)$/.exec(text)?.[0].length ?? 0);
      rest = text.slice(end);
      return decodeQuoted(text.slice(0, end));
    },
    end: () => decodeQuoted(rest.replace(/[ \t]+$/, "").replace(/=$/, "")),
  };
}

function decodeQuoted(text: string): Buffer {
  const joined = text.replaceAll(/[ \t]+(?=\r?\n)/g, "").replaceAll(/=\r?\n/g, "");
  const decoded = joined.replaceAll(/=([0-9a-f]{2})/gi, (_, pair: string) =>
    String.fromCharCode(Number.parseInt(pair, 16)),
  );
  return Buffer.from(decoded, "latin1");
}

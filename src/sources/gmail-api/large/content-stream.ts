import { malformed } from "../calls/malformed-answer.ts";

/**
 * An answer whose JSON is small but for one string of base64, such as `data` of an attachment or `raw` of a message: that
 * is decoded as it comes, and never held as a whole.
 */
export type ContentAnswer<T> = Readonly<{
  /** The answer's JSON, with "" for the content. */
  json: unknown;
  /** What was made of the content; undefined where there was none, or an empty one. */
  made: T | undefined;
}>;

/** What an answer has beside its content: labels, a snippet. */
const MOST_REST_BYTES = 1 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

/**
 * Reads an answer whose content stands under `key`, at the top. `read` is given the decoded bytes, which are good until the
 * next are asked for. Throws `malformed_response` where it is cut, or no JSON, or where the content is no base64.
 */
export async function readContentAnswer<T>(
  chunks: AsyncIterable<Buffer>,
  key: "data" | "raw",
  read: (content: AsyncIterable<Buffer>) => Promise<T>,
): Promise<ContentAnswer<T>> {
  const rest: Buffer[] = [];
  let restBytes = 0;
  const keep = (bytes: Buffer): void => {
    restBytes += bytes.length;
    if (restBytes > MOST_REST_BYTES) throw malformed("something much larger than a message and its content");
    rest.push(Buffer.from(bytes));
  };
  const finder = contentFinder(key);
  let made: T | undefined;
  let ahead: Buffer = Buffer.alloc(0);
  const iterator = chunks[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    if (ahead.length > 0) {
      const bytes = ahead;
      ahead = Buffer.alloc(0);
      return bytes;
    }
    const { value, done } = await iterator.next();
    return done ? undefined : value;
  };

  /** The content up to its closing quote; what stands behind that is left in `ahead`. */
  const content = async function* (): AsyncGenerator<Buffer> {
    const decoder = base64Decoder();
    for (let bytes = await next(); bytes; bytes = await next()) {
      const end = bytes.indexOf(QUOTE);
      const decoded = decoder.add(end === -1 ? bytes : bytes.subarray(0, end));
      if (decoded.length > 0) yield decoded;
      if (end === -1) continue;
      ahead = bytes.subarray(end); // the quote ends the "" that stands in its place
      const last = decoder.end();
      if (last.length > 0) yield last;
      return;
    }
    throw malformed("half an answer");
  };

  try {
    for (let bytes = await next(); bytes; bytes = await next()) {
      const begin = finder.find(bytes);
      keep(begin === -1 ? bytes : bytes.subarray(0, begin));
      if (begin === -1) continue;
      ahead = bytes.subarray(begin);
      const pieces = content();
      const first = await pieces.next();
      if (first.done) continue;
      made = await read(behind(first.value, pieces));
      await drain(pieces); // who reads may have had enough
    }
  } finally {
    await iterator.return?.();
  }
  try {
    return { json: JSON.parse(Buffer.concat(rest).toString()), made };
  } catch {
    // Not the parser's error: it quotes what it could not read, and that is mail.
    throw malformed("something that is no JSON");
  }
}

async function* behind(first: Buffer, others: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await others.next(); !next.done; next = await others.next()) yield next.value;
}

async function drain(pieces: AsyncGenerator<Buffer>): Promise<void> {
  for (let next = await pieces.next(); !next.done; next = await pieces.next());
}

/** Finds where the string under a key of the outermost object begins, in JSON that comes in pieces. */
function contentFinder(key: string) {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let name: number[] = [];
  let isUnderKey = false; // the last string at the top was the key, and a colon followed
  return {
    /** The place behind the quote that begins the content; -1 when it is not in these bytes. Goes on behind it. */
    find(bytes: Buffer): number {
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at]!;
        if (inString) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) {
            inString = false;
            continue;
          }
          if (depth === 1 && name.length <= key.length) name.push(byte);
        } else if (byte === QUOTE) {
          inString = true;
          name = [];
          if (isUnderKey) {
            isUnderKey = false;
            return at + 1;
          }
        } else if (byte === COLON) isUnderKey = depth === 1 && Buffer.from(name).toString() === key;
        else if (byte === COMMA) isUnderKey = false; // its value was no string
        else if (byte === 0x7b || byte === 0x5b) {
          depth += 1;
          isUnderKey = false;
        } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
      }
      return -1;
    },
  };
}

/** base64url or base64, padded or not, as it stands in a JSON string. Nothing stands behind the padding. */
function base64Decoder() {
  let held = ""; // letters that are no whole group yet
  let half = ""; // an escape that was cut waits for its other half
  let isPadded = false;
  return {
    add(bytes: Buffer): Buffer {
      const text = half + bytes.toString("latin1");
      half = /\\(?:u[0-9a-fA-F]{0,3})?$/.exec(text)?.[0] ?? "";
      const whole = text.slice(0, text.length - half.length);
      const plain = whole.includes("\\") ? unescaped(whole) : whole;
      const padding = isPadded ? 0 : plain.indexOf("=");
      if (padding !== -1) isPadded = true;
      const isOdd = /[^A-Za-z0-9_+/=\r\n-]/.test(plain) || (isPadded && /[^=\r\n]/.test(plain.slice(padding)));
      if (isOdd) throw malformed("content that is no base64");
      const letters = held + plain.replaceAll(/[=\r\n]/g, "");
      const count = letters.length - (letters.length % 4);
      held = letters.slice(count);
      return Buffer.from(letters.slice(0, count), "base64url");
    },
    end(): Buffer {
      if (half !== "" || held.length === 1) throw malformed("content that is no base64");
      return Buffer.from(held, "base64url");
    },
  };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_all, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPES.get(letter) ?? "?") : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["/", "/"],
  ["n", "\n"],
  ["r", "\r"],
]);

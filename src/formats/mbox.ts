import type { EpochMs } from "../core/time.ts";
import { isWhiteSpace, labelHeader } from "./label-header.ts";

/**
 * Messages in one file, mboxrd (RFC 4155; docs/format.md §4): each behind a line that begins with `From `, with two header
 * lines of ours, the original with every `>*From ` at the beginning of a line quoted by one `>`, and one `\n`. Taken off
 * again, all of that gives back the original, byte for byte.
 */

/** What an entry tells of its message beside the original. Ids are hexadecimal, as Gmail's. */
export type MboxHead = Readonly<{
  id: string;
  threadId: string;
  labelNames: readonly string[];
  internalDate: EpochMs | undefined;
}>;

/** What is quoted: in mboxrd what could be an entry's beginning, quoted or not, so that it comes off again; in mboxo, which older programs read, `From ` alone. */
export const DIALECTS = ["mboxrd", "mboxo"] as const;

export type Dialect = (typeof DIALECTS)[number];

/** The entry of a message, as its original comes. */
export async function* mboxEntry(
  head: MboxHead,
  original: AsyncIterable<Buffer> | Iterable<Buffer>,
  dialect: Dialect = "mboxrd",
): AsyncGenerator<Buffer> {
  const quoter = fromQuoter(dialect);
  let begun: Buffer[] | undefined = [];
  for await (const chunk of original) {
    if (begun) {
      begun.push(Buffer.from(chunk));
      if (!chunk.includes(LINE_FEED)) continue; // which line ends it has is not known yet
      yield* entryBegin(head, begun, quoter.add);
      begun = undefined;
    } else yield quoter.add(chunk);
  }
  if (begun) yield* entryBegin(head, begun, quoter.add);
  yield Buffer.concat([quoter.end(), Buffer.from("\n")]);
}

function* entryBegin(head: MboxHead, begun: readonly Buffer[], quote: (bytes: Buffer) => Buffer): Generator<Buffer> {
  const first = Buffer.concat(begun);
  const end = first.indexOf(LINE_FEED);
  const eol = end > 0 && first[end - 1] === CARRIAGE_RETURN ? "\r\n" : "\n";
  yield Buffer.from(headLines(head, eol, isWhiteSpace(first[0])), "latin1");
  yield quote(first);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function headLines({ id, threadId, labelNames, internalDate }: MboxHead, eol: string, beginsAsFold: boolean): string {
  return (
    `From ${decimal(id)}@xxx ${asctime(internalDate ?? 0)}\n` +
    `X-GM-THRID: ${decimal(threadId)}${eol}` +
    labelHeader("X-Gmail-Labels", labelNames, eol, beginsAsFold)
  );
}

/** Gmail writes its ids in hexadecimal over HTTP, and in decimal everywhere else. */
export function decimal(id: string): string {
  return /^[0-9a-f]{1,16}$/i.test(id) ? BigInt(`0x${id}`).toString() : encodeURIComponent(id);
}

/** `Tue Dec  5 09:11:12 2023`, in UTC: 24 characters. */
function asctime(moment: EpochMs): string {
  const [, day = "", date = "", month = "", year = "", time = ""] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(moment).toUTCString()) ?? [];
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}

/** Quotes what could be taken for the beginning of an entry, in pieces. */
function fromQuoter(dialect: Dialect) {
  const pattern = dialect === "mboxrd" ? /\n(>*From )/g : /\n(From )/g;
  let held = "\n"; // as if behind a line end; that is taken away again
  let isFirst = true;
  const quoted = (text: string): Buffer => {
    const all = text.replaceAll(pattern, "\n>$1");
    const out = isFirst && all !== "" ? all.slice(1) : all;
    if (all !== "") isFirst = false;
    return Buffer.from(out, "latin1");
  };
  return {
    add: (bytes: Buffer): Buffer => {
      const text = held + bytes.toString("latin1");
      // A line that may still become one waits, with the line end before it.
      held = /\n>*(?:F(?:r(?:om?)?)?)?$/.exec(text)?.[0] ?? "";
      return quoted(text.slice(0, text.length - held.length));
    },
    end: (): Buffer => quoted(held),
  };
}

/** Where an entry stands in its file: from its first byte to behind its last. */
export type MboxEntry = Readonly<{ start: number; end: number }>;

const FROM = Buffer.from("From ");

/** The entries of a file, in order. The last one ends where the file does. */
export async function* entriesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<MboxEntry> {
  let start: number | undefined;
  let at = 0; // of what is looked through now
  let held: Buffer = Buffer.from("\n");
  let offset = -1; // of `held` in the file
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([held, chunk]);
    at = 0;
    for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, feed + 1)) {
      if (bytes.length - feed <= FROM.length) break;
      if (bytes.compare(FROM, 0, FROM.length, feed + 1, feed + 1 + FROM.length) !== 0) continue;
      const begin = offset + feed + 1;
      if (start !== undefined) yield { start, end: begin };
      start = begin;
    }
    at = Math.max(0, bytes.length - FROM.length);
    held = Buffer.from(bytes.subarray(at));
    offset += at;
  }
  if (start !== undefined) yield { start, end: offset + held.length };
}

/** The original of one entry, from its bytes. */
export async function* originalIn(entry: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isBody = false;
  let held = ""; // at first the head, then a line end and what stands behind it
  let isFirst = true;
  const unquote = (text: string): string => {
    const all = text.replaceAll(/\n>(>*From )/g, "\n$1");
    const out = isFirst && all !== "" ? all.slice(1) : all; // the line end that ended the head
    if (all !== "") isFirst = false;
    return out;
  };
  for await (const chunk of entry) {
    let text = held + chunk.toString("latin1");
    if (!isBody) {
      const head = HEAD.exec(text)?.[0];
      if (head === undefined) {
        if (text.length > LONGEST_HEAD) return; // no entry: its original is not gathered in memory to find that out
        held = text;
        continue;
      }
      isBody = true;
      text = `\n${text.slice(head.length)}`;
    }
    // The last line end is the entry's own; a quoted line may not be there as a whole yet.
    held = /\n(?:>+(?:F(?:r(?:om?)?)?)?)?$/.exec(text)?.[0] ?? "";
    const done = unquote(text.slice(0, text.length - held.length));
    if (done !== "") yield Buffer.from(done, "latin1");
  }
  const rest = unquote(held.replace(/\n$/, ""));
  if (rest !== "") yield Buffer.from(rest, "latin1");
}

/** Thousands of labels. */
const LONGEST_HEAD = 16 << 20;

/** The lines that an entry has before its original, folds included. No labels, or words with Q, are never folded. */
const HEAD =
  /^From [^\n]*\nX-GM-THRID: [^\n]*\nX-Gmail-Labels:(?: \r?\n| =\?utf-8\?Q\?[^\n]*\n|[^\n]*\n(?:[ \t][^\n]*\n)*(?=[^ \t]))/;

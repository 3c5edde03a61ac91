import { refuse } from "../../core/errors.ts";
import { parameterOf } from "../../core/mail/content-type.ts";
import { NO_CONTENT, type Content, type Part } from "../../core/mail/mail.ts";
import { headerValues, mayBeBody } from "../../core/mail/parts.ts";
import { createChannel } from "./channel.ts";
import { fileNameIn, headersIn, mimeTypeIn } from "./headers.ts";
import { HeadTooLong, splitEntities } from "./split-entities.ts";
import { transferDecoder } from "./transfer-encoding.ts";

/** What is made of contents while the bytes of a message pass. Where neither is given, only sizes are learned. */
export type PartPorts = Readonly<{
  /** Text is wanted. Waits for room for bytes of it, which are held from then on. */
  reserve?: (bytes: number) => Promise<void>;
  /** Keeps the content of a part that is no body text. */
  keep?: (chunks: AsyncIterable<Buffer>) => Promise<Content>;
}>;

/** No mail has as many; each takes memory and time of its own. */
const MOST_PARTS = 10_000;

/** Messages within messages that are looked into; what stands deeper is what its message holds, in one piece. */
const DEEPEST_MESSAGE = 50;

/**
 * The tree of parts of a message (RFC 5322, RFC 2045), from its bytes as they come. Numbers are those that Gmail gives: ""
 * is the root, the children of a container count from 0, and so does the one child of a message within the message. That
 * keeps its own bytes as its content; of what is in it only the sizes are told. Throws `bad_request` where there are more
 * parts than mail has.
 */
export function readParts(chunks: Chunks, ports: PartPorts): Promise<Part> {
  return readEntity(chunks, "", 0, ports);
}

type Chunks = AsyncIterable<Buffer> | Iterable<Buffer>;

/** A part whose content and children are still coming. */
type Growing = { -readonly [Key in keyof Part]: Part[Key] } & { parts: Part[] };

async function readEntity(chunks: Chunks, rootId: string, depth: number, ports: PartPorts): Promise<Part> {
  const open: { part: Growing; sink: Sink }[] = [];
  let root: Growing | undefined;
  let count = 0;
  try {
    for await (const piece of splitEntities(chunks, boundaryIn)) {
      const top = open.at(-1);
      switch (piece.piece) {
        case "head": {
          if ((count += 1) > MOST_PARTS) throw tooManyParts();
          if (top) {
            await top.sink.abandon(); // what stands before the first part of a container is nobody's
            top.sink = countingSink();
          }
          const part = partOf(piece.lines, top?.part, rootId);
          root ??= part;
          top?.part.parts.push(part);
          open.push({ part, sink: openSink(part, depth, ports) });
          break;
        }
        case "content":
          await top?.sink.add(piece.bytes);
          break;
        case "end": {
          const ended = open.pop()!;
          const content = await ended.sink.end();
          if (ended.part.parts.length === 0 || !isContainer(ended.part)) ended.part.content = content;
        }
      }
    }
    return root!;
  } catch (error) {
    for (const { sink } of open) await sink.abandon();
    throw error instanceof HeadTooLong ? tooManyParts() : error;
  }
}

function tooManyParts(): Error {
  return refuse(
    "bad_request",
    "This message has more parts, or longer headers, than mail has.",
    "Open this message in Gmail: it is larger than any message Gmail accepts.",
  );
}

/** The boundary of a container (RFC 2046 §5.1.1), "" of anything else. */
function boundaryIn(lines: readonly string[]): string {
  const headers = headersIn(lines);
  if (!mimeTypeIn(headers).startsWith("multipart/")) return "";
  const [type = ""] = headerValues({ headers }, "Content-Type");
  return parameterOf(type, "boundary").trimEnd();
}

const isContainer = ({ mimeType }: Part): boolean => mimeType.startsWith("multipart/");

function partOf(lines: readonly string[], parent: Growing | undefined, rootId: string): Growing {
  const headers = headersIn(lines);
  return {
    partId: parent ? childId(parent.partId, parent.parts.length) : rootId,
    mimeType: mimeTypeIn(headers),
    filename: fileNameIn(headers),
    headers,
    content: NO_CONTENT,
    parts: [],
  };
}

function childId(partId: string, index: number): string {
  return partId === "" ? String(index) : `${partId}.${index}`;
}

/** Where the content of one part goes. */
type Sink = Readonly<{
  add(bytes: Buffer): Promise<void>;
  end(): Promise<Content>;
  /** The message broke off: nothing of it is kept. */
  abandon(): Promise<void>;
}>;

/** What a part is sent as, decoded, goes into its content; of a message within the message, into its tree too. */
function openSink(part: Growing, depth: number, ports: PartPorts): Sink {
  const content = contentSink(part, ports);
  const encoding = isContainer(part) ? "" : (headerValues(part, "Content-Transfer-Encoding")[0] ?? "");
  const decoder = transferDecoder(encoding);
  const looksInside = part.mimeType === "message/rfc822" && depth < DEEPEST_MESSAGE;
  const inner = looksInside ? innerSink(childId(part.partId, 0), depth) : undefined;
  const add = async (bytes: Buffer): Promise<void> => {
    if (bytes.length === 0) return;
    await inner?.add(bytes);
    await content.add(bytes);
  };
  return {
    add: (bytes) => add(decoder.add(bytes)),
    async end() {
      await add(decoder.end());
      const found = await content.end();
      const tree = await inner?.end();
      if (tree && found.size > 0) part.parts.push(tree);
      return found;
    },
    async abandon() {
      await content.abandon();
      await inner?.abandon();
    },
  };
}

/** The sizes of what a message within the message holds. Where that cannot be read it is one piece. */
function innerSink(partId: string, depth: number) {
  const { push, end, fail, chunks } = createChannel();
  const reading = readEntity(chunks, partId, depth + 1, {}).catch((): undefined => undefined);
  return {
    add: push,
    end: (): Promise<Part | undefined> => {
      end();
      return reading;
    },
    async abandon(): Promise<void> {
      fail(BROKEN_OFF);
      await reading;
    },
  };
}

function contentSink(part: Growing, { reserve, keep }: PartPorts): Sink {
  if (reserve && mayBeBody(part)) return textSink(reserve);
  return keep && !isContainer(part) ? keepingSink(keep) : countingSink();
}

function textSink(reserve: (bytes: number) => Promise<void>): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    async add(bytes) {
      await reserve(bytes.length);
      chunks.push(Buffer.from(bytes)); // what was given may be a piece of something much larger
      size += bytes.length;
    },
    async end() {
      if (size === 0) return NO_CONTENT;
      return { kept: "here", size, read: () => Buffer.concat(chunks), handle: "", asSent: true };
    },
    abandon: async () => {},
  };
}

function countingSink(): Sink {
  let size = 0;
  return {
    add: async (bytes) => void (size += bytes.length),
    end: async () => ({ kept: "nowhere", size }),
    abandon: async () => {},
  };
}

/** Begins with the first byte: what is empty is not kept. */
function keepingSink(keep: (chunks: AsyncIterable<Buffer>) => Promise<Content>): Sink {
  const { push, end, fail, leave, chunks } = createChannel();
  let keeping: Promise<Content> | undefined;
  return {
    add(bytes) {
      if (!keeping) {
        keeping = keep(chunks);
        keeping.catch(leave); // met at the end
      }
      return push(bytes);
    },
    async end() {
      end();
      return (await keeping) ?? NO_CONTENT;
    },
    async abandon() {
      fail(BROKEN_OFF);
      await keeping?.catch(() => {});
    },
  };
}

/** Tells who reads a content that no more of it will come. */
const BROKEN_OFF = new Error("the message broke off");

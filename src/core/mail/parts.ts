import { parameterOf } from "./content-type.ts";
import type { Content, Message, Part } from "./mail.ts";

/**
 * What the leaves of a message are. `plain` and `html` are the body text, `attachments` everything else that holds
 * something; each in document order. A message within the message (`message/*`) is one attachment: whatever the
 * source shows of its inside belongs to it, not to us.
 */
export type Contents = Readonly<{ plain: readonly Part[]; html: readonly Part[]; attachments: readonly Part[] }>;

/** Text that is for programs or a file by nature, and never what somebody wrote to read. Wins over every other rule. */
const ATTACHED_TEXT: ReadonlySet<string> = new Set([
  "text/calendar",
  "text/x-amp-html",
  "text/csv",
  "text/vcard",
  "text/rtf",
  "text/css",
  "text/javascript",
  "text/xml",
]);

export function contentsOf(message: Message): Contents {
  const found = [...leaves(message.root)];
  const hasBody = found.some(({ isText, isSaid }) => isText && isSaid);

  const plain: Part[] = [];
  const html: Part[] = [];
  const attachments: Part[] = [];
  for (const { part, isText, isSaid } of found) {
    // Where nothing else is the body, text that is shown inline is, whatever it is called.
    const isShown = part.mimeType.startsWith("text/") && dispositionOf(part) === "inline";
    if (isText && (isSaid || (isShown && !hasBody))) (part.mimeType === "text/html" ? html : plain).push(part);
    else if (!isEmpty(part)) attachments.push(part);
  }
  return { plain, html, attachments };
}

/** A part whose content is to be asked for by its handle. */
type PartElsewhere = Part & Readonly<{ content: Extract<Content, Readonly<{ kept: "elsewhere" }>> }>;

/** Body text that the source keeps elsewhere, as Gmail does with large bodies. */
export function textBodiesToFetch(message: Message): readonly PartElsewhere[] {
  const { plain, html } = contentsOf(message);
  return [...plain, ...html].filter((part): part is PartElsewhere => part.content.kept === "elsewhere");
}

/** Whether a part has its content among other parts, or has lost it: nothing that is here, or can be asked for, is all of it. */
export function isScattered({ content, parts }: Part): boolean {
  return content.kept === "nowhere" && (content.size > 0 || parts.length > 0);
}

/** Whether text was lost on the way: a body with a size, that is neither here nor anywhere to be asked for. */
export function lacksText(message: Message): boolean {
  const { plain, html } = contentsOf(message);
  return [...plain, ...html].some(({ content }) => content.kept === "nowhere" && content.size > 0);
}

/** The same message with the contents of these parts filled in. Keyed by the part itself: a `partId` may repeat. */
export function withContents(message: Message, contents: ReadonlyMap<Part, Content>): Message {
  const top: Part[] = [];
  const queue = [{ part: message.root, siblings: top }];
  for (const { part, siblings } of queue) {
    const parts: Part[] = [];
    siblings.push({ ...part, content: contents.get(part) ?? part.content, parts });
    for (const child of part.parts) queue.push({ part: child, siblings: parts });
  }
  return { ...message, root: top[0]! };
}

/** Bytes that a part holds, decoded: of a message within the message, what all its leaves hold together. */
export function sizeOf(part: Part): number {
  if (part.parts.length === 0) return part.content.size;
  let size = 0;
  const stack = [...part.parts];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.parts.length === 0) size += next.content.size;
    else for (const child of next.parts) stack.push(child);
  }
  return size;
}

/** Every value of the headers of this name, in order. Names mean the same in any casing (RFC 5322 §1.2.2). */
export function headerValues(part: Pick<Part, "headers">, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return part.headers.filter((header) => header.name.toLowerCase() === wanted).map((header) => header.value);
}

/** The Content-Disposition without its parameters, lower-case: `inline`, `attachment`, or "" when there is none. */
export function dispositionOf(part: Pick<Part, "headers">): string {
  const [value = ""] = headerValues(part, "Content-Disposition");
  return value.split(";", 1)[0]!.trim().toLowerCase();
}

/** `isSaid` is what its sender says in so many words, or by where it stands: that it is the text of the message. */
type Leaf = Readonly<{ part: Part; isText: boolean; isSaid: boolean }>;

/** Depth first, with its own stack: a hostile message may nest deeper than the call stack. */
function* leaves(root: Part): Generator<Leaf> {
  const stack = [{ part: root, isWritten: false }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { part, isWritten } = next;
    if (part.parts.length > 0 && !part.mimeType.startsWith("message/")) {
      const written = writtenIn(part);
      for (const child of part.parts.toReversed()) stack.push({ part: child, isWritten: written(child) });
      continue;
    }
    const isNamed = part.filename !== "";
    const isAttached = dispositionOf(part) === "attachment";
    yield {
      part,
      isText: isTextual(part),
      isSaid: part === root ? !isNamed : !isAttached && (!isNamed || isWritten),
    };
  }
}

/**
 * Which children of a container are what was written, whatever they are called: each way of saying the same (RFC 2046
 * §5.1.4), and of things that belong together the one they belong to (RFC 2387 §3.2).
 */
function writtenIn(container: Part): (child: Part) => boolean {
  if (container.mimeType === "multipart/alternative") return () => true;
  if (container.mimeType !== "multipart/related") return () => false;
  const [type = ""] = headerValues(container, "Content-Type");
  const start = parameterOf(type, "start");
  const isStart = (child: Part): boolean => start !== "" && headerValues(child, "Content-ID").includes(start);
  const root = container.parts.find(isStart) ?? container.parts[0];
  return (child) => child === root;
}

/**
 * Text is what says so, what says nothing, and what cannot be understood (RFC 2045 §5.2, RFC 2046 §4.1.4); so is a
 * container that came whole, in one piece: its parts could not be told apart.
 */
function isTextual({ mimeType, content }: Part): boolean {
  return mimeType.startsWith("multipart/") ? content.kept !== "nowhere" || content.size > 0 : isTextType(mimeType);
}

function isTextType(mimeType: string): boolean {
  const [type = "", subtype = ""] = mimeType.split("/", 2);
  if (type === "text") return !ATTACHED_TEXT.has(mimeType);
  return subtype === "" && !/^(application|audio|font|image|message|model|video)$/.test(type);
}

/**
 * Whether a part may turn out to be body text once all parts are known: only then need its content be at hand for the record.
 * `partId` "" is the root's.
 */
export function mayBeBody(part: Omit<Part, "content" | "parts">): boolean {
  const isAttached = part.partId !== "" && dispositionOf(part) === "attachment";
  return !isAttached && (part.mimeType.startsWith("multipart/") || isTextType(part.mimeType));
}

/** True of a part that holds nothing and is named by nothing, such as a container without children. */
function isEmpty(part: Part): boolean {
  const { kept, size } = part.content;
  const holds = kept !== "nowhere" || size > 0 || part.parts.length > 0;
  return !holds && part.filename === "" && headerValues(part, "Content-ID").length === 0;
}

/** Whether Gmail gave the message any content: some old ones have ids and labels alone. */
export function hasParts({ root }: Pick<Message, "root">): boolean {
  return root.headers.length > 0 || root.mimeType !== "";
}

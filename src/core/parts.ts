import type { Content, Message, Part } from "./mail.ts";

/**
 * What the leaves of a message are. `plain` and `html` are the body text, `attachments` everything else that holds
 * something; each in document order. A message within the message (`message/*`) is one attachment: whatever the
 * source shows of its inside belongs to it, not to us.
 */
export type Contents = Readonly<{ plain: readonly Part[]; html: readonly Part[]; attachments: readonly Part[] }>;

export function contentsOf(message: Message): Contents {
  const plain: Part[] = [];
  const html: Part[] = [];
  const attachments: Part[] = [];
  for (const part of leaves(message.root)) {
    const isText = part.filename === "" && dispositionOf(part) !== "attachment";
    // A part that names no type is text/plain (RFC 2045 §5.2).
    if (isText && (part.mimeType === "text/plain" || part.mimeType === "")) plain.push(part);
    else if (isText && part.mimeType === "text/html") html.push(part);
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

/** Every value of the headers of this name, in order. Names mean the same in any casing (RFC 5322 §1.2.2). */
export function headerValues(part: Part, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return part.headers.filter((header) => header.name.toLowerCase() === wanted).map((header) => header.value);
}

/** The Content-Disposition without its parameters, lower-case: `inline`, `attachment`, or "" when there is none. */
export function dispositionOf(part: Part): string {
  const [value = ""] = headerValues(part, "Content-Disposition");
  return value.split(";", 1)[0]!.trim().toLowerCase();
}

/** Depth first, with its own stack: a hostile message may nest deeper than the call stack. */
function* leaves(root: Part): Generator<Part> {
  const stack = [root];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.parts.length === 0 || part.mimeType.startsWith("message/")) yield part;
    else for (const child of part.parts.toReversed()) stack.push(child);
  }
}

/** True of a part that holds nothing and is named by nothing, such as a container without children. */
function isEmpty(part: Part): boolean {
  const { kept, size } = part.content;
  const holds = kept !== "nowhere" || size > 0 || part.parts.length > 0;
  return !holds && part.filename === "" && headerValues(part, "Content-ID").length === 0;
}

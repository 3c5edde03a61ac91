import type { Content, Message, Part } from "../../../core/mail/mail.ts";
import { contentHere, type MakeContent } from "../calls/wire.ts";

/**
 * Mail on its way from one thread to another: flat, as a tree may nest deeper than a thread can copy, and in pages, as
 * taking all of a hostile message at once would take a second.
 */
type Sent =
  | Readonly<{ kept: "data"; data: string; size: number; handle: string }>
  /** Where it stands in bytes that are handed over beside. */
  | Readonly<{ kept: "bytes"; start: number; size: number; handle: string }>
  | Exclude<Content, { kept: "here" }>;

export type Item =
  | Readonly<{ item: "message"; message: Omit<Message, "root"> }>
  /** `parent` is the number of a part of the same message; the root has none. */
  | Readonly<{ item: "part"; part: Omit<Part, "content" | "parts">; content: Sent; parent: number | undefined }>
  | Readonly<{ item: "content"; content: Sent }>
  /** What is no mail, such as a listing. */
  | Readonly<{ item: "json"; json: unknown }>;

/** What was sent: messages, or the content of a part, or JSON. */
export type Received = Readonly<{ messages: readonly Message[]; content: Content | undefined; json: unknown }>;

/** Parts and headers of a page, but for a part that has more. */
const PAGE_WEIGHT = 2_000;

/** Remembers how contents can be sent. */
export function sendableContents(rangeOf: (data: string) => Readonly<{ start: number; end: number }> | undefined) {
  const sent = new Map<Content, Sent>();
  const make: MakeContent = (data, given, handle) => {
    const range = rangeOf(data);
    const content: Content = contentHere(data, given, handle);
    sent.set(
      content,
      range
        ? { kept: "bytes", start: range.start, size: range.end - range.start, handle }
        : { kept: "data", data, size: given, handle },
    );
    return content;
  };
  const send = (content: Content): Sent => {
    if (content.kept !== "here") return content;
    const found = sent.get(content);
    if (!found) throw new RangeError("this content was not made here");
    return found;
  };
  return { make, send };
}

export function* itemsOf(messages: readonly Message[], send: (content: Content) => Sent): Generator<Item> {
  for (const { root, ...message } of messages) {
    yield { item: "message", message };
    const queue: { part: Part; parent: number | undefined }[] = [{ part: root, parent: undefined }];
    for (const [number, { part, parent }] of queue.entries()) {
      const { content, parts, ...rest } = part;
      yield { item: "part", part: rest, content: send(content), parent };
      for (const child of parts) queue.push({ part: child, parent: number });
    }
  }
}

export function* pagesOf(items: Iterable<Item>): Generator<readonly Item[]> {
  let page: Item[] = [];
  let weight = 0;
  for (const item of items) {
    page.push(item);
    weight += 1 + (item.item === "part" ? item.part.headers.length : 0);
    if (weight < PAGE_WEIGHT) continue;
    yield page;
    page = [];
    weight = 0;
  }
  yield page;
}

/** Puts together again what came in pages. `bytes` are what contents stand in. */
export function fromPages() {
  const messages: Message[] = [];
  let parts: { part: Part; children: Part[] }[] = [];
  let single: Content | undefined;
  let json: unknown;
  return {
    add(page: readonly Item[], bytes: ArrayBuffer): void {
      for (const item of page)
        switch (item.item) {
          case "message":
            parts = [];
            messages.push({ ...item.message, root: NOT_YET });
            break;
          case "part": {
            const children: Part[] = [];
            const part: Part = { ...item.part, content: received(item.content, bytes), parts: children };
            parts.push({ part, children });
            if (item.parent === undefined) messages.push({ ...messages.pop()!, root: part });
            else parts[item.parent]!.children.push(part);
            break;
          }
          case "content":
            single = received(item.content, bytes);
            break;
          case "json":
            json = item.json;
        }
    },
    received: (): Received => ({ messages, content: single, json }),
  };
}

const NOT_YET: Part = {
  partId: "",
  mimeType: "",
  filename: "",
  headers: [],
  content: { kept: "nowhere", size: 0 },
  parts: [],
};

function received(content: Sent, bytes: ArrayBuffer): Content {
  switch (content.kept) {
    case "data":
      return contentHere(content.data, content.size, content.handle);
    case "bytes": {
      const { start, size, handle } = content;
      // Throws once the memory has been given back; a view made before would only seem to be empty.
      return { kept: "here", size, read: () => new Uint8Array(bytes, start, size), handle };
    }
    default:
      return content;
  }
}

import { NO_CONTENT, type Content, type Header, type Message, type Part } from "../src/core/mail/mail.ts";

/** Messages for tests, as the core knows them: what is not said is empty. */
export type PartSketch = Partial<Omit<Part, "headers">> & {
  headers?: Readonly<Record<string, string>> | readonly Header[];
};

export function part({ headers = [], ...fields }: PartSketch = {}): Part {
  return {
    partId: "",
    mimeType: "",
    filename: "",
    content: NO_CONTENT,
    parts: [],
    ...fields,
    headers: Array.isArray(headers) ? headers : Object.entries(headers).map(([name, value]) => ({ name, value })),
  };
}

export function message(root: Part = part(), fields: Partial<Omit<Message, "root">> = {}): Message {
  return {
    id: "18c2a0",
    threadId: "18c2a0",
    labelIds: [],
    snippet: "",
    internalDate: undefined,
    sizeEstimate: 0,
    ...fields,
    root,
  };
}

/** Content that came with the message. */
export function here(content: string | Uint8Array): Extract<Content, { kept: "here" }> {
  const bytes = Buffer.from(content);
  return { kept: "here", size: bytes.length, read: () => bytes, handle: "" };
}

/** Content that the source keeps under this handle. */
export function elsewhere(handle: string, size = 0): Content {
  return { kept: "elsewhere", size, handle };
}

/** What a part holds, as text; undefined where it does not have it. */
export function textIn({ content }: Part): string | undefined {
  return content.kept === "here" ? Buffer.from(content.read()).toString() : undefined;
}

/** A leaf with this content; `charset` is what its Content-Type claims. */
export function text(mimeType: string, content: string | Uint8Array, charset = "UTF-8"): Part {
  return part({
    mimeType,
    headers: { "Content-Type": `${mimeType}; charset="${charset}"` },
    content: here(content),
  });
}

export function multipart(subtype: string, ...parts: readonly Part[]): Part {
  return part({ mimeType: `multipart/${subtype}`, parts });
}

import type { Header, Message, Part } from "../src/core/mailbox.ts";

/** Messages for tests, as the core knows them: what is not said is empty. */
export type PartSketch = Partial<Omit<Part, "headers" | "body">> & {
  headers?: Readonly<Record<string, string>> | readonly Header[];
  body?: Partial<Part["body"]>;
};

export function part({ headers = [], body, ...fields }: PartSketch = {}): Part {
  return {
    partId: "",
    mimeType: "",
    filename: "",
    parts: [],
    ...fields,
    headers: Array.isArray(headers) ? headers : Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: { attachmentId: "", size: 0, data: "", ...body },
  };
}

export function message(payload: Part = part(), fields: Partial<Omit<Message, "payload">> = {}): Message {
  return {
    id: "18c2a0",
    threadId: "18c2a0",
    labelIds: [],
    snippet: "",
    internalDate: "",
    sizeEstimate: 0,
    ...fields,
    payload,
  };
}

export function base64url(content: string | Uint8Array): string {
  return bytesOf(content).toString("base64url");
}

/** A leaf with this content; `charset` is what its Content-Type claims. */
export function text(mimeType: string, content: string | Uint8Array, charset = "UTF-8"): Part {
  return part({
    mimeType,
    headers: { "Content-Type": `${mimeType}; charset="${charset}"` },
    body: { data: base64url(content), size: bytesOf(content).length },
  });
}

function bytesOf(content: string | Uint8Array): Buffer {
  return typeof content === "string" ? Buffer.from(content) : Buffer.from(content);
}

export function multipart(subtype: string, ...parts: readonly Part[]): Part {
  return part({ mimeType: `multipart/${subtype}`, parts });
}

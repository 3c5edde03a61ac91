import { createHash } from "node:crypto";

import { Conflict, refused, unreachable } from "../failures.ts";
import {
  isOfNetwork,
  NoAnswer,
  passOver,
  textOfBody,
  type Answered,
  type Call,
  type Ended,
  type SendCall,
} from "./call.ts";
import type { Answer } from "./send.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** An object as a listing has it. `etag` is without quotes, and another whenever the content is. */
export type Listed = Readonly<{ key: string; bytes: number; etag: string }>;

/** The beginning of an object's content, or another piece: how large it all is, and since when it is so, by the server's clock. */
type Piece = Readonly<{ etag: string; total: number; bytes: Buffer; ageMs: number }>;

/** Holds when there is no object, or when it is still this one; undefined asks for nothing. */
export type Condition = Readonly<{ absent: true } | { etag: string }>;

/** `mark` is kept with the object: by it a write whose answer was lost is known again. One is used for one write alone. */
type WriteOptions = Readonly<{ condition?: Condition | undefined; mark?: string }>;

export type Part = Readonly<{ number: number; etag: string }>;

/** The server does not know such a request. */
export class Unsupported extends Error {}

/**
 * What is asked of a bucket. What is refused for good is told as a `disk` failure; what does not pass within minutes as
 * one of `disk` that an export waits for. Tried against the server of the tests (test/s3/), which holds to the answers that
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ describes.
 */
export type Objects = Readonly<{
  /**
   * The same for as long as the signal does not abort: then nothing more is asked, nor asked again, what is under way is broken
   * off, and the signal's reason is thrown. An upload can be aborted all the same.
   */
  until(signal: AbortSignal): Objects;
  /** Reads bytes from `start` up to `end`, at most. Undefined where there is no such object. */
  readPiece(key: string, start: number, end: number, etag?: string): Promise<Piece | undefined>;
  /** Reads on through connections that break. Throws `Conflict` where the object is no longer the one with this ETag. */
  read(key: string, etag: string, start: number, end: number): AsyncGenerator<Buffer>;
  /** Undefined where there is none. `mark` as it was written with it. */
  look(key: string): Promise<(Listed & Readonly<{ mark: string | undefined }>) | undefined>;
  /** Resolves with the ETag; the object is durable then. Throws `Conflict` where the condition does not hold. */
  put(key: string, bytes: Uint8Array, options?: WriteOptions): Promise<string>;
  /** There may be none. */
  remove(key: string): Promise<void>;
  /** In the order of the keys, all pages. With `folders` what lies in folders below is left out, but for one call of it each. */
  list(prefix: string, folders?: (prefix: string) => void): AsyncGenerator<Listed>;
  beginUpload(key: string, mark?: string): Promise<string>;
  putPart(key: string, upload: string, number: number, bytes: Uint8Array): Promise<Part>;
  /** A part that is bytes of another object, which the server copies. Throws `Unsupported` where it does not do that. */
  copyPart(
    key: string,
    upload: string,
    number: number,
    from: Readonly<{ key: string; etag: string; start: number; end: number }>,
  ): Promise<Part>;
  /** The object is there as a whole when it resolves with its ETag. */
  completeUpload(key: string, upload: string, parts: readonly Part[], options?: WriteOptions): Promise<string>;
  abortUpload(key: string, upload: string): Promise<void>;
  /** Uploads that nobody completed. */
  listUploads(prefix: string): AsyncGenerator<Readonly<{ key: string; upload: string }>>;
}>;

/** `place` stands in messages; `bucket` is the name of it. */
export function createObjects(call: SendCall, place: string, bucket: string, signal?: AbortSignal): Objects {
  const ask = async (request: Call): Promise<Ended> => {
    try {
      return await call(request, signal);
    } catch (error) {
      if (error instanceof NoAnswer) throw unreachable(place, error.cause);
      throw error;
    }
  };
  const doing = ({ method }: Call): "reading" | "writing" =>
    method === "GET" || method === "HEAD" ? "reading" : "writing";
  /** The answer; a refusal is thrown, unless `isMeant` takes it. */
  const get = async (request: Call, isMeant: (refusal: Answered) => boolean = () => false) => {
    const ended = await ask(request);
    if ("refusal" in ended && !isMeant(ended.refusal)) throw refused(place, doing(request), ended.refusal);
    return ended;
  };
  /** An answer that is text; where it broke off it is asked for again, but for what would be done twice by that. */
  const textOrRefusal = async (request: Call, isMeant?: (refusal: Answered) => boolean): Promise<string | Answered> => {
    for (let tries = 1; ; tries += 1) {
      const ended = await get(request, isMeant);
      if ("refusal" in ended) return ended.refusal;
      try {
        return await textOfBody(ended.answer);
      } catch (error) {
        if (!isOfNetwork(error)) throw error;
        if (request.method === "POST" || tries === MOST_BREAKS) throw unreachable(place, error);
      }
    }
  };
  const text = async (request: Call): Promise<string> => {
    const answer = await textOrRefusal(request);
    if (typeof answer === "string") return answer;
    throw refused(place, doing(request), answer);
  };
  /** Whether a write whose answer may have been lost is the one that stands there. */
  const isOwn = async (key: string, mark: string | undefined): Promise<string | undefined> => {
    if (mark === undefined) return undefined;
    const found = await objects.look(key);
    return found?.mark === mark ? found.etag : undefined;
  };

  const objects: Objects = {
    until: (end) => ({ ...createObjects(call, place, bucket, end), abortUpload: objects.abortUpload }),

    async readPiece(key, start, end, etag) {
      for (let tries = 1; ; tries += 1) {
        const ended = await get(
          {
            method: "GET",
            key,
            headers: { range: `bytes=${start}-${end - 1}`, ...(etag !== undefined && { "if-match": quoted(etag) }) },
          },
          ({ status, code }) => status === 412 || status === 416 || code === "NoSuchKey",
        );
        if ("refusal" in ended) {
          if (ended.refusal.status === 412) throw new Conflict(key);
          if (ended.refusal.status !== 416) return undefined;
          // There is no first byte of an empty object.
          const found = await objects.look(key);
          if (etag !== undefined && found?.etag !== etag) throw new Conflict(key);
          return found && { etag: found.etag, total: found.bytes, bytes: Buffer.alloc(0), ageMs: 0 };
        }
        const { headers, body } = ended.answer;
        const [, total] = /\/(\d+)$/.exec(String(headers["content-range"] ?? "")) ?? [];
        try {
          const bytes = Buffer.concat(await Array.fromAsync(body));
          return {
            etag: unquoted(headers["etag"]),
            total: Number(total ?? bytes.length),
            bytes,
            ageMs: ageIn(headers),
          };
        } catch (error) {
          if (!isOfNetwork(error)) throw error;
          if (tries === MOST_BREAKS) throw unreachable(place, error);
        }
      }
    },

    async *read(key, etag, start, end) {
      let at = start;
      let breaks = 0; // without a byte in between
      while (at < end) {
        const ended = await get(
          { method: "GET", key, headers: { range: `bytes=${at}-${end - 1}`, "if-match": quoted(etag) } },
          ({ status, code }) => status === 412 || code === "NoSuchKey",
        );
        if ("refusal" in ended) throw new Conflict(key);
        breaks += 1;
        let failure: unknown = Object.assign(new Error("cut off"), { code: "CutOff" });
        try {
          for await (const chunk of ended.answer.body) {
            const piece = chunk.subarray(0, end - at); // what a server says beyond is not the answer to what was asked
            at += piece.length;
            breaks = 0;
            yield piece;
          }
        } catch (error) {
          if (!isOfNetwork(error)) throw error;
          failure = error;
        }
        if (at < end && breaks === MOST_BREAKS) throw unreachable(place, failure);
      }
    },

    async look(key) {
      const ended = await get({ method: "HEAD", key }, ({ status }) => status === 404);
      if ("refusal" in ended) return undefined;
      const { headers } = ended.answer;
      await passOver(ended.answer);
      const mark = headers["x-amz-meta-mark"];
      const bytes = Number(headers["content-length"]);
      return { key, bytes, etag: unquoted(headers["etag"]), mark: typeof mark === "string" ? mark : undefined };
    },

    async put(key, bytes, { condition, mark } = {}) {
      const ended = await get(
        {
          method: "PUT",
          key,
          body: bytes,
          headers: {
            "content-type": "application/octet-stream",
            "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64"),
            ...conditionHeaders(condition),
            ...markHeaders(mark),
          },
        },
        (refusal) => condition !== undefined && isConflict(refusal),
      );
      if ("answer" in ended) {
        await passOver(ended.answer);
        return unquoted(ended.answer.headers["etag"]);
      }
      const own = ended.tries > 0 ? await isOwn(key, mark) : undefined;
      if (own !== undefined) return own;
      throw ended.refusal.status === 501 ? new Unsupported() : new Conflict(key);
    },

    async remove(key) {
      const ended = await get({ method: "DELETE", key }, ({ code }) => code === "NoSuchKey");
      if ("answer" in ended) await passOver(ended.answer);
    },

    async *list(prefix, folders) {
      for (let token = ""; ;) {
        const page = await text({
          method: "GET",
          query: {
            "list-type": "2",
            "encoding-type": "url",
            prefix,
            ...(folders && { delimiter: "/" }),
            ...(token !== "" && { "continuation-token": token }),
          },
        });
        const isUrl = textOf(page, "EncodingType") === "url";
        const keyIn = (xml: string, name: string): string =>
          isUrl ? decodeURIComponent(textOf(xml, name).replaceAll("+", " ")) : textOf(xml, name);
        for (const entry of elements(page, "Contents"))
          yield {
            key: keyIn(entry, "Key"),
            bytes: Number(textOf(entry, "Size")),
            etag: unquoted(textOf(entry, "ETag")),
          };
        for (const entry of elements(page, "CommonPrefixes")) folders?.(keyIn(entry, "Prefix"));
        if (textOf(page, "IsTruncated") !== "true") return;
        token = textOf(page, "NextContinuationToken");
        if (token === "") throw refused(place, "reading", { status: 200, code: "NoContinuation" });
      }
    },

    async beginUpload(key, mark) {
      const xml = await text({
        method: "POST",
        key,
        query: { uploads: "" },
        headers: { "content-type": "application/octet-stream", ...markHeaders(mark) },
      });
      return textOf(xml, "UploadId");
    },

    async putPart(key, upload, number, bytes) {
      const query = { partNumber: String(number), uploadId: upload };
      const ended = await get({ method: "PUT", key, query, body: bytes });
      if ("refusal" in ended) throw refused(place, "writing", ended.refusal);
      await passOver(ended.answer);
      return { number, etag: unquoted(ended.answer.headers["etag"]) };
    },

    async copyPart(key, upload, number, from) {
      const answer = await textOrRefusal(
        {
          method: "PUT",
          key,
          query: { partNumber: String(number), uploadId: upload },
          headers: {
            "x-amz-copy-source": `/${bucket}/${from.key.split("/").map(encodeURIComponent).join("/")}`,
            "x-amz-copy-source-range": `bytes=${from.start}-${from.end - 1}`,
            "x-amz-copy-source-if-match": quoted(from.etag),
          },
        },
        () => true,
      );
      if (typeof answer !== "string") {
        if (answer.status === 412) throw new Conflict(from.key);
        throw new Unsupported();
      }
      const etag = unquoted(textOf(answer, "ETag"));
      if (etag === "") throw new Unsupported(); // a refusal that came behind the status
      return { number, etag };
    },

    async completeUpload(key, upload, parts, { condition, mark } = {}) {
      const body = Buffer.from(
        `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts
          .map(
            ({ number, etag }) =>
              `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(quoted(etag))}</ETag></Part>`,
          )
          .join("")}</CompleteMultipartUpload>`,
      );
      const request: Call = {
        method: "POST",
        key,
        query: { uploadId: upload },
        body,
        headers: { "content-type": "application/xml", ...conditionHeaders(condition) },
      };
      for (let tries = 0; ; tries += 1) {
        const ended = await get(request, (refusal) => isConflict(refusal) || refusal.code === "NoSuchUpload");
        let code: string;
        if ("answer" in ended) {
          // It answers 200 before it is done, and may say behind that that it could not.
          const xml = await textOfBody(ended.answer).catch((error: unknown) => {
            if (!isOfNetwork(error)) throw error;
            return "";
          });
          const etag = unquoted(textOf(xml, "ETag"));
          if (etag !== "" && elements(xml, "Error").length === 0) return etag;
          code = textOf(xml, "Code") || "IncompleteAnswer";
        } else ({ code } = ended.refusal);
        const own = await isOwn(key, mark);
        if (own !== undefined) return own;
        if ("refusal" in ended) {
          if (ended.refusal.status === 501) throw new Unsupported();
          if (isConflict(ended.refusal)) throw new Conflict(key);
          throw refused(place, "writing", ended.refusal);
        }
        if (tries === MOST_COMPLETIONS) throw unreachable(place, Object.assign(new Error(code), { code }));
      }
    },

    async abortUpload(key, upload) {
      const ended = await get(
        { method: "DELETE", key, query: { uploadId: upload } },
        ({ status }) => status === 404 || status === 501,
      );
      if ("answer" in ended) await passOver(ended.answer);
    },

    async *listUploads(prefix) {
      for (let at: Readonly<Record<string, string>> = {}; ;) {
        const page = await textOrRefusal(
          { method: "GET", query: { uploads: "", prefix, ...at } },
          ({ status }) => status === 501 || status === 405,
        );
        if (typeof page !== "string") return; // a server that cannot tell: its own rule is to clear them
        for (const entry of elements(page, "Upload"))
          yield { key: textOf(entry, "Key"), upload: textOf(entry, "UploadId") };
        if (textOf(page, "IsTruncated") !== "true") return;
        at = { "key-marker": textOf(page, "NextKeyMarker"), "upload-id-marker": textOf(page, "NextUploadIdMarker") };
      }
    },
  };
  return objects;
}

/** Answers that broke off one after the other, without a byte in between. */
const MOST_BREAKS = 5;

/** A server that answers 200 and then an error was asked so often. */
const MOST_COMPLETIONS = 4;

const isConflict = ({ status, code }: Answered): boolean => status === 412 || status === 501 || code === "NoSuchKey";

function conditionHeaders(condition: Condition | undefined): Record<string, string> {
  if (condition === undefined) return {};
  return "absent" in condition ? { "if-none-match": "*" } : { "if-match": quoted(condition.etag) };
}

function markHeaders(mark: string | undefined): Record<string, string> {
  return mark === undefined ? {} : { "x-amz-meta-mark": mark };
}

function ageIn(headers: Answer["headers"]): number {
  return Date.parse(String(headers["date"])) - Date.parse(String(headers["last-modified"])) || 0;
}

const quoted = (etag: string): string => `"${etag}"`;

function unquoted(etag: string | readonly string[] | undefined): string {
  return typeof etag === "string" ? etag.replace(/^W\//, "").replaceAll('"', "") : "";
}

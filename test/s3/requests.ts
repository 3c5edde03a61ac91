import type { IncomingHttpHeaders } from "node:http";

import type { FrontSettings } from "./front.ts";
import { refusal } from "./refusal.ts";
import { askServer, listAll, type Reply } from "./upstream.ts";

/** `key` is "" where the bucket itself is asked. */
export type S3Request = Readonly<{
  method: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}>;

type Upload = { key: string; parts: Map<number, { etag: string; bytes: number }> };

/** What the front remembers of a bucket. */
export type Known = Readonly<{
  bucket: string;
  settings: FrontSettings;
  uploads: Map<string, Upload>;
  /** The last that is done with a key: one at a time. */
  turns: Map<string, Promise<unknown>>;
}>;

const LEAST_PART = 5 << 20;

/** Does what is asked of an object, or of the bucket: one request at a time for each key. */
export async function handleObject(request: S3Request, known: Known): Promise<Reply> {
  if (request.key === "") return handleBucket(request, known);
  const before = known.turns.get(request.key);
  const mine = (async () => {
    await before?.catch(() => {});
    return answer(request, known);
  })();
  known.turns.set(request.key, mine);
  return mine;
}

async function answer(request: S3Request, known: Known): Promise<Reply> {
  const { method, query } = request;
  if (method === "GET" || method === "HEAD") return readObject(request, known);
  if (query.has("uploads")) return beginUpload(request, known);
  const id = query.get("uploadId");
  if (id !== null) {
    const upload = known.uploads.get(id);
    if (upload?.key !== request.key) return refusal(404, "NoSuchUpload");
    if (method === "PUT") return putPart(request, known, id, upload);
    if (method === "POST") return complete(request, known, id, upload);
    known.uploads.delete(id);
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }
  const refused = method === "PUT" ? await refusedCondition(request, known) : undefined;
  return refused ?? forward(request, known);
}

async function forward(
  { method, key, headers, body }: S3Request,
  { bucket, settings }: Known,
  query = "",
): Promise<Reply> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    /^x-amz-meta-|^content-type$/.test(name) && typeof value === "string" ? [[name, value]] : [],
  );
  settings.ages.delete(key);
  const reply = await askServer({ method, path: pathOf(bucket, key) + query, headers: Object.fromEntries(kept), body });
  return { ...reply, headers: keptHeaders(reply.headers) };
}

async function readObject({ method, key, headers }: S3Request, { bucket, settings }: Known): Promise<Reply> {
  const range = headers.range;
  const reply = await askServer({
    method,
    path: pathOf(bucket, key),
    headers: method === "GET" && range ? { range } : {},
  });
  if (reply.status >= 300) {
    if (reply.status === 416) return refusal(416, "InvalidRange");
    return method === "HEAD" ? { ...reply, headers: {}, body: Buffer.alloc(0) } : refusal(404, "NoSuchKey");
  }
  const match = headers["if-match"];
  if (match !== undefined && match !== reply.headers["etag"]) return refusal(412, "PreconditionFailed");
  if (method === "GET" && range && reply.headers["content-range"]?.endsWith("/0")) return refusal(416, "InvalidRange");
  const age = settings.ages.get(key);
  const written =
    age === undefined ? {} : { "last-modified": new Date(Date.now() + settings.skewMs - age).toUTCString() };
  return { ...reply, headers: { ...keptHeaders(reply.headers), ...written } };
}

/** A refusal where the object is not what a write is to be done for. */
async function refusedCondition({ key, headers }: S3Request, { bucket, settings }: Known): Promise<Reply | undefined> {
  const { "if-match": match, "if-none-match": none } = headers;
  if ((match === undefined && none === undefined) || settings.knows.conditions === "ignores") return undefined;
  if (settings.knows.conditions === "refuses") return refusal(501, "NotImplemented");
  const found = await askServer({ method: "HEAD", path: pathOf(bucket, key) });
  const isThere = found.status === 200;
  if (none !== undefined) return isThere ? refusal(412, "PreconditionFailed") : undefined;
  if (!isThere) return refusal(404, "NoSuchKey");
  return match === found.headers["etag"] ? undefined : refusal(412, "PreconditionFailed");
}

async function beginUpload(request: S3Request, known: Known): Promise<Reply> {
  const reply = await forward(request, known, "?uploads");
  const id = /<UploadId>(.*?)<\/UploadId>/.exec(reply.body.toString())![1]!;
  known.uploads.set(id, { key: request.key, parts: new Map() });
  return reply;
}

async function putPart(request: S3Request, known: Known, id: string, upload: Upload): Promise<Reply> {
  const number = Number(request.query.get("partNumber"));
  const source = request.headers["x-amz-copy-source"];
  let { body } = request;
  if (typeof source === "string") {
    if (!known.settings.knows.copyPart) return refusal(501, "NotImplemented");
    const copied = await readSource(request, source);
    if ("status" in copied) return copied;
    ({ body } = copied);
  }
  const reply = await forward({ ...request, body }, known, `?partNumber=${number}&uploadId=${id}`);
  const etag = reply.headers["etag"]!;
  upload.parts.set(number, { etag, bytes: body.length });
  if (typeof source !== "string") return reply;
  return {
    ...reply,
    body: Buffer.from(`<CopyPartResult><ETag>${etag.replaceAll('"', "&quot;")}</ETag></CopyPartResult>`),
  };
}

async function readSource({ headers }: S3Request, source: string): Promise<Reply | { body: Buffer }> {
  const range = String(headers["x-amz-copy-source-range"]);
  const found = await askServer({ method: "GET", path: source, headers: { range } });
  if (found.status >= 300) return refusal(404, "NoSuchKey");
  if (found.headers["etag"] !== headers["x-amz-copy-source-if-match"]) return refusal(412, "PreconditionFailed");
  return { body: found.body };
}

async function complete(request: S3Request, known: Known, id: string, upload: Upload): Promise<Reply> {
  const named = [...request.body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag>/g)];
  const parts = named.map(([, number, etag]) => {
    const put = upload.parts.get(Number(number));
    return { bytes: put?.bytes ?? 0, isSame: put?.etag === etag!.replaceAll("&#34;", '"') };
  });
  if (parts.length === 0 || parts.some(({ isSame }) => !isSame)) return refusal(400, "InvalidPart");
  if (parts.slice(0, -1).some(({ bytes }) => bytes < LEAST_PART)) return refusal(400, "EntityTooSmall");
  const refused = await refusedCondition(request, known);
  if (refused) return refused;
  known.uploads.delete(id);
  return forward(request, known, `?uploadId=${id}`);
}

async function handleBucket({ method, query }: S3Request, { bucket, settings, uploads }: Known): Promise<Reply> {
  if (method !== "GET") return refusal(405, "MethodNotAllowed");
  const xml = (name: string, inner: string): Reply => ({
    status: 200,
    headers: { "content-type": "application/xml" },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><${name}>${inner}</${name}>`),
  });
  const prefix = query.get("prefix") ?? "";
  if (query.has("uploads")) {
    if (!settings.knows.listUploads) return refusal(501, "NotImplemented");
    const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix));
    const entries = found.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
    return xml("ListMultipartUploadsResult", `${entries.join("")}<IsTruncated>false</IsTruncated>`);
  }
  const delimiter = query.get("delimiter");
  const entries = new Map<string, string>();
  for (const { key, xml: entry } of await listAll(bucket, prefix)) {
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
    if (end === -1) entries.set(key, entry.replace(/<Key>.*?<\/Key>/s, `<Key>${encodeURIComponent(key)}</Key>`));
    else entries.set(key.slice(0, end + 1), "");
  }
  const after = Buffer.from(query.get("continuation-token") ?? "", "base64url").toString();
  const left = [...entries].filter(([key]) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0 || after === "");
  const page = left.slice(0, settings.pageSize);
  const isMore = left.length > page.length;
  const inner = page.map(([key, entry]) =>
    entry === ""
      ? `<CommonPrefixes><Prefix>${encodeURIComponent(key)}</Prefix></CommonPrefixes>`
      : `<Contents>${entry}</Contents>`,
  );
  const token = Buffer.from(page.at(-1)?.[0] ?? "").toString("base64url");
  return xml(
    "ListBucketResult",
    `<EncodingType>url</EncodingType><IsTruncated>${isMore}</IsTruncated>${inner.join("")}` +
      (isMore ? `<NextContinuationToken>${token}</NextContinuationToken>` : ""),
  );
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

function keptHeaders(headers: Record<string, string>): Record<string, string> {
  const { connection: _, "transfer-encoding": __, date: ___, ...kept } = headers;
  return kept;
}

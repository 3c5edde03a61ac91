import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { refusal } from "./refusal.ts";
import { handleObject, type Known, type S3Request } from "./requests.ts";
import { faultOfSignature, type Signer } from "./signature.ts";
import { askServer, listAll, type Reply } from "./upstream.ts";

/** What goes wrong with one request. */
export type Fault =
  /** Refused, and nothing done. */
  | Readonly<{ status: number; code: string; headers?: Readonly<Record<string, string>> }>
  /** The connection ends without an answer: before it was done, or after. */
  | "lost before"
  | "lost after"
  /** Done, and an answer that says it was not. */
  | "error after"
  /** The body ends after so many bytes. */
  | Readonly<{ cutAfter: number }>
  /** Answered when this resolves. */
  | Readonly<{ wait: Promise<void> }>;

/** What a test may change of the server while it runs. */
export type FrontSettings = {
  /** Asked of every request; `count` counts all of them from 1. */
  faultOf: (request: S3Request, count: number) => Fault | undefined;
  /** What it knows of S3. */
  knows: { conditions: "yes" | "ignores" | "refuses"; copyPart: boolean; listUploads: boolean };
  /** Its clock, against this machine's. */
  skewMs: number;
  /** Keys that were written so long ago, as it says. */
  ages: Map<string, number>;
  /** Keys of a page. */
  pageSize: number;
};

export type Front = AsyncDisposable &
  Readonly<{
    url: string;
    bucket: string;
    signer: Signer;
    settings: FrontSettings;
    /** All requests that were answered for, in turn. */
    requests: S3Request[];
    /** Keys of all objects there, and uploads that nobody completed. */
    keys(prefix?: string): Promise<string[]>;
    uploads(): string[];
    /** Puts an object past everything. */
    plant(key: string, body: string): Promise<void>;
    contentOf(key: string): Promise<Buffer>;
  }>;

const SIGNER: Signer = { keyId: "AKIDOFTESTS", secret: "secret/of+tests", region: "eu-test-1" };

/**
 * A server of one bucket for a test file: s3rver keeps the objects (test/run/bucket-server.ts), and what that lacks is
 * done here, before it: signatures and checksums, conditions, pages, uploads that are listed, aborted and copied into; and faults.
 */
export async function openFront(given: Partial<Signer> = {}): Promise<Front> {
  const bucket = `b-${randomUUID()}`;
  await askServer({ method: "PUT", path: `/${bucket}` });
  const signer = { ...SIGNER, ...given };
  const settings: FrontSettings = {
    faultOf: () => undefined,
    knows: { conditions: "yes", copyPart: true, listUploads: true },
    skewMs: 0,
    ages: new Map(),
    pageSize: 1_000,
  };
  const requests: S3Request[] = [];
  const known: Known = { bucket, settings, uploads: new Map(), turns: new Map() };
  let count = 0;

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>));
    if (body.length !== Number(incoming.headers["content-length"] ?? body.length)) return void response.destroy();
    const request = requestOf(incoming, body, bucket);
    const fault = settings.faultOf(request, (count += 1));
    if (fault === "lost before") return void response.destroy();
    if (typeof fault === "object" && "wait" in fault) await fault.wait;
    if (typeof fault === "object" && "status" in fault)
      return send(response, request, { ...refusal(fault.status, fault.code), headers: { ...fault.headers } });
    const reply = refusalOf(incoming, request) ?? (await handleObject(request, known));
    requests.push(request);
    if (fault === "lost after") return void response.destroy();
    if (fault === "error after") return send(response, request, refusal(500, "InternalError"));
    if (typeof fault === "object" && "cutAfter" in fault) {
      response.writeHead(reply.status, { ...reply.headers, "content-length": String(reply.body.length) });
      return void response.write(reply.body.subarray(0, fault.cutAfter), () => void response.destroy());
    }
    send(response, request, reply);
  };

  const now = (): number => Date.now() + settings.skewMs;
  const refusalOf = (incoming: IncomingMessage, { method, body }: S3Request): Reply | undefined => {
    const signed = { method, path: incoming.url!, headers: incoming.headers, body };
    const code = faultOfSignature(signed, signer, now());
    if (code === "AuthorizationHeaderMalformed")
      return { ...refusal(400, code), headers: { "x-amz-bucket-region": signer.region } };
    if (code !== undefined) return refusal(code === "XAmzContentSHA256Mismatch" ? 400 : 403, code);
    const checksum = incoming.headers["x-amz-checksum-sha256"];
    if (checksum !== undefined && checksum !== createHash("sha256").update(body).digest("base64"))
      return refusal(400, "BadDigest");
    if (!incoming.url!.split("?")[0]!.startsWith(`/${bucket}`)) return refusal(404, "NoSuchBucket");
    return undefined;
  };
  const send = (response: ServerResponse, { method }: S3Request, { status, headers, body }: Reply): void => {
    const length = method === "HEAD" ? headers["content-length"] : String(body.length);
    response.writeHead(status, {
      ...headers,
      date: new Date(now()).toUTCString(),
      ...(length !== undefined && { "content-length": length }),
    });
    response.end(method === "HEAD" ? undefined : body);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const pathOf = (key: string): string => `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    signer,
    settings,
    requests,
    keys: async (prefix = "") => (await listAll(bucket, prefix)).map(({ key }) => key),
    uploads: () => [...known.uploads.keys()],
    async plant(key, content) {
      await askServer({ method: "PUT", path: pathOf(key), body: Buffer.from(content) });
    },
    contentOf: async (key) => (await askServer({ method: "GET", path: pathOf(key) })).body,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function requestOf(incoming: IncomingMessage, body: Buffer, bucket: string): S3Request {
  const [path = "", search = ""] = incoming.url!.split("?");
  const key = decodeURIComponent(path).slice(bucket.length + 2);
  return { method: incoming.method!, key, query: new URLSearchParams(search), headers: incoming.headers, body };
}

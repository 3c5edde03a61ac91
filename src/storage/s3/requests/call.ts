import { createHash } from "node:crypto";

import { AwsV4Signer } from "aws4fetch";

import type { AccessKeys } from "../../../core/network/bucket-keys.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { FindKeys } from "../access/find-keys.ts";
import type { Answer, Send } from "./send.ts";
import { textOf } from "./xml.ts";

/** A request to a bucket. `key` is left out where it is the bucket's. */
export type Call = Readonly<{
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  key?: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
}>;

/** What a server said, when it refused: the status, its code for it, and the bucket's region where it named that. */
export type Answered = Readonly<{ status: number; code: string; region?: string }>;

/** An answer, or a refusal, that trying again does not change. `tries` went before it: what they asked may have been done. */
export type Ended = (Readonly<{ answer: Answer }> | Readonly<{ refusal: Answered }>) & Readonly<{ tries: number }>;

export type SendCall = (call: Call, signal?: AbortSignal) => Promise<Ended>;

/** Where a bucket is. `endpoint` has no path. `isHost` where the bucket's name is part of the host's. */
type BucketAddress = Readonly<{ endpoint: URL; region: string; name: string; isHost: boolean }>;

type Parts = Readonly<{ bucket: BucketAddress; send: Send; keys: FindKeys; clock: Clock; random: () => number }>;

/** Some two minutes, with the waits below: as long as a server takes to be another. */
const TRIES = 9;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 20_000;

/** Refusals that pass. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. */
const PASSING = new Set([
  "RequestTimeout",
  "SlowDown",
  "ServiceUnavailable",
  "InternalError",
  "OperationAborted",
  "ConditionalRequestConflict",
  "BadDigest", // what was damaged on its way is sent again
  "XAmzContentSHA256Mismatch",
  "IncompleteBody",
]);
const PASSING_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/** Refusals of keys that ended a moment ago: other ones are asked for, once. */
const STALE_KEYS = new Set(["ExpiredToken", "TokenRefreshRequired"]);

/** What is signed together with every request to S3, and what `send` sets itself. */
const EMPTY_SHA256 = createHash("sha256").digest("hex");

/**
 * Sends signed requests (AWS Signature Version 4) to one bucket. What passes is tried again, with waits that grow and
 * that chance spreads; rejects with what was met last when it does not pass. Every body is signed with its SHA-256, by
 * which the server finds out what was damaged on its way. Where the signal aborts nothing more is sent, what is under way is
 * broken off, and its reason is thrown.
 */
export function createCall({ bucket, send, keys, clock, random }: Parts): SendCall {
  const signingKeys = new Map<string, ArrayBuffer>();
  let skewMs = 0; // the server's clock against ours

  const once = async (call: Call, signing: AccessKeys, signal?: AbortSignal): Promise<Answer> => {
    const { method, body } = call;
    const signer = new AwsV4Signer({
      method,
      url: urlOf(bucket, call).href,
      headers: {
        ...call.headers,
        "x-amz-content-sha256": body ? createHash("sha256").update(body).digest("hex") : EMPTY_SHA256,
      },
      accessKeyId: signing.keyId,
      secretAccessKey: signing.secret.reveal(),
      ...(signing.sessionToken && { sessionToken: signing.sessionToken.reveal() }),
      service: "s3",
      region: bucket.region,
      datetime: new Date(clock.now() + skewMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
      cache: signingKeys,
    });
    const { headers, url } = await signer.sign();
    signal?.throwIfAborted();
    return send({
      method,
      url,
      headers: Object.fromEntries(headers),
      ...(body && { body }),
      ...(signal && { signal }),
    });
  };

  return async (call, signal) => {
    let signing = await keys();
    let hasNewKeys = false;
    for (let tries = 1; ; tries += 1) {
      let failure: unknown;
      let waitMs = 0;
      try {
        const answer = await once(call, signing, signal);
        if (answer.status < 300) return { answer, tries: tries - 1 };
        const refusal = await refusalIn(answer);
        if (STALE_KEYS.has(refusal.code) && !hasNewKeys) {
          signing = await keys(signing);
          hasNewKeys = true;
          continue;
        }
        if (refusal.code === "RequestTimeTooSkewed" && skewMs === 0) {
          skewMs = Date.parse(String(answer.headers["date"])) - clock.now() || 0;
          if (skewMs !== 0) continue;
        }
        if (!PASSING.has(refusal.code) && !PASSING_STATUS.has(refusal.status)) return { refusal, tries: tries - 1 };
        failure = Object.assign(new Error(refusal.code), { code: refusal.code });
        waitMs = 1_000 * Number(answer.headers["retry-after"] ?? 0) || 0;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isOfNetwork(error)) throw error;
        failure = error;
      }
      if (tries === TRIES) throw new NoAnswer(failure);
      const spread = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random() / 2);
      await clock.sleep(Math.min(LONGEST_WAIT_MS, Math.max(waitMs, spread)), signal);
    }
  };
}

/** Nothing but refusals that pass came for a long time, or nothing at all. `cause` is the last. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "NoAnswer";
  }
}

function urlOf({ endpoint, name, isHost }: BucketAddress, { key, query = {} }: Call): URL {
  const url = new URL(endpoint);
  const path = key === undefined ? "" : `/${key.split("/").map(encodeURIComponent).join("/")}`;
  if (isHost) url.hostname = `${name}.${url.hostname}`;
  url.pathname = isHost ? path : `/${name}${path}`;
  url.search = Object.entries(query)
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .join("&");
  return url;
}

/** Without a body, as an answer to HEAD is, its status says it. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  301: "PermanentRedirect",
  304: "NotModified",
  403: "AccessDenied",
  404: "NoSuchKey",
  412: "PreconditionFailed",
  416: "InvalidRange",
  501: "NotImplemented",
};

async function refusalIn(answer: Answer): Promise<Answered> {
  const { status, headers } = answer;
  const text = await textOfBody(answer);
  const region = headers["x-amz-bucket-region"] ?? (textOf(text, "Region") || undefined);
  const code = textOf(text, "Code") || CODE_OF_STATUS[status] || `HTTP${status}`;
  return { status, code: code.replace(/\W/g, ""), ...(typeof region === "string" && { region }) };
}

/** The longest answer that is read as a whole: a page of a listing has a thousand keys of at most a kilobyte each. */
const LONGEST_TEXT = 8 << 20;

/** Reads an answer that is text. */
export async function textOfBody({ body }: Answer): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > LONGEST_TEXT) throw Object.assign(new Error("an answer without end"), { code: "TooLong" });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Reads an answer of which the status says all, so that its connection can be used again. */
export async function passOver({ body }: Answer): Promise<void> {
  try {
    for await (const _ of body);
  } catch (error) {
    if (!isOfNetwork(error)) throw error;
  }
}

/** Whether no answer came, or not all of it; anything else is a defect of ours, or a refusal in words already. */
export function isOfNetwork(error: unknown): boolean {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return false;
  const code = "code" in first ? first.code : undefined;
  return (
    typeof code === "string" &&
    /^(E[A-Z]+|UND_ERR_\w+|TooLong|HPE_\w+|ERR_(SSL|TLS)\w*|CERT_\w+|DEPTH_\w+|\w+_CERT\w*)$/.test(code)
  );
}

import { Pool, ProxyAgent, type Dispatcher } from "undici";

import { CLOSE_FILES, ExportError, isOutOfDescriptors } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Secret } from "../../../core/secret.ts";
import { createChunkFlow, gunzipStream, type ChunkFlow } from "../large/chunk-flow.ts";
import { largeAnswers, type LargeAnswer } from "../large/large-answers.ts";
import { gatherBytes, gunzip, LARGE_BYTES, tooLarge, type Gathered } from "../large/large-body.ts";
import type { Intake } from "../reading/memory.ts";

/**
 * An answer as it came, whatever its status; the body is decompressed. Header names are lower-case. Of one that
 * is large, `body` only shows how it begins, as it came.
 */
export type HttpResponse = Readonly<{
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  large?: LargeAnswer;
}>;

/** A good answer whose body begins to come. `stop` ends the request. */
type StreamTo = (
  begun: Readonly<{
    headers: HttpResponse["headers"];
    chunks: AsyncIterable<Buffer>;
    stop: (reason: unknown) => void;
  }>,
) => void;

/** Before its body is looked into. */
type Raw = Omit<HttpResponse, "body" | "large"> & Readonly<{ gathered: Gathered }>;

/** Where an answer is accounted for, and who is told that one with this status has to wait for room. */
type PausedIntake = Intake & Readonly<{ onWait?: (status: number) => void }>;

export type Http = Readonly<{
  /**
   * `path` is relative to the root. Never follows a redirect: the token is for Gmail alone. Throws `network` or `timeout`.
   * Where an intake has no room a good answer pauses; no limit counts that time. Others are small and wait for nothing: what
   * Google refuses is to be heard at once. An answer of more than `mostBytes` is cut off
   * and refused; what a large one comes to, is for who unpacks it.
   */
  get(
    path: string,
    token: Secret,
    signal: AbortSignal,
    intake?: PausedIntake,
    mostBytes?: number,
  ): Promise<HttpResponse>;
  /**
   * As `get`, but the body of a good answer is read as it comes, decompressed: hardly any of it is held. It comes no faster
   * than `read` takes it; what that throws ends the request. Other answers are small, and come as from `get`.
   */
  stream<T>(
    path: string,
    token: Secret,
    signal: AbortSignal,
    read: (chunks: AsyncIterable<Buffer>) => Promise<T>,
    mostBytes?: number,
  ): Promise<HttpResponse | Readonly<{ streamed: T }>>;
  close(): Promise<void>;
}>;

export type HttpLimits = Readonly<{
  /** Milliseconds to a connection; to the headers of the answer; between two pieces of its body; for all of it. */
  connectMs: number;
  headersMs: number;
  idleMs: number;
  totalMs: number;
  /** Bytes of a body, before and after decompression. The largest message is 50 MB. */
  bodyBytes: number;
  connections: number;
}>;

const LIMITS: HttpLimits = {
  connectMs: 10_000,
  headersMs: 30_000,
  idleMs: 30_000,
  totalMs: 300_000,
  bodyBytes: 128 << 20,
  connections: 20,
};

/** Gmail compresses only for clients that say so twice (gmail-api.md §2.3). */
const HEADERS = { accept: "application/json", "accept-encoding": "gzip", "user-agent": "gmail-export (gzip)" };

/**
 * One kept-alive connection pool to the Gmail API, for all accounts of the process; through a proxy, where there is one.
 * `proxyOf` is asked at the first call, and what it throws is thrown there.
 */
export function createHttp(
  rootUrl: string,
  clock: Clock,
  limits: Partial<HttpLimits> = {},
  proxyOf: () => URL | undefined = () => undefined,
): Http {
  const { connectMs, headersMs, idleMs, totalMs, bodyBytes, connections } = { ...LIMITS, ...limits };
  const root = new URL(rootUrl);
  const base = root.pathname.replace(/\/+$/, "");
  // HTTP/1.1: measured at half the CPU of HTTP/2 per message, and ten calls in flight need no more than ten connections.
  // The certificate is checked whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const connect = { timeout: connectMs, rejectUnauthorized: true };
  const open = (proxy: URL | undefined): Dispatcher =>
    proxy
      ? // The tunnel is the proxy's, the certificate at its end Google's.
        new ProxyAgent({
          uri: proxy.href,
          connections,
          allowH2: false,
          proxyTls: { timeout: connectMs },
          requestTls: connect,
        })
      : new Pool(root.origin, { connections, connect, allowH2: false });

  const reader = largeAnswers(clock);
  let pool: Dispatcher | undefined;
  const request = (
    path: string,
    token: Secret,
    signal: AbortSignal,
    intake: PausedIntake | undefined,
    mostBytes: number,
    streamTo?: StreamTo,
  ): Promise<Raw> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      let begun = clock.now();
      let pauses = 0; // pieces that came and found no room
      const gathered = gatherBytes();
      let status = 0;
      let headers: HttpResponse["headers"] = {};
      let sending: Dispatcher.DispatchController | undefined;
      let flow: ChunkFlow | undefined;

      const end = (settle: () => void): void => {
        signal.removeEventListener("abort", onAbort);
        settle();
      };
      const stop = (reason: unknown): void => {
        flow?.fail(reason);
        end(() => reject(reason));
        sending?.abort(STOPPED);
      };
      const onAbort = (): void => stop(signal.reason);
      const pause = async (controller: Dispatcher.DispatchController, room: Promise<void>): Promise<void> => {
        const since = clock.now();
        pauses += 1;
        if (pauses === 1) controller.pause();
        await room;
        pauses -= 1;
        if (pauses > 0) return;
        begun += clock.now() - since;
        controller.resume();
      };
      signal.addEventListener("abort", onAbort, { once: true });

      const options: Dispatcher.DispatchOptions = {
        origin: root.origin,
        method: "GET",
        path: base + path,
        headers: { ...HEADERS, authorization: `Bearer ${token.reveal()}` },
        headersTimeout: headersMs,
        bodyTimeout: idleMs,
      };
      // `dispatch` rather than `request`: no stream per answer, and every chunk passes the limits here.
      (pool ??= open(proxyOf())).dispatch(options, {
        onRequestStart(controller) {
          sending = controller;
          if (signal.aborted) controller.abort(STOPPED);
        },
        onResponseStart(_, statusCode, answered) {
          status = statusCode;
          headers = answered;
          if (streamTo && isGood(statusCode)) {
            flow = createChunkFlow();
            streamTo({ headers, chunks: flow.chunks, stop });
          }
        },
        onResponseData(controller, chunk) {
          if (chunk.length === 0) return; // undici's parser says so when it goes on after a pause
          if (!flow) gathered.add(chunk);
          if (Math.max(gathered.size(), flow?.size() ?? 0) > mostBytes) stop(tooLarge(mostBytes, bodyBytes));
          // Silence is the idle limit's matter, so looking at the clock when something comes is enough.
          else if (pauses === 0 && clock.now() - begun > totalMs) stop(timedOut("UND_TOTAL_TIMEOUT"));
          const room = flow ? flow.add(chunk) : intake?.take(chunk.length);
          if (!room || !mayWait(status, gathered.size())) return;
          if (!flow) intake?.onWait?.(status);
          void pause(controller, room);
        },
        onResponseEnd() {
          flow?.end();
          end(() => resolve({ status, headers, gathered }));
        },
        onResponseError(_, error) {
          const fault = faultOf(error);
          flow?.fail(fault);
          end(() => reject(fault));
        },
      });
    });

  const unpacked = async (
    { gathered, ...answer }: Raw,
    limit: number,
    signal: AbortSignal,
    intake?: PausedIntake,
  ): Promise<HttpResponse> => {
    const isCompressed = answer.headers["content-encoding"] === "gzip";
    const bytes = gathered.size();
    const size = Math.min(isCompressed ? gathered.unpackedSize() : bytes, limit);
    const room = size > bytes && mayWait(answer.status, size) ? intake?.reserve(size - bytes, signal) : undefined;
    if (room) {
      intake?.onWait?.(answer.status);
      await room;
    }
    if (bytes <= LARGE_BYTES && size <= LARGE_BYTES) {
      const packed = gathered.whole();
      if (!isCompressed) return { ...answer, body: packed };
      // At once, not on another thread: it is small, unless it is larger than it says.
      const body = gunzip(packed, Math.min(limit, LARGE_BYTES));
      if (body) return { ...answer, body };
      if (limit <= LARGE_BYTES) throw tooLarge(limit, bodyBytes);
    }
    const blocks = gathered.blocks();
    const body = Buffer.from(blocks[0]!);
    const large = reader.answer({ blocks, bytes, isCompressed, mostBytes: limit, anyBytes: bodyBytes });
    return { ...answer, body, large };
  };

  return {
    async get(path, token, signal, intake, mostBytes = bodyBytes) {
      const limit = Math.min(mostBytes, bodyBytes);
      return unpacked(await request(path, token, signal, intake, limit), limit, signal, intake);
    },
    async stream(path, token, signal, read, mostBytes = bodyBytes) {
      const limit = Math.min(mostBytes, bodyBytes);
      let reading: ReturnType<typeof read> | undefined;
      const answer = request(path, token, signal, undefined, limit, ({ headers, chunks, stop }) => {
        const isCompressed = headers["content-encoding"] === "gzip";
        reading = read(isCompressed ? gunzipStream(chunks, limit, () => tooLarge(limit, bodyBytes)) : chunks);
        reading.catch(stop);
      });
      try {
        const raw = await answer;
        return reading ? { streamed: await reading } : await unpacked(raw, limit, signal);
      } catch (error) {
        await reading?.catch(() => {}); // nothing of it goes on behind our back
        throw error;
      }
    },
    async close() {
      await pool?.destroy();
      await reader.close();
    },
  };
}

const isGood = (status: number): boolean => status >= 200 && status < 300;

/** An answer without mail is small, unless somebody else answers in Google's place. */
const mayWait = (status: number, bytes: number): boolean => isGood(status) || bytes > LARGE_BYTES;

const STOPPED = new Error("stopped");

/** What went wrong below HTTP. Only the error's code is kept: what libraries attach may hold the request's headers. */
function faultOf(error: unknown): ExportError {
  const code = codeOf(error);
  if (code === "ETIMEDOUT" || code.endsWith("_TIMEOUT")) return timedOut(code);
  const cause = new Error(code);
  const isOwn = isOutOfDescriptors(cause); // no message is at fault then: the whole export waits
  return new ExportError(
    {
      code: "network",
      retry: "backoff",
      message: `The connection to Google failed (${code}).`,
      next: isOwn ? CLOSE_FILES : "Check the network; the export goes on by itself when Google can be reached.",
      ...(isOwn && { outage: true }),
    },
    { cause },
  );
}

function timedOut(code: string): ExportError {
  return new ExportError(
    {
      code: "timeout",
      retry: "backoff",
      message: "Google did not answer in time.",
      next: "Check the network; the export goes on by itself when Google answers.",
    },
    { cause: new Error(code) },
  );
}

/** A connection tried on several addresses fails with one error of each; the first says it. */
function codeOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const code = first instanceof Error && "code" in first ? first.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : "UNKNOWN";
}

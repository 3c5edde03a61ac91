import { Readable } from "node:stream";

import type { FastifyReply, FastifyRequest } from "fastify";

import { failureOf } from "../../../core/errors.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { OpenFile } from "../../../core/ports/read-directory.ts";
import { sendProblem } from "../contract/problem.ts";
import { select } from "./byte-range.ts";

/** Bytes that a client may have in whole or in part; `sha256` is of all of them, in hex, and their entity tag. */
type Sendable = Readonly<{
  bytes: number;
  sha256: string;
  type: string;
  headers: Readonly<Record<string, string>>;
  open(): Promise<OpenFile>;
}>;

/** Answers GET or HEAD with a file, or with the one range of it that is asked for (RFC 9110 §14). */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  { bytes, sha256, type, headers, open }: Sendable,
  log: Log,
): Promise<FastifyReply> {
  const etag = `"${sha256}"`;
  const selection = select(request.method, request.headers, etag, bytes);
  const caching = { etag, "accept-ranges": "bytes", "cache-control": "private, no-cache" };
  if (selection.status === 304) return reply.code(304).headers(caching).send();
  if (!("start" in selection)) return sendRefusal(reply, selection.status, bytes);
  const { status, start, end } = selection;
  const opened = await open();
  void reply
    .code(status)
    .type(type)
    .headers({ ...caching, ...headers, "content-length": end - start });
  if (status === 206) void reply.header("content-range", `bytes ${start}-${end - 1}/${bytes}`);
  const close = (): PromiseLike<void> => opened[Symbol.asyncDispose]();
  if (request.method !== "HEAD") return sendStream(request, reply, opened.read(start, end), log, close);
  await close();
  return reply.send();
}

/** Sends as fast as the client reads, and stops when it leaves; `close` is called however it ends. */
export function sendStream(
  { id: requestId }: FastifyRequest,
  reply: FastifyReply,
  content: AsyncIterable<Uint8Array>,
  log: Log,
  close: () => PromiseLike<void> = async () => {},
): FastifyReply {
  const body = Readable.from(content, { objectMode: false });
  body.once("close", () => void close());
  body.once("error", (error) => log.error("download broke off", { requestId, code: failureOf(error)?.code ?? "disk" }));
  return reply.send(body);
}

async function sendRefusal(reply: FastifyReply, status: 412 | 416, bytes: number): Promise<FastifyReply> {
  switch (status) {
    case 412:
      return sendProblem(
        reply,
        412,
        "file_changed",
        "The file is not the one that If-Match names.",
        "Download it from its beginning.",
      );
    case 416:
      return sendProblem(
        reply.header("content-range", `bytes */${bytes}`),
        416,
        "range_not_satisfiable",
        `The file has ${bytes} bytes; the range begins behind them.`,
        "Ask for bytes that it has.",
      );
  }
}

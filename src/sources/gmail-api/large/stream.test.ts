import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { systemClock } from "../../../clock.ts";
import { failureOf } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import { createHttp } from "../calls/http.ts";
import { NEVER, serveLocally } from "../testing.ts";

/** Answers of many megabytes, read as they come from a real server. */

const PIECE = Buffer.alloc(1 << 16, "0123456789abcdef");
const PIECES = 400;

const failureIn = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

async function stage(
  answer: (write: (bytes: Buffer) => boolean, drained: () => Promise<void>) => Promise<Buffer | "cut">,
  gzip = false,
  status = 200,
) {
  const server = await serveLocally((_request, response) => {
    response.writeHead(status, gzip ? { "content-encoding": "gzip" } : {});
    const drained = () => new Promise<void>((resolve) => response.once("drain", resolve));
    void answer((bytes) => response.write(bytes), drained).then((end) =>
      end === "cut" ? response.destroy() : response.end(end),
    );
  });
  const http = createHttp(server.url, systemClock);
  const stream = <T>(read: (chunks: AsyncIterable<Buffer>) => Promise<T>, signal = NEVER, mostBytes?: number) =>
    http.stream("/", new Secret("token"), signal, read, mostBytes);
  return {
    stream,
    async [Symbol.asyncDispose]() {
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function count(chunks: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.length;
  return size;
}

describe("a good answer that is streamed", () => {
  test("comes no faster than it is read", async () => {
    let sent = 0;
    await using w = await stage(async (write, drained) => {
      for (; sent < PIECES; sent += 1) if (!write(PIECE)) await drained();
      return Buffer.alloc(0);
    });
    let most = 0;
    const read = async (chunks: AsyncIterable<Buffer>): Promise<number> => {
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        if (size < 1 << 20) await systemClock.sleep(5);
        else if (most === 0) most = sent; // while it was read slowly, the server could not go on
      }
      return size;
    };
    expect(await w.stream(read)).toEqual({ streamed: PIECES * PIECE.length });
    expect(most).toBeLessThan(PIECES);
  });

  test("is decompressed on the way, and refused where that comes to too much, or is cut", async () => {
    const packed = gzipSync(Buffer.alloc(5 << 20, "x"));
    await using whole = await stage(async () => packed, true);
    expect(await whole.stream(count)).toEqual({ streamed: 5 << 20 });
    expect(await failureIn(whole.stream(count, NEVER, 1 << 20))).toMatchObject({ code: "malformed_response" });
    await using half = await stage(async () => packed.subarray(0, packed.length / 2), true);
    expect(await failureIn(half.stream(count))).toMatchObject({ code: "malformed_response", retry: "backoff" });
  });

  test("that breaks off, is aborted, or whose reader fails, ends both", async () => {
    await using cut = await stage(async (write) => {
      write(PIECE);
      return "cut";
    });
    let thrown: unknown;
    const told = cut.stream((chunks) => count(chunks).catch((error: unknown) => Promise.reject((thrown = error))));
    expect(await failureIn(told)).toMatchObject({ code: "network" });
    expect(failureOf(thrown)).toMatchObject({ code: "network" });

    const endless = async (write: (bytes: Buffer) => boolean, drained: () => Promise<void>): Promise<"cut"> => {
      for (;;) if (!write(PIECE)) await drained();
    };
    await using w = await stage(endless);
    const stop = new AbortController();
    const aborted = w.stream(async (chunks) => {
      for await (const _ of chunks) stop.abort(new Error("stopped by hand"));
    }, stop.signal);
    await expect(aborted).rejects.toThrow("stopped by hand");
    const full = w.stream(async (chunks) => {
      for await (const _ of chunks) throw new Error("disk full");
    });
    await expect(full).rejects.toThrow("disk full");
    expect(await failureIn(w.stream(count, NEVER, 1 << 20))).toMatchObject({ code: "malformed_response" });
  });

  test("another answer comes as a whole, and is not read", async () => {
    await using w = await stage(async () => Buffer.from('{"error":{}}'), false, 404);
    const answer = await w.stream(() => Promise.reject(new Error("read what was none")));
    expect(answer).toMatchObject({ status: 404, body: Buffer.from('{"error":{}}') });
  });
});

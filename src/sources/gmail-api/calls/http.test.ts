import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { manualClock } from "../../../../test/manual-clock.ts";
import { until } from "../../../../test/wait.ts";
import { failureOf } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import { NEVER, serveLocally } from "../testing.ts";
import { createHttp, type HttpLimits } from "./http.ts";

const TOKEN = new Secret("ya29.secret");
type Serve = Parameters<typeof serveLocally>[0];

async function get(answer: Serve, limits: Partial<HttpLimits> = {}, signal = NEVER, clock = manualClock(), base = "") {
  await using server = await serveLocally(answer);
  const http = createHttp(server.url + base, clock, limits);
  try {
    return await http.get("/gmail/v1/users/me/profile?a=b", TOKEN, signal);
  } finally {
    await http.close();
  }
}

/** Unpacks what comes, too. */
const read: typeof get = async (...how) => {
  const response = await get(...how);
  await response.large?.read("messages.get", () => {}, NEVER);
  return response;
};

const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

test("Gmail is asked for gzip in both ways that it wants, and what comes is decompressed", async () => {
  for (const size of [10, 500_000]) {
    const text = JSON.stringify({ data: "é".repeat(size) });
    const { status, headers, body } = await get((request, response) => {
      expect(request.headers).toMatchObject({ "accept-encoding": "gzip", authorization: "Bearer ya29.secret" });
      expect(request.headers["user-agent"]).toContain("gzip");
      response.writeHead(200, { "content-encoding": "gzip", "X-Extra": "1" }).end(gzipSync(text));
    });
    expect([status, headers["x-extra"], body.toString()]).toEqual([200, "1", text]);
  }
});

test("a root with a path is kept in front of Gmail's own", async () => {
  const { body } = await get((request, response) => response.end(request.url), {}, NEVER, manualClock(), "/proxy/");
  expect(body.toString()).toBe("/proxy/gmail/v1/users/me/profile?a=b");
});

test("connections are kept and used again", async () => {
  const ports = new Set<number | undefined>();
  await using server = await serveLocally((request, response) => {
    ports.add(request.socket.remotePort);
    response.end("{}");
  });
  const http = createHttp(server.url, manualClock());
  for (let call = 0; call < 10; call += 1) await http.get("/", TOKEN, NEVER);
  await http.close();
  expect(ports.size).toBeLessThanOrEqual(2);
});

test("a redirect is answered as it came and the token goes nowhere else", async () => {
  let asked = 0;
  const { status } = await get((_, response) => {
    asked += 1;
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  expect([status, asked]).toEqual([302, 1]);
});

test("nobody listening is a network failure that goes by itself", async () => {
  const server = await serveLocally(() => {});
  await server[Symbol.asyncDispose]();
  const http = createHttp(server.url, manualClock());
  expect(await failure(http.get("/", TOKEN, NEVER))).toMatchObject({ code: "network", retry: "backoff" });
  await http.close();
});

test("a connection dropped before the answer, in its headers or in its body is a network failure", async () => {
  const drops: readonly Serve[] = [
    (request) => request.socket.destroy(),
    (request) => void request.socket.write("HTTP/1.1 200 OK\r\ncontent-le", () => request.socket.destroy()),
    (request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => request.socket.destroy());
    },
  ];
  for (const drop of drops) expect(await failure(get(drop))).toMatchObject({ code: "network", retry: "backoff" });
});

const stalls: Serve = (_, response) => void response.writeHead(200).write("{");

test("silence before the headers or within the body is a timeout", async () => {
  expect(await failure(get(() => {}, { headersMs: 50 }))).toMatchObject({ code: "timeout", retry: "backoff" });
  expect(await failure(get(stalls, { idleMs: 50 }))).toMatchObject({ code: "timeout", retry: "backoff" });
});

test("an answer that trickles for too long is a timeout though it never falls silent", async () => {
  const clock = manualClock();
  const trickle: Serve = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => {
      response.write(".");
      void clock.advance(60_000);
    }, 2);
    response.on("close", () => clearInterval(timer));
  };
  expect(await failure(get(trickle, {}, NEVER, clock))).toMatchObject({ code: "timeout" });
});

const zeros = (bytes: number): Serve => {
  const body = gzipSync(Buffer.alloc(bytes));
  return (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(body);
};

const plain: Serve = (_, response) => response.end("x".repeat(2 << 20));

test("an answer larger than allowed is refused, compressed or not", async () => {
  for (const answer of [plain, zeros(32 << 20), zeros(200 << 20)])
    for (const bodyBytes of [1 << 20, (2 << 20) - 1])
      expect(await failure(read(answer, { bodyBytes }))).toMatchObject({ code: "bad_request", retry: "never" });
});

test("an answer that finds no room pauses, for longer than any limit, and then comes as it is", async () => {
  const body = Buffer.alloc(1 << 20, "x");
  const silent: Serve = (_, response) => response.writeHead(200).write("{");
  await using server = await serveLocally((request, response) =>
    request.url === "/silent" ? silent(request, response) : response.end(body),
  );
  const clock = manualClock();
  // Above a second undici counts turns of its own timer, which a busy machine delays as it does the answer.
  const http = createHttp(server.url, clock, { idleMs: 1_500, totalMs: 1_000 });
  const room = Promise.withResolvers<void>();
  let taken = 0;
  const paused = http.get("/", TOKEN, NEVER, {
    take(bytes) {
      taken += bytes;
      return room.promise;
    },
    reserve: () => Promise.reject(new Error("nothing grows here")),
    keep: () => {},
  });
  await until(() => taken > 0);
  // An answer that falls silent now is given up: so long the paused one has been left alone as well.
  expect(await failure(http.get("/silent", TOKEN, NEVER))).toMatchObject({ code: "timeout" });
  expect(taken).toBeLessThan(body.length);
  await clock.advance(2_000);
  room.resolve();
  expect((await paused).body.equals(body)).toBe(true);
  expect(taken).toBe(body.length);
  await http.close();
});

test("what is made of a compressed answer is accounted for before it is made", async () => {
  const text = "x".repeat(1 << 20);
  await using server = await serveLocally((_, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(text)),
  );
  const http = createHttp(server.url, manualClock());
  let taken = 0;
  let reserved = 0;
  const { body } = await http.get("/", TOKEN, NEVER, {
    take: (bytes) => void (taken += bytes),
    reserve: async (bytes) => void (reserved += bytes),
    keep: () => {},
  });
  expect(body.length).toBe(text.length);
  expect(taken).toBeLessThan(10_000);
  expect(taken + reserved).toBe(text.length);
  await http.close();
});

test("headers without end are a network failure", async () => {
  const answer: Serve = (_, { socket }) => {
    socket!.write("HTTP/1.1 200 OK\r\n");
    for (let n = 0; n < 1_000; n += 1) socket!.write(`x-${n}: ${"v".repeat(100)}\r\n`);
  };
  expect(await failure(get(answer))).toMatchObject({
    code: "network",
    message: expect.stringMatching(/HEADERS_OVERFLOW/),
  });
});

test("gzip that ends too soon is a malformed response", async () => {
  const torn = gzipSync("x".repeat(1_000)).subarray(0, 20);
  const answer: Serve = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(torn);
  expect(await failure(read(answer))).toMatchObject({ code: "malformed_response", retry: "backoff" });
});

test("an abort rejects at once with its reason, before the call, while waiting and within the body", async () => {
  const reason = new Error("stopped by hand");
  await expect(get(() => {}, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  const stop = new AbortController();
  await expect(get(() => stop.abort(reason), {}, stop.signal)).rejects.toBe(reason);
  const late = new AbortController();
  const half: Serve = (_, response) => {
    response.writeHead(200).write("{");
    setTimeout(() => late.abort(reason), 5);
  };
  await expect(get(half, {}, late.signal)).rejects.toBe(reason);
});

test("no failure carries the token", async () => {
  const error: unknown = await get((request) => request.socket.destroy()).catch((caught: unknown) => caught);
  const shown = JSON.stringify([error, String(error), error instanceof Error ? [error.stack, error.cause] : []]);
  expect(shown).not.toContain("ya29");
});

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";

import { systemClock } from "../../src/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import { classify } from "../../src/sources/gmail-api/calls/classify.ts";
import { createHttp } from "../../src/sources/gmail-api/calls/http.ts";
import { bomb, corpus } from "../corpus.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const LIMITS = { headersMs: 200, idleMs: 200, totalMs: 1_000, connectMs: 1_000, bodyBytes: 1 << 20, connections: 2 };

/** What a server in Gmail's place may send over the wire: bytes that are nearly HTTP. */
export const connection: Target = {
  name: "connection",
  share: 25,
  async open() {
    let bytes: Buffer = Buffer.alloc(0);
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
      socket.once("data", () => socket.end(bytes));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const http = createHttp(`http://127.0.0.1:${port}`, systemClock, LIMITS);
    const token = new Secret(MARKS.accessToken);
    const { messages, errors } = await corpus();
    return {
      seeds: [messages[0]!, messages[1]!, errors[0]!]
        .flatMap((body) => answers(Buffer.from(body)))
        .concat(...answers(bomb())),
      async feed(input) {
        bytes = input;
        const answer = await http.get("/gmail/v1/users/me/profile", token, new AbortController().signal);
        must(answer.body.length <= LIMITS.bodyBytes, "a body beyond the limit");
        return [JSON.stringify(classify(answer, 0))];
      },
      async [Symbol.asyncDispose]() {
        await http.close();
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    };
  },
};

/** One body as the protocol can carry it. */
function answers(body: Buffer): Buffer[] {
  const packed = gzipSync(body);
  const head = (...lines: string[]): Buffer =>
    Buffer.from(["HTTP/1.1 200 OK", "connection: close", ...lines, "", ""].join("\r\n"));
  const chunk = (part: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  return [
    Buffer.concat([head(`content-length: ${body.length}`), body]),
    Buffer.concat([head(`content-length: ${packed.length}`, "content-encoding: gzip"), packed]),
    Buffer.concat([
      head("transfer-encoding: chunked", "retry-after: 1"),
      chunk(body.subarray(0, 99)),
      chunk(body),
      Buffer.from("0\r\n\r\n"),
    ]),
    Buffer.concat([head("content-encoding: gzip"), packed, packed]),
    Buffer.concat([head(...Array.from({ length: 300 }, (_, n) => `x-${n}: ${"v".repeat(50)}`)), body]),
    Buffer.concat([
      Buffer.from(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n",
      ),
    ]),
  ];
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import type { NoticeView } from "../src/surfaces/notify/notice-view.ts";

/** What came to it. */
type Received = Readonly<{
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  notice: NoticeView;
}>;

/** A real receiver of alarms on loopback. It keeps what comes, and answers as it is told. */
export type Receiver = AsyncDisposable &
  Readonly<{
    url: string;
    received: Received[];
    /** 200 at first; "hang": it answers nothing; "cut": it ends the connection. */
    answer: { with: number | "hang" | "cut" | "flood"; location?: string };
  }>;

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answer: Receiver["answer"] = { with: 200 };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url: path = "", headers } = request;
    if (request.method !== "POST") return void response.writeHead(404).end(); // doctor's look
    received.push({ path: `${request.method} ${path}`, headers, notice: JSON.parse(await text(request)) });
    if (answer.with === "hang") return;
    if (answer.with === "cut") return void request.socket.destroy();
    if (answer.with === "flood") {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 << 10)));
      };
      response.on("drain", pour).on("error", () => {});
      return pour();
    }
    response.writeHead(answer.with, answer.location === undefined ? {} : { location: answer.location }).end("ok");
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

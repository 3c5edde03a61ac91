import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A way for all files of a run to something that is started when the first asks: `address` answers a GET with a text. */
export type Offer = Readonly<{ address: string; close(): Promise<void> }>;

/** Answers each of these paths, such as "" and "/empty", below an address that other users of this machine cannot guess. */
export async function offerTexts(texts: ReadonlyMap<string, () => Promise<string>>): Promise<Offer> {
  const root = `/${randomUUID()}`;
  const server = createServer(({ url = "" }, answer) => {
    const text = url.startsWith(root) ? texts.get(url.slice(root.length)) : undefined;
    if (text === undefined) return void answer.writeHead(404).end();
    text().then(
      (found) => answer.end(found),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${root}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

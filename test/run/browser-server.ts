import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { chromium, type BrowserServer } from "playwright-core";

import { unpackedChromium } from "./unpacked-chromium.ts";

/** The way to one browser for all files of a run; `address` answers a GET with where it listens. */
export type BrowserOffer = Readonly<{ address: string; close(): Promise<void> }>;

/** Starts the browser when it is first asked for, so that a run without browser tests has none. */
export async function offerBrowser(): Promise<BrowserOffer> {
  const path = `/${randomUUID()}`; // other users of this machine cannot guess it
  let started: Promise<BrowserServer> | undefined;
  const server = createServer((asked, answer) => {
    if (asked.url !== path) return void answer.writeHead(404).end();
    started ??= launch();
    started.then(
      (browser) => answer.end(browser.wsEndpoint()),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await (await started?.catch(() => undefined))?.close();
    },
  };
}

async function launch(): Promise<BrowserServer> {
  const { executablePath, libraries } = await unpackedChromium();
  const args = ["--no-sandbox"]; // its sandbox asks for what containers do not allow; the pages are our own
  const options = { executablePath, args, host: "127.0.0.1", timeout: 0 };
  try {
    return await chromium.launchServer(options);
  } catch {
    // A bare machine lacks libraries that a desktop has (NSS, for one): the package brings them.
    return chromium.launchServer({ ...options, env: { ...process.env, LD_LIBRARY_PATH: libraries } });
  }
}

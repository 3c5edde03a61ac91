import { chromium, type BrowserServer } from "playwright-core";

import { offerTexts, type Offer } from "./offer.ts";
import { unpackedChromium } from "./unpacked-chromium.ts";

/** One browser for all files of a run: `address` answers with where it listens. It is started when it is first asked for. */
export async function offerBrowser(): Promise<Offer> {
  let started: Promise<BrowserServer> | undefined;
  const wsEndpoint = async (): Promise<string> => (await (started ??= launch())).wsEndpoint();
  const { address, close } = await offerTexts(new Map([["", wsEndpoint]]));
  return {
    address,
    async close() {
      await close();
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

import { stat } from "node:fs/promises";

import { chromium } from "playwright-core";
import { expect, test } from "vitest";

import { begin, reaches, stageSignedIn } from "../stage.ts";
import { until } from "../wait.ts";
import { openChromium } from "./chromium.ts";
import { trap } from "./trap.ts";

const DESKTOP = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A whole Chromium, which connects beforehand where a page says so; the one of the tests never does. */
async function findDesktopChromium(): Promise<string | undefined> {
  for (const path of DESKTOP) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.uid === 0 && (found.mode & 0o022) === 0) return path; // nobody else put it there
  }
  return undefined;
}

const desktop = await findDesktopChromium();

const hints = (origin: string): string =>
  `<link rel=preconnect href="${origin}"><link rel=dns-prefetch href="${origin}"><link rel=prefetch href="${origin}/prefetch">`;

/** Each way in that was known to let markup through, and plainly. */
const mails = (origin: string): Readonly<Record<string, string>> => ({
  plain: hints(origin),
  "in a style, deep down": `${"<div>".repeat(200)}<style>${hints(origin)}</style>`,
  "in a drawing": `<svg><style>${hints(origin)}</style></svg>${hints(origin)}`,
  "in a style that never ends": `${"<table><tr><td>".repeat(70)}<style>${hints(origin)}`,
});

test(
  desktop
    ? "a desktop's Chromium connects nowhere when hostile mail is opened, and does where nobody made it inert"
    : "no desktop Chromium is here (apt-get install chromium), so that only a browser which never preconnects opened the mail",
  async () => {
    await using elsewhere = await trap();
    await using w = await stageSignedIn({ messages: 1 });
    const mailbox = w.google.mailbox();
    const added = Object.entries(mails(elsewhere.origin)).map(([subject, html]) =>
      mailbox.add({ subject, html: `<p>Here it begins.</p>${html}`, labelIds: ["INBOX"] }),
    );
    const id = await begin(w);
    await reaches(w, id, "completed");

    await using stack = new AsyncDisposableStack();
    const browser = desktop
      ? stack.use(await chromium.launch({ executablePath: desktop, args: ["--no-sandbox", "--headless=new"] }))
      : undefined;
    const page = browser
      ? await browser.newPage()
      : (await stack.use(await openChromium()).open([w.product.origin, elsewhere.origin])).page;
    for (const message of added) {
      await page.goto(`${w.product.origin}/#/exports/${id}/mail/${message}`);
      await page.locator("iframe").contentFrame().getByText("Here it begins.").waitFor();
      await page.goto(`${w.product.origin}/exports/${id}/records/${message}/html`);
      await page.getByText("Here it begins.").waitFor();
    }
    if (desktop) {
      // The same as it was sent: it connects, later than all before, so that those would have been seen.
      await using other = await trap();
      await page.route(/\/html$/, (route) =>
        route.fulfill({ contentType: "text/html", body: `<!doctype html><p>As sent</p>${hints(other.origin)}` }),
      );
      await page.goto(`${w.product.origin}/exports/${id}/records/${added[0]}/html`);
      await until(() => other.visits.length > 0);
    }
    expect(elsewhere.visits).toEqual([]);
  },
);

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";

import { PATIENCE_MS } from "../wait.ts";

const require = createRequire(import.meta.url);
const AXE = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** Where screenshots for people to look at go: they are made when asked for, as they take a third of the time of these tests. */
const SCREENSHOTS = process.env["SCREENSHOTS"];

const PHONE = { width: 375, height: 812 };
const DESK = { width: 1280, height: 900 };

/** A window of its own cookies and storage, and what went on in it that should not have. */
type Window = Readonly<{
  page: Page;
  /** Requests to anywhere but these origins, and errors that the page's console shows, such as breaches of its policy. */
  complaints: string[];
}>;

/** The run's browser (test/run/browser-server.ts). Its windows may only talk to the origins named. */
export type Chromium = AsyncDisposable &
  Readonly<{ open(origins: readonly string[], options?: BrowserContextOptions): Promise<Window> }>;

export async function openChromium(): Promise<Chromium> {
  const offer = await fetch(process.env["TEST_BROWSER"]!);
  const address = await offer.text();
  expect(offer.status, address).toBe(200);
  const browser = await chromium.connect(address, { timeout: PATIENCE_MS });
  return {
    async open(origins, options = {}) {
      const context = await browser.newContext({ locale: "en-US", viewport: DESK, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" && !isAboutStatus(message.text())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      context.on("request", (request) => {
        const { origin, protocol } = new URL(request.url());
        if (/^(https?|wss?):$/.test(protocol) && !origins.includes(origin)) complaints.push(`asked ${request.url()}`);
      });
      return { page, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Answers of 4xx are errors to the browser, and part of what the console shows people. */
function isAboutStatus(text: string): boolean {
  return text.startsWith("Failed to load resource: the server responded with a status of 4");
}

/**
 * Looks at a page as different people do: in both themes and on a phone, each held against WCAG 2.2 AA by
 * axe; on the phone nothing may hang over the edge.
 */
export async function portray(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await mustBeAccessible(page, `${name}, ${colorScheme}`, colorScheme === "light" ? STANDARDS : COLOURS);
    await takeScreenshot(page, `${name}-${colorScheme}`);
  }
  const before = page.viewportSize() ?? DESK;
  await page.setViewportSize(PHONE);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await takeScreenshot(page, `${name}-phone`);
  expect(over, `${name} hangs over the edge of a phone`).toBeLessThanOrEqual(0);
  await mustBeAccessible(page, `${name}, on a phone`, STANDARDS);
  await page.setViewportSize(before);
}

async function takeScreenshot(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** All that another theme can change: the page is the same. */
const COLOURS = ["color-contrast", "link-in-text-block"];

type Violation = Readonly<{ id: string; help: string; nodes: readonly { html: string; failureSummary: string }[] }>;
type Axe = { run(page: Document, options: { runOnly: readonly string[] }): Promise<{ violations: Violation[] }> };

async function mustBeAccessible(page: Page, where: string, runOnly: readonly string[]): Promise<void> {
  // Past the page's policy, which would not let a script of ours in.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  const violations = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: Axe }; // it puts itself there
    const { violations: found } = await axe.run(document, { runOnly: rules });
    return found.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`,
    );
  }, runOnly);
  expect(violations, where).toEqual([]);
}

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { manifestIn } from "../exported.ts";
import { scratchFolder } from "../scratch.ts";
import {
  begin,
  inTheMiddle,
  listedIds,
  pauseAfter,
  reaches,
  signIn,
  stage,
  stageSignedIn,
  standstill,
  ADA,
  expectAllOnce,
} from "../stage.ts";
import { until } from "../wait.ts";
import { openChromium, portray, type Chromium } from "./chromium.ts";

const run = promisify(execFile);

let chromium: Chromium;
beforeAll(async () => void (chromium = await openChromium()));
afterAll(() => chromium[Symbol.asyncDispose]());

const state = (page: Page, words: string) => page.locator(".badge", { hasText: words }).first();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** Clicks, and resolves with what the browser saved; it is in this folder. */
async function download(page: Page, link: string, folder: string): Promise<{ name: string; path: string }> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: link, exact: true }).click(),
  ]);
  const name = saved.suggestedFilename();
  const path = join(folder, name);
  await saved.saveAs(path);
  return { name, path };
}

test("a person estimates, starts, watches, pauses, resumes, and takes home what was proven", async () => {
  await using w = await stageSignedIn({ messages: 300 });
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/new`);
  await page.getByLabel("Account").waitFor();
  await portray(page, "new-export");

  await button(page, "Estimate first").click();
  await page.getByText("Less than a minute").waitFor();
  await page
    .getByRole("definition")
    .filter({ hasText: String(listedIds(w).length) })
    .waitFor();
  const costs = page.getByRole("table", { name: "What each choice takes" });
  const units = async (kind: string): Promise<number> =>
    Number((await costs.getByRole("row", { name: kind }).locator("td").first().innerText()).replaceAll(",", ""));
  expect(await units("With attachments")).toBeGreaterThan(await units("Records alone as chosen"));
  expect(await units("With originals")).toBeGreaterThan(await units("With attachments"));
  await page.getByLabel("Originals, a file each (.eml)").check();
  await page.getByText("The form has changed since the estimate").waitFor();
  await page.getByLabel("Originals, a file each (.eml)").uncheck();

  w.google.faults.add(standstill(120));
  await page.getByText("More options").click();
  await page.getByLabel("Messages in each file").fill("40");
  await button(page, "Start export").click();
  await state(page, "Running").waitFor();
  await until(async () => /^[1-9]\d?% · ada@example.com · gmail-export$/.test(await page.title()));

  await button(page, "Pause").click();
  await state(page, "Paused").waitFor();
  const announced = page.locator("[role=status].for-readers", { hasText: "Paused" });
  expect(await announced.count()).toBe(1);
  await portray(page, "export-paused");
  expect(await button(page, "Pause").count()).toBe(0);

  w.google.faults.clear();
  await button(page, "Resume").click();
  await state(page, "Complete").waitFor();
  await page.getByText("Complete and proven").waitFor();
  expect(await page.title()).toBe("100% · ada@example.com · gmail-export");
  for (const name of ["Pause", "Resume", "Cancel"]) expect(await button(page, name).count()).toBe(0);
  await portray(page, "export-complete");

  const directory = (await w.get("/exports")).body.exports[0]!.output_directory;
  await expectAllOnce(w, directory);
  const { batches } = await manifestIn(directory);
  expect(batches.length).toBeGreaterThan(2);
  const last = batches.at(-1)!;
  await using home = await scratchFolder();
  const file = await download(page, `Download ${last.file}`, home.path);
  expect([file.name, sha256(await readFile(file.path))]).toEqual([last.file, last.sha256]);

  await using folder = await scratchFolder();
  const archive = await download(page, "Download everything (tar)", home.path);
  expect(archive.name).toMatch(/\.tar$/);
  await run("tar", ["-xf", archive.path, "-C", folder.path, "--strip-components=1"]);
  for (const batch of batches) expect(sha256(await readFile(join(folder.path, batch.file)))).toBe(batch.sha256);
  expect(complaints).toEqual([]);
});

test("speed, quota and refusals of an export are seen as it runs, and it is stopped only when the person is sure", async () => {
  const settings = { GMAIL_UNITS_PER_MINUTE: "20000", GMAIL_MAX_IN_FLIGHT: "4" };
  await using w = await stage({ messages: 3_000, latencyMs: 100, bodyBytes: 500 }, settings);
  await signIn(w.server, ADA);
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/new`);
  await button(page, "Estimate first").click();
  await page.getByText(/^About \d+ minutes?$/).waitFor();
  await page.getByText(/^3,000 messages at Google's limit of about [\d,]+ a minute for new projects/).waitFor();
  await portray(page, "new-export-estimate");

  w.google.faults.add({ kind: "429hint", seconds: 1, afterCalls: 60, times: 2 }, pauseAfter(1_000));
  const id = await begin(w, { batch_size: 50 });
  await page.goto(`${w.product.origin}/#/exports/${id}`);
  await page.getByText(/of (19,[89]\d\d|20,000) units/).waitFor();
  await page
    .getByRole("definition")
    .filter({ hasText: /^[\d,]+messages a minute$/ })
    .waitFor();
  await page.getByText("Refused calls").first().waitFor();
  await page.getByRole("link", { name: "Download emails_batch_1.json" }).waitFor();
  await portray(page, "export-running");
  expect(await page.locator("canvas").count()).toBe(2);

  const chart = page.getByRole("figure", { name: "Messages a minute" });
  await chart.getByText("Show as a table").click();
  await chart.getByRole("row").nth(2).waitFor();
  await portray(page, "export-running-table");

  await button(page, "Cancel").click();
  const dialog = page.getByRole("dialog", { name: "Cancel this export?" });
  await dialog.getByRole("button", { name: "Go back" }).click();
  expect(await state(page, "Running").count()).toBe(1);
  await button(page, "Cancel").click();
  await dialog.getByRole("button", { name: "Cancel the export" }).click();
  await state(page, "Cancelled").waitFor();
  expect(complaints).toEqual([]);
});

test("an export that Google makes wait says until when, and offers nothing that would not help", async () => {
  await using w = await stageSignedIn({ messages: 120 });
  w.google.faults.add({ kind: "lockout", seconds: 3_600, method: "messages.get" });
  const id = await begin(w);
  const { page, complaints } = await chromium.open([w.product.origin], { locale: "fr-FR" });
  await page.goto(`${w.product.origin}/#/exports/${id}`);
  await page.getByText(/^Il reprend à .*, dans (1\sh|59\smin)/).waitFor();
  await portray(page, "export-waiting-fr");
  expect(await page.getByRole("button", { name: "Réessayer maintenant" }).count()).toBe(0);
  expect(await button(page, "Mettre en pause").count()).toBe(1);
  expect(complaints).toEqual([]);
});

test("an export whose grant is gone goes on under the person's eyes once they have signed in again", async () => {
  await using w = await stageSignedIn({ messages: 300 });
  const { page, complaints } = await chromium.open([w.product.origin, new URL(w.google.url).origin]);
  w.google.faults.add(pauseAfter(40));
  const id = await begin(w);
  await inTheMiddle(w, id);
  w.google.revoke(ADA);
  w.google.faults.clear();
  await page.goto(`${w.product.origin}/#/exports/${id}`);
  const link = page.getByRole("link", { name: /^Sign in again/ });
  await link.waitFor();
  await portray(page, "export-needs-sign-in");
  const [tab] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  await tab.getByRole("heading", { name: "Accounts" }).waitFor();
  await state(page, "Complete").waitFor();
  expect(complaints).toEqual([]);
});

test("what the server refuses is said at the field it is about, and nothing that was typed is lost", async () => {
  await using w = await stageSignedIn({ messages: 3 });
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/new`);
  await page.getByText("Only the newest").click();
  await page.getByLabel("How many of the newest").fill("many");
  await page.getByRole("button", { name: /^With attachments/ }).click();
  await page.getByText("More options").click();
  await page.getByLabel("Messages in each file").fill("1,000,000");
  await page.getByLabel("Folder").fill("mine");
  await button(page, "Start export").click();

  const newest = page.getByLabel("How many of the newest");
  await page.getByRole("alert").waitFor();
  await until(() => newest.evaluate((one) => one === document.activeElement));
  for (const field of [newest, page.getByLabel("Messages in each file")]) {
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    const ids = ((await field.getAttribute("aria-describedby")) ?? "").split(" ");
    const wrong = page.locator(ids.map((one) => `[id="${one}"].wrong`).join(", "));
    expect(await wrong.textContent()).toMatch(/^A whole number/);
  }
  expect(await page.getByLabel("Folder").getAttribute("aria-invalid")).toBeNull();
  await portray(page, "new-export-refused");

  await newest.fill("2");
  await page.getByLabel("Messages in each file").fill("1,000");
  await page.getByLabel("Folder").fill("../elsewhere");
  await button(page, "Estimate first").click();
  await page.getByText("lies outside EXPORT_DIR, which is").first().waitFor();
  await page.locator("[aria-invalid]").and(page.getByLabel("Folder")).waitFor();
  expect(await newest.inputValue()).toBe("2");
  expect(await page.getByLabel("Only what a Gmail search finds").inputValue()).toBe("has:attachment");

  // A folder that holds the export of another search is refused at once, and one proposed that is free.
  await reaches(w, await begin(w, { output_dir: "data/trips", query: "lisbon" }), "completed");
  await page.getByLabel("Folder").fill("trips");
  await page.getByText(`${join(w.product.folder, "data")}/`, { exact: true }).waitFor();
  await button(page, "Start export").click();
  await page.getByText("holds an export with another filter").first().waitFor();
  await portray(page, "new-export-taken");
  await button(page, "Use the free folder trips-2").click();
  expect(await page.getByLabel("Folder").inputValue()).toBe("trips-2");

  await page.getByLabel("Folder").fill("");
  w.google.faults.add(standstill(0));
  await begin(w);
  await button(page, "Start export").click();
  await page.getByText("choose another output directory").waitFor();
  await button(page, "Estimate first").click();
  await button(page, "Stop estimating").click();
  await button(page, "Estimate first").waitFor();
  expect(complaints).toEqual([]);
});

test("without anybody signed in, or with a sign-in that has ended, the way is shown", async () => {
  await using w = await stage({ messages: 3 });
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/new`);
  const link = page.getByRole("link", { name: "Sign in to an account" });
  await link.waitFor();
  expect(await link.getAttribute("href")).toBe("#/accounts");
  await portray(page, "new-export-nobody");

  await signIn(w.server, ADA);
  await page.reload();
  await page.getByLabel("Account").waitFor();
  await w.delete(`/auth?email=${ADA}`);
  await button(page, "Start export").click();
  const signInLink = page.getByRole("link", { name: /^Sign in with Google/ });
  await signInLink.waitFor();
  expect(new URL((await signInLink.getAttribute("href"))!).pathname).toBe("/auth/gmail");

  await page.goto(`${w.product.origin}/#/exports/none`);
  await page.getByText("There is no such export.").waitFor();
  await portray(page, "export-unknown");
  expect(complaints).toEqual([]);
});

test("a page whose server is started anew says so meanwhile, and goes on by itself", async () => {
  await using w = await stageSignedIn({ messages: 300 });
  w.google.faults.add(standstill(120));
  const id = await begin(w, { batch_size: 40 });
  await inTheMiddle(w, id);
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}`);
  await state(page, "Running").waitFor();
  await w.server.stop("SIGTERM");
  await page.getByText("The connection to the server is lost").waitFor();
  expect(await page.getByText("of 2").count()).toBeGreaterThan(0); // what was known stays
  await portray(page, "export-lost");
  w.google.faults.clear();
  await using _server = await w.product.serve();
  await state(page, "Complete").waitFor();
  expect(await page.getByText("The connection to the server is lost").count()).toBe(0);
  await page.getByRole("link", { name: "Download manifest.json" }).waitFor();
  expect(
    complaints.filter((one) => !one.includes("ERR_CONNECTION_REFUSED") && !one.includes("ERR_INCOMPLETE")),
  ).toEqual([]);
});

test("charts are drawn where the system's language is none that browsers know", async () => {
  await using w = await stageSignedIn({ messages: 100 });
  w.google.faults.add(standstill(30));
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true });
  });
  await page.goto(`${w.product.origin}/#/exports/${await begin(w)}`);
  await page.locator("canvas").waitFor();
  expect(complaints).toEqual([]);
});

// Google must refuse a message for a while before it is given up.
describe.concurrent("what takes its time", () => {
  test("messages that Gmail never gives out are listed with the reason, and can be retried", async () => {
    await using w = await stageSignedIn({ messages: 60 });
    const poisoned = listedIds(w)[20]!;
    w.google.faults.add({ kind: "500", messageId: poisoned });
    const id = await begin(w);
    const { page, complaints } = await chromium.open([w.product.origin]);
    await page.goto(`${w.product.origin}/#/exports/${id}`);
    await reaches(w, id, "completed_with_failures");
    await page.getByRole("heading", { name: "1 message could not be fetched" }).waitFor();
    await page.getByRole("row", { name: new RegExp(`${poisoned}.*HTTP 500`) }).waitFor();
    expect(await page.getByText("Complete and proven").count()).toBe(0);
    await portray(page, "export-failures");

    w.google.faults.clear();
    await button(page, "Retry what failed").click();
    await page.getByText("Complete and proven").waitFor();
    expect(await page.getByText(poisoned).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

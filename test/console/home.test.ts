import { rename } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { ADA, begin, BOB, inTheMiddle, reaches, stageSignedIn, standstill } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

const EVE = "eve@example.com";

const card = (page: Page, email: string, state: string) =>
  page
    .getByRole("article")
    .filter({ has: page.getByRole("link", { name: email, exact: true }) })
    .filter({ has: page.getByText(state, { exact: true }) });

test("all exports are listed, newest first, each with its state in words and what can be done about it", async () => {
  await using w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 300 },
      { email: BOB, messages: 30 },
      { email: EVE, messages: 30 },
    ],
  });
  await reaches(w, await begin(w, { email: BOB }), "completed");
  const narrow = { email: BOB, output_dir: "data/narrow", max_emails: 10 };
  await reaches(w, await begin(w, narrow), "completed");
  w.google.revoke(EVE);
  await reaches(w, await begin(w, { email: EVE }), "needs_sign_in");
  w.google.faults.add({ kind: "apiDisabled" });
  await reaches(w, await begin(w, { email: BOB, output_dir: "data/third", query: "subject:report" }), "failed");
  w.google.faults.clear();
  w.google.faults.add(standstill(120));
  const id = await begin(w);
  await inTheMiddle(w, id);

  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(w.product.origin);
  const running = card(page, ADA, "Running");
  await running.getByText(/^\d+ of \d+ messages$/).waitFor();
  expect(Number(await running.getByRole("progressbar").getAttribute("value"))).toBeGreaterThan(0);
  expect(await page.getByRole("article").getByRole("heading").allTextContents()).toEqual([ADA, BOB, EVE, BOB, BOB]);
  expect(await card(page, BOB, "Complete").count()).toBe(2);
  expect(await card(page, BOB, "Complete").getByRole("progressbar").count()).toBe(0);
  expect(await card(page, BOB, "Complete").getByText("only the newest 10").count()).toBe(1);
  await card(page, BOB, "Stopped by an error")
    .getByRole("link", { name: /^https:\/\/console/ })
    .waitFor();
  const again = card(page, EVE, "Needs your sign-in").getByRole("link", { name: "Sign in again" });
  expect(await again.getAttribute("href")).toBe("/auth/gmail?email=eve%40example.com&return=console");
  await portray(page, "home");
  await page.getByLabel("Language").selectOption("Français");
  await card(page, ADA, "En cours").waitFor();
  await portray(page, "home-fr");
  expect(complaints).toEqual([]);
});

test("the list follows what happens, says each new state to readers, and keeps what it shows when the server is away", async () => {
  await using w = await stageSignedIn({ messages: 300 });
  w.google.faults.add(standstill(120));
  const id = await begin(w);
  await inTheMiddle(w, id);
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(w.product.origin);
  await card(page, ADA, "Running").waitFor();

  await w.post(`/exports/${id}/pause`);
  await card(page, ADA, "Paused").waitFor();
  await page
    .getByRole("status")
    .filter({ hasText: `${ADA}: Paused` })
    .waitFor();

  await w.server.stop("SIGTERM");
  await page.getByRole("alert").filter({ hasText: "The server cannot be reached." }).waitFor();
  expect(await card(page, ADA, "Paused").count()).toBe(1);
  await portray(page, "home-server-away");
  w.google.faults.clear();
  await using _again = await w.product.serve();
  await page.getByRole("alert").waitFor({ state: "detached" });

  await w.post(`/exports/${id}/resume`);
  await card(page, ADA, "Complete").waitFor();
  expect(complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
});

test("nothing is asked in a hidden tab, and at once when it is shown again", async () => {
  await using w = await stageSignedIn({ messages: 300 });
  w.google.faults.add(standstill(120));
  await inTheMiddle(w, await begin(w));
  await using chromium = await openChromium();
  const { page } = await chromium.open([w.product.origin]);
  await page.clock.install();
  await page.goto(w.product.origin);
  await card(page, ADA, "Running").waitFor();
  let asked = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/exports") asked++;
  });
  const turn = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);

  await turn(true);
  asked = 0;
  await page.clock.runFor(60_000);
  expect(asked).toBe(0);
  const next = page.waitForRequest((request) => new URL(request.url()).pathname === "/exports");
  await turn(false);
  await page.clock.runFor(1);
  await next;
});

test("while nobody is signed in, or the client file is away, the list says so", async () => {
  await using w = await stageSignedIn({ messages: 5 });
  await reaches(w, await begin(w), "completed");
  const signedOut = await w.delete(`/auth?email=${ADA}`);
  expect([signedOut.status, signedOut.text]).toEqual([200, expect.stringContaining('"signed_out":true')]);
  expect(await w.list("/accounts")).toEqual([]);
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(w.product.origin);
  await page.getByRole("status").filter({ hasText: "Nobody is signed in" }).waitFor();
  expect(await card(page, ADA, "Complete").count()).toBe(1);
  await portray(page, "home-nobody-signed-in");
  await rename(join(w.product.folder, "credentials.json"), join(w.product.folder, "elsewhere.json"));
  await page.reload();
  await page.getByRole("link", { name: "Open the setup guide" }).click();
  await page.getByRole("heading", { name: "Create a project" }).waitFor();
  expect(complaints).toEqual([]);
});

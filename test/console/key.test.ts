import { expect, test } from "vitest";

import { stage } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

test("a server with a key asks for it, says when it is wrong, and can be left again", async () => {
  const API_KEY = "nMwvWd0kkD3Yg6vXvbqVX6J0rYgK2Hq1Zs9uT4eRcLo";
  await using w = await stage({}, { API_KEY });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/accounts`);
  const asks = page.getByRole("heading", { name: "This server asks for its key" });
  await asks.waitFor();
  expect(await page.getByRole("navigation").count()).toBe(0);
  await page.getByLabel("API key").fill("a guess");
  await page.getByRole("button", { name: "Enter" }).click();
  await page.getByRole("alert").filter({ hasText: "api_key_wrong" }).waitFor();
  await portray(page, "key");

  await page.getByLabel("API key").fill(API_KEY);
  await page.getByLabel("API key").press("Enter");
  await page.getByText("Nobody is signed in yet.").waitFor();
  await page.reload();
  const leave = page.getByRole("button", { name: "Leave this server" });
  await leave.waitFor();
  await portray(page, "accounts-with-key");
  await leave.click();
  await asks.waitFor();
  await page.reload();
  await asks.waitFor();
  expect(complaints).toEqual([]);
});

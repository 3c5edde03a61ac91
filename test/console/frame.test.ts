import { expect, test } from "vitest";

import { stage } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

test("the console opens in a real browser under its policy, in the person's language, theme and width", async () => {
  await using w = await stage();
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/nowhere`);
  await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor();
  await portray(page, "unknown");

  await page.getByLabel("Language").selectOption("Français");
  await page.getByRole("heading", { name: "Il n'y a rien à cette adresse" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("fr");
  await page.reload();
  await page.getByRole("heading", { name: "Il n'y a rien à cette adresse" }).waitFor();

  await page.getByLabel("Couleurs").selectOption("Sombre");
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await ground()).toBe("rgb(20, 23, 28)");
  expect(complaints).toEqual([]);
});

import { expect, test } from "vitest";

import { ADA, BOB, stageSignedIn } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

test("problems come first, with what to do; what is fine is folded away; one can look again, at one account too", async () => {
  await using w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 5 },
      { email: BOB, messages: 5 },
    ],
  });
  w.google.faults.add({ kind: "apiDisabled" });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin, w.google.url]);
  await page.goto(`${w.product.origin}/#/doctor`);
  await page.getByRole("status").filter({ hasText: "2 problems stand in the way" }).waitFor();
  const finding = page.getByRole("listitem").filter({ hasText: "The Gmail API is not switched on" }).first();
  await finding.getByText("Problem", { exact: true }).waitFor();
  await finding.getByRole("link", { name: /enable|library/ }).waitFor();
  expect(await page.getByText("Node.js").isVisible()).toBe(false);
  await portray(page, "doctor-problems");

  // Where doctor has commands, the console has buttons.
  w.google.faults.clear();
  w.google.revoke(BOB);
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("status").filter({ hasText: "One problem stands in the way" }).waitFor();
  expect(await page.getByText("gmail-export login").count()).toBe(0);
  await page.getByRole("link", { name: "Sign in again" }).click();
  await page.getByRole("heading", { name: BOB }).waitFor();
  await page.goto(`${w.product.origin}/#/doctor`);

  await page.getByRole("status").filter({ hasText: "Nothing stands in the way" }).waitFor();
  await page.getByText(/^All fine: \d+ checks$/).click();
  expect(await page.getByRole("heading", { name: BOB }).count()).toBe(1);

  await page.getByLabel("Sign-ins").selectOption(ADA);
  await page.getByText(/^All fine: \d+ checks$/).click();
  await page.getByRole("heading", { name: ADA }).waitFor();
  expect(await page.getByRole("heading", { name: BOB }).count()).toBe(0);

  await page.getByLabel("Language").selectOption("Français");
  await page.getByText("Fichier client de Google", { exact: true }).waitFor();
  await portray(page, "doctor-fine-fr");
  expect(complaints).toEqual([]);
});

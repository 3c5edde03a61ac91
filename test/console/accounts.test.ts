import { expect, test } from "vitest";

import { ADA, begin, BOB, isAllowedAtGoogle, reaches, stageSignedIn } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

test("people sign in, see what a sign-in allows and whether it lasts, sign in again and sign out", async () => {
  await using w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 5 },
      { email: BOB, messages: 5 },
    ],
  });
  w.google.revoke(BOB);
  await reaches(w, await begin(w, { email: BOB }), "needs_sign_in");
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin, w.google.url]);
  const card = (email: string) =>
    page.getByRole("article").filter({ has: page.getByRole("heading", { name: email, exact: true }) });
  await page.goto(`${w.product.origin}/#/accounts`);
  await card(ADA).getByText("read all mail, and change nothing").waitFor();
  expect(await card(ADA).getByText("Signed in", { exact: true }).count()).toBe(1);
  await card(BOB).getByText("Sign-in has ended").waitFor();
  await portray(page, "accounts-ended");

  await card(BOB).getByRole("link", { name: "Sign in again" }).click();
  await card(BOB).getByText("Signed in", { exact: true }).waitFor();
  expect(page.url()).toBe(`${w.product.origin}/#/accounts`);

  await card(ADA).getByRole("button", { name: "Sign out" }).click();
  const dialog = page.getByRole("dialog", { name: `Sign out ${ADA}?` });
  await dialog.getByText("The files exported so far stay where they are.").waitFor();
  await portray(page, "accounts-sign-out");
  const [box, window] = [await dialog.boundingBox(), page.viewportSize()];
  expect(Math.abs(2 * box!.y + box!.height - window!.height), "the dialog stands in the middle").toBeLessThan(4);
  await dialog.getByRole("button", { name: "Go back" }).click();
  expect(await isAllowedAtGoogle(w.google, ADA)).toBe(true);
  await card(ADA).getByRole("button", { name: "Sign out" }).click();
  await dialog.getByRole("button", { name: "Sign out" }).click();
  await card(ADA).waitFor({ state: "detached" });
  expect(await isAllowedAtGoogle(w.google, ADA)).toBe(false);

  await page.getByLabel("Address").fill(ADA);
  await page.getByLabel("Address").press("Enter");
  await card(ADA).waitFor();
  expect(await isAllowedAtGoogle(w.google, ADA)).toBe(true);
  expect(complaints).toEqual([]);
});

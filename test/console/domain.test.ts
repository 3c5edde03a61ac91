import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { simulateGoogle } from "../../simulator/google.ts";
import { install } from "../product.ts";
import { openChromium, portray } from "./chromium.ts";

const addressOf = (n: number): string => `user${String(n).padStart(5, "0")}@example.com`;
const UNITS = ["/Engines", "/Engines/Cards", "/Sales/East", "/"];
const USERS = Array.from({ length: 10_000 }, (_, n) => ({
  email: addressOf(n),
  unit: UNITS[n % UNITS.length]!,
  suspended: n === 4,
}));
const CARDS = "cards@example.com";

const text = (lines: string) => ({ name: "list.txt", mimeType: "text/plain", buffer: Buffer.from(lines) });

const rowOf = (page: Page, email: string) =>
  page.getByRole("row").filter({ has: page.getByRole("rowheader").filter({ hasText: email }) });

test("an administrator chooses among ten thousand accounts, sees what they have and take, and exports them", async () => {
  await using google = await simulateGoogle({
    accounts: USERS.map(({ email }, n) => ({ email, messages: n < 10 ? 3 : 0 })),
    domain: { users: USERS, groups: { [CARDS]: [addressOf(1), addressOf(5)] } },
  });
  const { credentials: _, ...withoutClient } = google;
  await using product = await install(withoutClient, { GOOGLE_API_URL: google.url, GOOGLE_ADMIN: addressOf(0) });
  await writeFile(join(product.folder, "credentials.json"), JSON.stringify(google.key), { mode: 0o600 });
  await using _server = await product.serve();
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([product.origin]);
  const status = (words: string | RegExp) => page.getByRole("status").filter({ hasText: words });

  await page.goto(`${product.origin}/#/accounts`);
  await page.getByRole("link", { name: "Choose accounts of the domain" }).click();
  await status("10,000 of 10,000 accounts, 1 of them cannot be exported").waitFor();
  const table = page.getByRole("table");
  expect(await table.getAttribute("aria-rowcount")).toBe("10001");
  expect(await page.getByRole("row").count()).toBeLessThan(60);
  await rowOf(page, addressOf(4)).getByText("suspended: Google gives no access").waitFor();
  expect(await page.getByLabel(`Choose ${addressOf(4)}`).isDisabled()).toBe(true);
  const scroller = page.getByRole("region", { name: "Accounts of the domain" });
  await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await rowOf(page, addressOf(9_999)).waitFor();
  expect(await page.getByRole("row").count()).toBeLessThan(60);
  // By the keyboard one gets on from row to row, also to those that were not there.
  await page.getByLabel(`Choose ${addressOf(9_992)}`).focus();
  for (let n = 0; n < 15; n += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Space");
  expect(await page.getByLabel(`Choose ${addressOf(9_977)}`).isChecked()).toBe(true);
  await status("1 account is chosen.").waitFor();
  await page.keyboard.press("Space");

  await page.getByLabel("Organisational unit").selectOption("/Sales");
  await status("2,500 of 10,000 accounts").waitFor();
  await page.getByLabel("Address", { exact: true }).fill("user0000");
  await status("2 of 10,000 accounts").waitFor();
  await page.getByLabel("Organisational unit").selectOption("");
  await page.getByLabel("Address", { exact: true }).fill("");
  const file = page.getByLabel("A file of addresses");
  await file.setInputFiles(text(`${addressOf(1)}\nrubbish\n\n${addressOf(2)}, ${addressOf(3)}\n`));
  const wrong = page.getByRole("alert").filter({ hasText: "2 lines of list.txt are no address." });
  await wrong.waitFor();
  expect(await wrong.getByRole("listitem").allTextContents()).toEqual(["Line 2", "Line 4"]);
  await status("0 of 10,000 accounts").waitFor();
  await portray(page, "domain-file-refused");
  await file.setInputFiles(text(`${addressOf(1)}\n${addressOf(2)}\n${addressOf(4)}\nstranger@example.com\n`));
  await status("1 address is nobody's in this domain").getByText("stranger@example.com").waitFor();
  await status("3 of 10,000 accounts, 1 of them cannot be exported").waitFor();
  await page.getByLabel("Choose all that are shown").check();
  await status("2 accounts are chosen.").waitFor();

  await page.getByRole("button", { name: "No file" }).click();
  await page.getByLabel("Group", { exact: true }).fill(CARDS);
  await page.getByRole("button", { name: "Look up" }).click();
  await status("2 of 2 accounts").waitFor();
  expect(await page.getByLabel(`Choose ${addressOf(1)}`).isChecked()).toBe(true);
  await page.getByLabel(`Choose ${addressOf(5)}`).check();
  await status("3 accounts are chosen.").waitFor();
  await page.getByRole("button", { name: "Count their mail" }).click();
  const figure = (name: string) => page.locator("dl.figures > div").filter({ hasText: name }).locator("dd");
  await figure("Accounts counted").getByText("3", { exact: true }).waitFor();
  const mail = [1, 2, 5].reduce((sum, n) => sum + google.mailbox(addressOf(n)).size, 0);
  expect(await figure("Messages").textContent()).toBe(String(mail));
  await page.getByText("What to export").click();
  await portray(page, "domain");
  google.faults.add({ kind: "wait" }); // no mail is given out before it has been seen who reads
  await page.getByRole("button", { name: "Export 3 accounts" }).click();
  await status("3 exports were started.").waitFor();
  await page.getByRole("link", { name: "See how they get on" }).click();
  await page
    .getByRole("row")
    .filter({ hasText: addressOf(1) })
    .waitFor();
  await page.getByRole("heading", { name: /^\S+\/\d+ 3 exports$/ }).waitFor();
  expect(await figure("Exports to do").textContent()).toBe("3");
  await portray(page, "work");
  google.faults.clear();
  await page.getByText("No export runs just now.").waitFor();
  await page.getByRole("link", { name: "gmail-export" }).click();
  for (const n of [1, 2, 5])
    await page
      .getByRole("article")
      .filter({ has: page.getByRole("link", { name: addressOf(n), exact: true }) })
      .getByText("Complete", { exact: true })
      .waitFor();

  // The forms take any address of the domain, though nobody signs in.
  await page.goto(`${product.origin}/#/new`);
  const account = page.getByRole("combobox", { name: "Account" });
  await account.fill("user0999");
  await page
    .locator("datalist option")
    .filter({ hasText: addressOf(9_990) })
    .waitFor({ state: "attached" });
  await portray(page, "domain-new-export");
  await account.fill(addressOf(7));
  await page.getByRole("button", { name: "Start export" }).click();
  await page.getByText("Complete and proven").waitFor();
  await page.goto(`${product.origin}/#/schedules/new`);
  await page.getByLabel("Language").selectOption("Français");
  await page.getByRole("combobox", { name: "Compte" }).fill(addressOf(8));
  await page.getByRole("button", { name: "Ajouter la planification" }).click();
  await page.getByText(addressOf(8)).first().waitFor();
  await page.goto(`${product.origin}/#/domain`);
  await status("10 000 comptes sur 10 000").waitFor();
  await portray(page, "domain-fr");
  expect(complaints).toEqual([]);
});

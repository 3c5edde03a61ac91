import { generateKeyPairSync } from "node:crypto";
import { text } from "node:stream/consumers";

import { expect, test } from "vitest";

import { simulateGoogle } from "../../simulator/google.ts";
import { writeCredentials } from "../../simulator/stage.ts";
import { install } from "../product.ts";
import { ADA, listedIds } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";

const json = (name: string, content: string) => ({ name, mimeType: "application/json", buffer: Buffer.from(content) });

test("the first hour: the console leads through Google's console and the sign-in to an export, its mail and its files", async () => {
  await using google = await simulateGoogle({ messages: 40 });
  await using product = await install({ url: google.url });
  await using _server = await product.serve();
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([product.origin, google.url]);
  const step = (name: string) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name }) });

  await page.goto(product.origin);
  const current = page.locator("[aria-current=step]");
  await current.getByRole("heading", { name: "Make gmail-export known to Google" }).waitFor();
  await portray(page, "welcome-1-setup");
  await page.getByRole("link", { name: "Open the guide" }).click();

  await page.getByRole("heading", { name: "Create a project" }).waitFor();
  await portray(page, "setup-guide");
  const out = page.getByRole("link", { name: "Open “New project”" });
  expect(await out.getAttribute("href")).toMatch(/^https:\/\/console\.cloud\.google\.com\//);
  expect([await out.getAttribute("target"), await out.getAttribute("rel")]).toEqual(["_blank", "noreferrer"]);
  await page.getByLabel("Done: Create a project").check();
  expect(await out.count()).toBe(0);
  await page.reload();
  await page.getByLabel("Done: Create a project").waitFor();
  expect(await page.getByLabel("Done: Create a project").isChecked()).toBe(true);

  await page.getByRole("heading", { name: "Publish the app" }).waitFor();
  await page.getByLabel("A mailbox of a Google Workspace").check();
  await page.getByText("Audience: “Internal”.").waitFor();
  expect(await page.getByRole("heading", { name: "Publish the app" }).count()).toBe(0);
  await page.getByLabel("A personal Gmail mailbox").check();

  const file = page.getByLabel("Choose the downloaded file");
  await file.setInputFiles(json("photo.json", "PNG"));
  await page.getByRole("alert").filter({ hasText: "it is no JSON" }).waitFor();
  await file.setInputFiles(json("service-account.json", '{"type":"service_account"}'));
  await page.getByRole("alert").filter({ hasText: "credentials_refused" }).waitFor();
  expect(await page.getByRole("alert").filter({ hasText: "it is no JSON" }).count()).toBe(0);
  await portray(page, "setup-refused");
  await file.setInputFiles(json("client_secret.json", JSON.stringify(google.credentials)));
  await page.getByRole("heading", { name: "Google knows this program" }).waitFor();
  await page.getByText(google.credentials["installed"]!.client_id).first().waitFor();
  expect(await file.count()).toBe(0);
  await page.getByText("To use another client").click();
  await page.getByText("If Google shows an error").click();
  await portray(page, "setup-ready");

  await page.goto(product.origin);
  await current.getByRole("heading", { name: "Sign in to your mailbox" }).waitFor();
  await portray(page, "welcome-2-sign-in");
  await current.getByRole("link", { name: "Sign in with Google" }).click();
  await page.getByRole("heading", { name: ADA }).waitFor();
  expect(page.url()).toBe(`${product.origin}/#/accounts`);
  await portray(page, "accounts");

  await page.getByRole("link", { name: "gmail-export" }).click();
  await current.getByRole("heading", { name: "Export" }).waitFor();
  await portray(page, "welcome-3-export");
  await current.getByRole("link", { name: "Start an export" }).click();
  expect(page.url()).toBe(`${product.origin}/#/new`);
  await page.getByRole("button", { name: "Start export" }).click();
  await page.getByText("Complete and proven").waitFor();

  await page.getByRole("link", { name: "Browse the mail" }).click();
  await page.getByRole("table").getByRole("link").first().click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.getByText("Source (JSON)").click();
  await page.getByText('"Message-ID"').waitFor();
  await page.goBack();
  await page.goBack();
  const downloading = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download emails_batch_1.json" }).click();
  const records: unknown = JSON.parse(await text(await (await downloading).createReadStream()));
  expect(records).toHaveLength(listedIds({ google }).length);

  await page.getByRole("link", { name: "gmail-export" }).click();
  await page.getByRole("link", { name: ADA }).waitFor();
  expect(await step(ADA).getByText("Complete").count()).toBe(1);
  expect(complaints).toEqual([]);
});

test("a client file that cannot be used is named, with what to do", async () => {
  await using google = await simulateGoogle();
  await using product = await install({ url: google.url, credentials: { type: "authorized_user" } });
  await using _server = await product.serve();
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([product.origin], { locale: "fr-FR" });
  await page.goto(`${product.origin}/#/setup`);
  await page.getByRole("alert").filter({ hasText: "mais il est inutilisable" }).waitFor();
  await portray(page, "setup-unusable-fr");
  await page.goto(`${product.origin}/#/accounts`);
  await page.getByRole("link", { name: "Ouvrir le guide de configuration" }).waitFor();
  expect(await page.getByRole("button", { name: "Se connecter avec Google" }).count()).toBe(0);

  // A client that does not know this server's address: what to register, and no way to Google, which would refuse.
  const { installed } = google.credentials;
  await writeCredentials(
    { web: { ...installed, redirect_uris: ["https://elsewhere.example.com/callback"] } },
    product.folder,
  );
  for (const address of ["setup", "accounts"]) {
    await page.goto(`${product.origin}/#/${address}`);
    await page.getByRole("button", { name: "Copier URI de redirection" }).first().waitFor();
    await page.getByRole("alert").getByText(`${product.origin}/auth/callback`, { exact: true }).waitFor();
    expect(await page.getByText("Se connecter avec Google").count()).toBe(0);
  }
  await portray(page, "setup-redirect-fr");
  await page.goto(`${product.origin}/#/`);
  await page.getByRole("link", { name: "Ouvrir le guide" }).waitFor();
  expect(await page.getByText("Se connecter avec Google").count()).toBe(0);

  // With a service account's key nobody signs in, and no client is missed.
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = {
    type: "service_account",
    client_email: "reader@my-project.iam.gserviceaccount.com",
    client_id: "107",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: `${google.url}/token`,
  };
  await writeCredentials(key, product.folder);
  for (const address of ["accounts", "setup"]) {
    await page.goto(`${product.origin}/#/${address}`);
    await page
      .getByRole("status")
      .filter({ hasText: "Un compte de service lit" })
      .getByText(key.client_email)
      .waitFor();
    expect(await page.getByText("Se connecter avec Google").count()).toBe(0);
  }
  await portray(page, "setup-service-account-fr");
  expect(complaints).toEqual([]);
});

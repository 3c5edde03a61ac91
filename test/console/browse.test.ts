import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

import { api } from "../api.ts";
import { recordsIn } from "../exported.ts";
import { scratchFolder } from "../scratch.ts";
import {
  ADA,
  API_KEY,
  begin,
  BOB,
  exportAll,
  listedIds,
  reaches,
  stage,
  type Stage,
  stageSignedIn,
  standstill,
  withKey,
} from "../stage.ts";
import { until } from "../wait.ts";
import { openChromium, portray } from "./chromium.ts";

const DAY = Date.UTC(1999, 11, 31, 12);

/** Messages that are easily told from the seeded ones. */
const LETTERS = [
  {
    from: "Hedy Kiesler <hedy@radio.example>",
    subject: "Trajectories for Friday",
    plain: "The figures agree with the machine.\n\n— HK",
    html: '<p>The figures <b>agree</b> with the machine.</p><img src="https://tracker.example/pixel.gif"><p>— HK</p>',
    labelIds: ["INBOX", "Label_2"],
    internalDate: DAY,
    attachments: [{ filename: "Orbit table.csv", mimeType: "text/csv", bytes: Buffer.alloc(2_345, "1,2\n") }],
  },
  {
    from: "Hedy Kiesler <hedy@radio.example>",
    subject: "Ellipses",
    plain: "Only text in this one.",
    labelIds: ["INBOX"],
    internalDate: DAY - 86_400_000,
  },
] as const;

const EVE = "eve@example.com";
const DAN = "dan@example.com";

const LONG = `${"All work and no play.\n".repeat(20_000)}The end.`;

/** One server for all tests, as none changes what another reads: Ada's mailbox was exported before, the others are free. */
let w: Stage;
let id: string;
let directory: string;
let long: string;

beforeAll(async () => {
  w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 120 },
      { email: BOB, messages: 120 },
      { email: EVE, messages: 3 },
      { email: DAN, messages: 40 },
    ],
  });
  for (const letter of LETTERS) w.google.mailbox().add(letter);
  long = w.google.mailbox().add({ subject: "Long", plain: LONG, labelIds: ["INBOX"] });
  ({ id, directory } = await exportAll(w));
});
afterEach(() => w.google.faults.clear());
afterAll(() => w[Symbol.asyncDispose]());

const rows = (page: Page) => page.locator("tbody tr");
const opener = (page: Page, subject: string) => page.getByRole("row").getByRole("link", { name: subject, exact: true });

test("what was exported is found by words, sender, subject, label and day, page by page", async () => {
  const total = listedIds(w).length;
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  await page.getByRole("status").getByText(`${total} messages`).waitFor();
  await page.getByText(ADA).first().waitFor();
  expect(await rows(page).count()).toBe(50);
  await portray(page, "mail");

  const search = page.getByRole("searchbox", { name: "Search this export" });
  await search.fill("traj frid");
  await page.getByRole("status").getByText("1 message found").waitFor();
  await opener(page, "Trajectories for Friday").waitFor();
  await page.getByRole("cell", { name: "Hedy Kiesler hedy@radio.example" }).waitFor();
  await page.getByRole("cell", { name: "1 attachment" }).waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByText(`${total} messages`).waitFor();

  const narrow = async (field: string, value: string, count: string): Promise<void> => {
    await page.getByLabel(field, { exact: true }).fill(value);
    await page.getByText(count, { exact: true }).waitFor();
  };
  await narrow("From", "hedy", "2 messages found");
  await narrow("Subject", "ellip", "1 message found");
  await page.getByText("(2 in use)").waitFor();
  await narrow("Subject", "", "2 messages found");
  await narrow("From this day on", "1999-12-31", "1 message found");
  await narrow("From this day on", "", "2 messages found");
  await narrow("Before this day", "1999-12-31", "1 message found");
  await opener(page, "Ellipses").waitFor();
  await narrow("Before this day", "", "2 messages found");
  await page.getByRole("combobox", { name: "Label" }).selectOption("Travel/Lisbon");
  await page.getByText("1 message found").waitFor();
  await narrow("From", "nobody", "No message matches");
  await portray(page, "mail-none");
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByText(`${total} messages`).waitFor();

  await page.getByLabel("Order").selectOption("Oldest first");
  await expect.poll(async () => rows(page).first().innerText()).toContain("Ellipses");
  for (let shown = 50; shown < total; shown = await rows(page).count()) {
    await page.getByRole("button", { name: "Show more" }).click();
    await expect.poll(() => rows(page).count()).toBeGreaterThan(shown);
  }
  expect(await rows(page).count()).toBe(total);
  expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  // What is searched for is mail: it stands neither in the address nor in what the browser keeps.
  await search.fill("ellipses");
  await page.getByText("1 message found").waitFor();
  expect(await page.evaluate(() => location.hash)).toBe(`#/exports/${id}/mail`);
  const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(kept).toContain("gmail-export.language");
  expect(kept).not.toMatch(/ellipses|hedy|example/i);
  expect(complaints).toEqual([]);
});

/** 160 by 90 pixels: a gradient, which nobody takes for a picture that is missing. */
const PHOTO = await readFile(join(import.meta.dirname, "../fixtures/photo.png"));
const DRAWING = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.caught=1"><script>1</script></svg>',
);
const CALLED = "Reise/\u202eplan: Zürich.html";

/** A message with pictures in it, of which one may be shown, and with a file whose name and type deceive. */
const WITH_FILES = {
  from: "Hedy Kiesler <hedy@radio.example>",
  subject: "The view from the antenna",
  html: `<p>This is what one sees from up there:</p><p><img alt="Hills" src="cid:photo@radio" width="320" height="180"></p>
    <p>and this is how it was drawn: <img alt="A drawing" src="cid:drawing@radio"></p><p>— HK</p>`,
  labelIds: ["INBOX"],
  internalDate: DAY + 60_000,
  attachments: [
    { filename: "hills.png", mimeType: "image/png", bytes: PHOTO, contentId: "photo@radio" },
    { filename: "drawing.png", mimeType: "image/png", bytes: DRAWING, contentId: "drawing@radio" },
    { filename: "Orbit table.csv", mimeType: "text/csv", bytes: Buffer.alloc(2_345, "1,2\n") },
    {
      filename: CALLED,
      mimeType: "image/jpeg",
      bytes: Buffer.from("<script>top.caught = 1</script>"),
      style: "rfc2231",
    },
  ],
} as const;

test("a message is shown with the pictures that came with it, and what came with it is taken home as it was sent", async () => {
  const message = w.google.mailbox(EVE).add(WITH_FILES);
  const pictured = await exportAll(w, { email: EVE, attachments: true, formats: ["eml"] });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  const address = `${w.product.origin}/#/exports/${pictured.id}/mail/${message}`;
  await page.goto(address);
  await page.getByRole("heading", { name: WITH_FILES.subject }).waitFor();
  await page.getByText("1 picture is not shown").waitFor();
  const picture = page.frameLocator("iframe").getByAltText("Hills");
  await until(() => picture.evaluate((one: HTMLImageElement) => one.complete && one.naturalWidth > 0));
  expect(await page.frameLocator("iframe").locator("img").count()).toBe(1);
  await portray(page, "message-attachments");

  await using home = await scratchFolder();
  const take = async (link: string | RegExp): Promise<{ name: string; bytes: Buffer }> => {
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: link, exact: true }).click(),
    ]);
    const path = join(home.path, "saved");
    await saved.saveAs(path);
    return { name: saved.suggestedFilename(), bytes: await readFile(path) };
  };
  const csv = await take("Download Orbit table.csv");
  expect(csv).toEqual({ name: "Orbit table.csv", bytes: WITH_FILES.attachments[2].bytes });
  const deceiving = await take(/^Download Reise/);
  expect(deceiving.bytes).toEqual(WITH_FILES.attachments[3].bytes);
  expect(deceiving.name).toBe("plan_ Zürich.html");
  const original = await take(/^Download original/);
  expect(original.name).toBe(`${message}.eml`);
  const record = (await recordsIn(pictured.directory)).find((one) => one["Message-ID"] === message);
  expect(createHash("sha256").update(original.bytes).digest("hex")).toBe(record!.Original!.sha256);
  expect([page.url(), await page.evaluate(() => "caught" in globalThis)]).toEqual([address, false]);

  await page.goto(`${w.product.origin}/#/exports/${pictured.id}`);
  await page.getByText("every message, byte for byte").waitFor();
  await page.getByText(/^in \d+ files/).waitFor();
  await portray(page, "export-with-files");
  await page.goto(address);
  await page.getByLabel("Language").selectOption("Français");
  await page.getByText("1 image n'est pas affichée").waitFor();
  await page.getByRole("link", { name: /^Télécharger l'original/ }).waitFor();
  await portray(page, "message-attachments-french");
  await page.goto(`${w.product.origin}/#/new`);
  await page.getByText("Ce qui est gardé").waitFor();
  await portray(page, "new-export-french");
  expect(complaints).toEqual([]);
});

test("a message is shown as its sender meant it, as text, and as it was exported", async () => {
  const kept = (await recordsIn(directory)).find(({ Subject }) => Subject === LETTERS[0].subject);
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail/${kept?.["Message-ID"]}`);
  await page.getByRole("heading", { name: "Trajectories for Friday" }).waitFor();
  await page.getByText("Hedy Kiesler <hedy@radio.example>").waitFor();
  await page.getByText("1 remote image or other outside content was not loaded").waitFor();
  const frame = page.frameLocator('iframe[title="The message, as HTML"]');
  await frame.getByText("The figures agree with the machine.").waitFor();
  await page.getByRole("cell", { name: "Orbit table.csv" }).waitFor();
  await page.getByRole("cell", { name: "2.35 kB" }).waitFor();
  await page.getByText("This export lists attachments without their contents.").waitFor();
  expect(await page.getByRole("link", { name: /^Download/ }).count()).toBe(0);
  await portray(page, "message-html");

  await page.getByRole("radio", { name: "Text" }).check();
  await page.getByText("The figures agree with the machine.").waitFor();
  expect(await page.locator("iframe").count()).toBe(0);
  await portray(page, "message-text");

  await page.getByRole("radio", { name: "Source (JSON)" }).check();
  await page.getByText("The original of this message (.eml) is not in this export.").waitFor();
  expect(JSON.parse(await page.locator("pre").innerText())).toEqual(kept);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy JSON" }).click();
  await page.getByText("Copied").waitFor();
  expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(kept);
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))));
  await page
    .getByRole("button", { name: "Copy JSON" })
    .or(page.getByRole("button", { name: "Copied JSON" }))
    .click();
  await page.getByText("Not allowed: select it").waitFor();
  await portray(page, "message-source");

  await page.getByRole("link", { name: "Travel/Lisbon" }).click();
  await opener(page, "Trajectories for Friday").waitFor();
  await page.getByText(/^\d+ messages? found$/).waitFor();
  expect(await page.getByRole("combobox", { name: "Label" }).inputValue()).toBe("Label_2");
  expect(complaints).toEqual([]);
});

test("who comes back from messages finds the list where they left it", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  const newest = await rows(page).first().innerText();
  await page.getByLabel("Order").selectOption("Oldest first");
  await expect.poll(() => rows(page).first().innerText()).not.toBe(newest);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect.poll(() => rows(page).count()).toBe(100);

  const link = (row: number) => rows(page).nth(row).getByRole("link");
  const [here, there] = [await link(98).getAttribute("href"), await link(99).getAttribute("href")];
  await link(98).focus();
  await page.keyboard.press("Enter");
  await page.getByText(/^99 of \d+$/).waitFor();
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.getByRole("link", { name: "Next" }).click();
  await page.getByText(/^100 of \d+$/).waitFor();
  expect(new URL(page.url()).hash).toBe(there);
  // Where the list that was shown ends, what comes behind is asked for.
  await page.getByRole("link", { name: "Next" }).click();
  await page.getByText(/^101 of \d+$/).waitFor();
  await page.getByRole("link", { name: "Previous" }).click();
  await page.getByRole("link", { name: "Previous" }).click();
  await page.getByText(/^99 of \d+$/).waitFor();
  await page.getByRole("link", { name: "Back to the messages" }).click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe(here);
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(1_000);
  expect(await page.getByLabel("Order").inputValue()).toBe("oldest");

  await page.goBack();
  await page.getByText(/^99 of \d+$/).waitFor();
  expect(complaints).toEqual([]);
});

test("very long texts are shown by their beginning, and the rest when asked for", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail/${long}`);
  const rest = page.getByRole("button", { name: /^Show the rest \(2\d\d,\d{3} characters\)$/ });
  await rest.waitFor();
  expect(await page.getByText("The end.").count()).toBe(0);
  await rest.click();
  await page.getByText("The end.").waitFor();
  expect(complaints).toEqual([]);
});

test("statistics show when, who, what size and which labels, and lead to the messages", async () => {
  const mailbox = w.google.mailbox(BOB);
  for (const letter of LETTERS) mailbox.add(letter);
  for (let n = 0; n < 20; n += 1) mailbox.add({ ...LETTERS[1], internalDate: DAY - n * 86_400_000 * 20 });
  const { id: counted } = await exportAll(w, { email: BOB });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${counted}/statistics`);
  await page
    .locator("dl.figures")
    .getByText(String(listedIds(w, BOB).length), { exact: true })
    .waitFor();
  await page.getByRole("figure", { name: "Messages a month" }).waitFor();
  await page.locator(".plot canvas").waitFor();
  await portray(page, "statistics");

  const senders = page.getByRole("table", { name: "Who writes most" });
  await senders.getByRole("link", { name: "Hedy Kiesler" }).click();
  await page.getByText("22 messages found").waitFor();
  expect(await page.getByLabel("From", { exact: true }).inputValue()).toBe("hedy@radio.example");

  await page.getByRole("link", { name: "Statistics" }).click();
  const labels = page.getByRole("table", { name: "Labels" });
  const count = await labels.getByRole("row", { name: "Travel/Lisbon" }).locator("td.number").innerText();
  await labels.getByRole("link", { name: "Travel/Lisbon" }).click();
  await page.getByText(`${count} messages found`, { exact: true }).waitFor();
  expect(complaints).toEqual([]);
});

test("it speaks French", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin], { locale: "fr-FR" });
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  await page.getByRole("searchbox", { name: "Rechercher dans cet export" }).fill("hedy");
  await page.getByText("2 messages trouvés").waitFor();
  await page.getByRole("time").or(page.locator("time")).getByText("31 déc. 1999").waitFor();
  await portray(page, "mail-french");
  await opener(page, "Trajectories for Friday").click();
  await page.getByText("1 image distante ou autre contenu extérieur n'a pas été chargé").waitFor();
  await page.getByText("1 pièce jointe").waitFor();
  await portray(page, "message-french");
  await page.goto(`${w.product.origin}/#/exports/${id}/statistics`);
  await page.getByRole("heading", { name: "Qui écrit le plus" }).waitFor();
  await page.getByRole("link", { name: "Boîte de réception" }).waitFor();
  await portray(page, "statistics-french");
  expect(complaints).toEqual([]);
});

test("an export without a message says so, and its messages appear by themselves", async () => {
  w.google.faults.add(standstill(3));
  const empty = await begin(w, { email: DAN });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${empty}/mail`);
  await page.getByRole("heading", { name: "There is nothing to read yet" }).waitFor();
  await portray(page, "mail-not-yet");
  await page.goto(`${w.product.origin}/#/exports/${empty}/statistics`);
  await page.getByRole("heading", { name: "There is nothing to read yet" }).waitFor();
  await portray(page, "statistics-not-yet");

  await page.getByRole("link", { name: "Messages", exact: true }).click();
  await page.getByRole("heading", { name: "There is nothing to read yet" }).waitFor();
  w.google.faults.clear();
  await w.post(`/exports/${empty}/pause`);
  await reaches(w, empty, "paused");
  await w.post(`/exports/${empty}/resume`);
  await page.getByText(`${listedIds(w, DAN).length} messages`).waitFor();
  expect(complaints).toEqual([]);
});

test("an export that found nothing says so", async () => {
  const nothing = await exportAll(w, { query: "from:nobody@nowhere.example", output_dir: "data/nothing" });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${nothing.id}/mail`);
  await page.getByRole("heading", { name: "This export holds no messages" }).waitFor();
  await portray(page, "mail-empty");
  await page.getByRole("link", { name: "Statistics" }).click();
  await page.getByRole("heading", { name: "This export holds no messages" }).waitFor();
  expect(complaints).toEqual([]);
});

test("messages that were finished just before the export ended are shown", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  let isFirst = true;
  await page.route(/\/(records|statistics)(\?|$)/, async (route) => {
    const response = await route.fetch();
    const index = { files: 0, of: 0, complete: true };
    const json = isFirst
      ? { ...(await response.json()), index, total: 0, records: [], messages: 0, next_cursor: null }
      : undefined;
    if (
      route
        .request()
        .url()
        .includes(page.url().endsWith("mail") ? "records" : "statistics")
    )
      isFirst = false;
    await route.fulfill({ response, ...(json ? { json } : {}) });
  });
  for (const view of ["mail", "statistics"]) {
    isFirst = true;
    await page.goto(`${w.product.origin}/#/exports/${id}/${view}`);
    await page.getByText(view === "mail" ? `${listedIds(w).length} messages` : "Who writes most").waitFor();
    expect(isFirst).toBe(false);
  }
  expect(complaints).toEqual([]);
});

test("a message's HTML is shown on a server that asks for its key, too", async () => {
  await using locked = await stage({ messages: 3 }, { API_KEY }, [ADA]);
  const message = locked.google.mailbox().add(LETTERS[0]);
  const kept = await exportAll(api(locked.server.url, withKey));
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([locked.product.origin]);
  await page.goto(`${locked.product.origin}/#/exports/${kept.id}/mail/${message}`);
  await page.getByLabel("API key").fill(API_KEY);
  await page.getByRole("button", { name: "Enter" }).click();
  const frame = page.frameLocator('iframe[title="The message, as HTML"]');
  await frame.getByText("The figures agree with the machine.").waitFor();
  expect(complaints).toEqual([]);
});

test("while the files are read it says how far that is, and asks again until all is there", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  // The server reads so few files faster than one can look: its first answers are told later than they are true.
  let isReading = true;
  await page.route(/\/(records|statistics)(\?|$)/, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    await route.fulfill({
      response,
      json: isReading ? { ...answer, index: { files: 3, of: 8, complete: false } } : answer,
    });
  });
  for (const view of ["mail", "statistics"]) {
    isReading = true;
    await page.goto(`${w.product.origin}/#/exports/${id}/${view}`);
    await page.getByText("3 of 8 files read").waitFor();
    await portray(page, `${view}-reading`);
    isReading = false;
    await page.getByText("3 of 8 files read").waitFor({ state: "detached" });
  }
  expect(complaints).toEqual([]);
});

test("an answer to what is no longer asked is not waited for, and a failure blanks nothing", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.route(/search=slow/, () => {}); // is never answered
  await page.route(/search=unreached/, (route) => route.abort());
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  await page.getByText(/^\d+ messages$/).waitFor();
  const search = page.getByRole("searchbox");
  const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("search=slow"));
  const asked = page.waitForRequest(/search=slow/);
  await search.fill("slow");
  await asked;
  await search.fill("ellipses");
  await page.getByText("1 message found").waitFor();
  expect((await ended).failure()?.errorText).toBe("net::ERR_ABORTED");

  await search.fill("unreached");
  await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
  await opener(page, "Ellipses").waitFor();
  await portray(page, "mail-failure");
  await page.unroute(/search=unreached/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "No message matches" }).waitFor();
  expect(complaints.filter((text) => !text.includes("net::ERR_FAILED"))).toEqual([]);
});

test("what is not there is said with its next step", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail/nowhere`);
  await page.getByRole("alert").getByText("no_such_message").waitFor();
  await portray(page, "message-unknown");
  await page.goto(`${w.product.origin}/#/exports/nowhere/mail`);
  await page.getByRole("alert").getByText("export_unknown").waitFor();
  await portray(page, "mail-unknown");
  await page.goto(`${w.product.origin}/#/exports/nowhere/statistics`);
  await page.getByRole("alert").getByText("export_unknown").waitFor();
  expect(complaints).toEqual([]);
});

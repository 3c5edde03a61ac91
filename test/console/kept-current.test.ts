import { afterAll, beforeAll, expect, test } from "vitest";

import { ADA, BOB, exportAll, stageSignedIn, type Stage } from "../stage.ts";
import { until } from "../wait.ts";
import { openChromium, portray } from "./chromium.ts";

/** One server for all tests, each with a mailbox of its own. */
let w: Stage;
beforeAll(async () => {
  w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 60 },
      { email: BOB, messages: 40 },
    ],
  });
});
afterAll(() => w[Symbol.asyncDispose]());

test("an export tells since when it is proven, what changed in Gmail, and what became of each message", async () => {
  const mailbox = w.google.mailbox(ADA);
  const [gone, moved, ...others] = ["Gone", "Moved", ...Array.from({ length: 55 }, () => "x")].map((subject) =>
    mailbox.add({ subject, plain: subject, labelIds: ["INBOX"] }),
  );
  const { id: first } = await exportAll(w, { email: ADA });
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/#/exports/${first}/changes`);
  await page.getByText("The first run ended.").waitFor();

  mailbox.remove(gone!);
  mailbox.setLabels(moved!, ["IMPORTANT"]);
  mailbox.renameLabel("Label_2", "Voyages");
  for (const other of others) mailbox.setLabels(other, ["STARRED"]);
  mailbox.add({ subject: "Come lately", plain: "Hello", labelIds: ["INBOX"] });
  const { id: second } = await exportAll(w, { email: ADA });
  await page.goto(`${w.product.origin}/#/exports/${second}`);
  const entry = (name: string) =>
    page
      .locator("dl.asked > div")
      .filter({ has: page.getByText(name, { exact: true }) })
      .locator("dd");
  await entry("Proven complete as of").getByText("(now)").waitFor();
  await entry("Changed in the last run").getByText("1 new, 56 with other labels, 1 deleted in Gmail").waitFor();
  await entry("Kept though deleted in Gmail").getByText("1 message").waitFor();
  await entry("By itself").getByRole("link", { name: "Add a schedule" }).waitFor();
  await portray(page, "export-current");

  await page.getByRole("link", { name: "Changes in Gmail" }).click();
  const list = page.getByRole("list", { name: "Changes, the latest first" });
  await list.getByRole("listitem").nth(49).waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await list.getByText("The first run ended.").waitFor();
  expect(await list.getByRole("listitem").count()).toBe(60);
  expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  await list.getByText("“Travel/Lisbon” is called “Voyages” now").waitFor();

  await page.getByRole("searchbox", { name: "Search the changes" }).fill("important labels");
  await expect.poll(() => list.getByRole("listitem").count()).toBe(1);
  await list.getByText("before: Inbox").waitFor();
  await list.getByText("now: Important").waitFor();
  await page.getByRole("searchbox").fill("");
  await expect.poll(() => list.getByRole("listitem").count()).toBe(50);
  await portray(page, "changes");
  await page.getByRole("searchbox").fill("deleted");
  await list.getByRole("link", { name: "Gone" }).click();
  await page.getByRole("heading", { name: "Gone" }).waitFor();
  await page.goBack();
  await page.getByLabel("From this day on").fill("2999-12-31");
  await page.getByRole("heading", { name: "No change matches" }).waitFor();
  expect(page.url()).toBe(`${w.product.origin}/#/exports/${second}/changes`);
  await page.getByLabel("From this day on").fill("");
  await page.getByLabel("Language").selectOption("Français");
  await page.getByRole("list", { name: "Changements, les derniers d'abord" }).getByText("Nouveau").waitFor();
  await portray(page, "changes-fr");

  await page.getByLabel("Langue").selectOption("English");
  await page.goto(`${w.product.origin}/#/exports/${second}/mail`);
  const row = (subject: string) =>
    page.getByRole("row").filter({ has: page.getByRole("link", { name: subject, exact: true }) });
  await page.getByRole("searchbox").first().fill("gone");
  await row("Gone").getByText("Deleted in Gmail").waitFor();
  expect((await w.get(`/exports/${second}/records?search=gone`)).body).toMatchObject({
    records: [{ subject: "Gone", deleted_at: expect.stringMatching(/Z$/) }],
  });
  await page.getByRole("searchbox").first().fill("moved");
  await row("Moved").waitFor();
  expect(await page.getByText("Deleted in Gmail").count()).toBe(0);

  await page.goto(`${w.product.origin}/#/exports/${second}`);
  await page.getByRole("button", { name: "Take out what was deleted in Gmail" }).click();
  const question = page.getByRole("dialog", { name: "Take out 1 message for good?" });
  await portray(page, "export-prune");
  await question.getByRole("button", { name: "Go back" }).click();
  expect((await w.get(`/exports/${second}`)).body.deleted).toBe(1);
  await page.getByRole("button", { name: "Take out what was deleted in Gmail" }).click();
  await question.getByRole("button", { name: "Take out for good" }).click();
  await entry("Taken out in the last run").getByText("1 message").waitFor();
  await entry("Kept though deleted in Gmail").waitFor({ state: "detached" }); // when the run is over
  await portray(page, "export-pruned");
  expect(complaints).toEqual([]);
});

test("an account is exported by itself: a schedule is added, told in words, run, paused and deleted in the console", async () => {
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin], { timezoneId: "Europe/Paris" });
  await page.goto(w.product.origin);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Schedules" }).click();
  await page.getByRole("heading", { name: "Nothing is exported by itself yet" }).waitFor();
  await portray(page, "schedules-none");
  await page.getByRole("link", { name: "Add a schedule" }).click();

  const cron = page.getByLabel("Cron expression");
  await page.getByText("Every day at 3:00 AM").waitFor();
  expect(await page.getByLabel("Time zone").inputValue()).toBe("Europe/Paris");
  await cron.fill("0 25 * * *");
  await page.getByText('at character 3 of "0 25 * * *"').waitFor();
  expect(await cron.getAttribute("aria-invalid")).toBe("true");
  await page.getByLabel("Account").selectOption(BOB);
  await page.getByLabel("Begin up to so many seconds later").fill("soon");
  await page.getByRole("button", { name: "Add the schedule" }).click();
  await page.getByRole("alert").getByText("see what is marked in red above").waitFor();
  await until(() => cron.evaluate((one) => one === document.activeElement));
  await portray(page, "schedule-refused");
  await page.getByRole("button", { name: /^Every Sunday/ }).click();
  await page.getByText("Every Sunday at 3:00 AM").waitFor();
  await page.getByLabel("Begin up to so many seconds later").fill("0");
  await page.getByText("Only the newest").click();
  await page.getByLabel("How many of the newest").fill("5");
  await page.getByText("More options").click();
  await page.getByLabel("Folder").fill("by-itself");
  await portray(page, "schedule-new");
  await page.getByRole("button", { name: "Add the schedule" }).click();

  const card = page.getByRole("article", { name: `${BOB}, Every Sunday at 3:00 AM` });
  await card.getByText("only the newest 5").waitFor();
  const [made] = (await w.get("/schedules")).body.schedules;
  expect(made).toMatchObject({
    email: BOB,
    cron: "0 3 * * 0",
    time_zone: "Europe/Paris",
    jitter_seconds: 0,
    options: { max_emails: 5, output_dir: expect.stringMatching(/\/by-itself$/) },
  });
  await card.getByRole("button", { name: "Run now" }).click();
  await page.getByText("Complete and proven").waitFor();
  const scheduled = page.locator("dl.asked dd").filter({ hasText: "Every Sunday at 3:00 AM" });
  await scheduled.getByText(/^next run .* \(in \d+ (days?|hours?|minutes?)\)$/).waitFor();
  await scheduled.getByRole("link", { name: "Open the schedules" }).click();
  await card.getByText("Complete", { exact: true }).waitFor();

  await card.getByRole("button", { name: "Pause" }).click();
  await card.getByText("When it is resumed").waitFor();
  expect((await w.get(`/schedules/${made!.id}`)).body.paused).toBe(true);
  await card.getByRole("button", { name: "Resume" }).click();
  await card.getByText("When it is resumed").waitFor({ state: "detached" });

  // The server looks once a minute for what is wrong.
  const alarm = { event: "needs_sign_in", schedule_id: made!.id, export_id: null, since: "2026-11-28T03:00:12.000Z" };
  await page.route(/\/readyz$/, (route) => route.fulfill({ json: { status: "ready", alarms: [alarm] } }));
  await card.getByText("It cannot go on until its owner signs in again.").waitFor();
  await card.getByRole("link", { name: /^Sign in again/ }).waitFor();
  await portray(page, "schedules");
  await page.getByRole("link", { name: "gmail-export" }).click();
  await page.getByRole("link", { name: "See what is wrong with exports that run by themselves" }).click();
  await page.getByLabel("Language").selectOption("Français");
  await page.getByText("Il ne peut continuer que lorsque son propriétaire se reconnecte.").waitFor();
  await portray(page, "schedules-fr");
  await page.unroute(/\/readyz$/);
  await page.getByLabel("Langue").selectOption("English");

  await card.getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("dialog", { name: "Delete this schedule?" });
  await question.getByRole("button", { name: "Go back" }).click();
  expect(await w.get("/schedules").then(({ body }) => body.schedules)).toHaveLength(1);
  await card.getByRole("button", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Delete the schedule" }).click();
  await page.getByRole("heading", { name: "Nothing is exported by itself yet" }).waitFor();
  expect((await w.get("/schedules")).body.schedules).toEqual([]);
  expect(complaints).toEqual([]);
});

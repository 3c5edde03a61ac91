import { once } from "node:events";
import { createServer } from "node:http";

import { expect, test } from "vitest";

import { ADA, API_KEY, begin, grantsIn, signInPath, stage, stageSignedIn, type Stage } from "../stage.ts";
import { openChromium } from "./chromium.ts";

/** A page of another origin on this machine, which is what a page of the web is to the server too. */
async function foreignSite(html: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What the server has refused as another site's, by method and route. */
function refusals({ server }: Stage): string[] {
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.includes('"msg":"request"'));
  const requests = lines.map((line): Readonly<{ method: string; route: string; status: number }> => JSON.parse(line));
  return requests.filter(({ status }) => status === 403).map(({ method, route }) => `${method} ${route}`);
}

test("the reference runs in a real browser under its policy, without a script of the page's own being let in", async () => {
  await using w = await stage();
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/docs`);
  await page.getByRole("heading", { name: "gmail-export", exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.wasLetIn = true";
    document.body.append(script);
  });
  expect(await page.evaluate(() => "wasLetIn" in globalThis)).toBe(false);
});

test("a real browser signs in at Google and comes back, also from a foreign link", async () => {
  await using w = await stage();
  await using site = await foreignSite(`<a href="${w.product.origin}${signInPath(ADA)}">sign in</a>`);
  await using chromium = await openChromium();
  const { page, complaints } = await chromium.open([w.product.origin, w.google.url, site.url]);
  await page.goto(site.url);
  await page.getByText("sign in").click();
  await page.getByRole("heading", { name: "You are signed in" }).waitFor();
  expect(new URL(page.url()).origin).toBe(w.product.origin);
  expect(complaints).toEqual([]);
});

test("a foreign page in a real browser reads nothing and changes nothing", async () => {
  await using w = await stageSignedIn();
  const id = await begin(w);
  await using site = await foreignSite(`<iframe name="frame"></iframe>`);
  await using chromium = await openChromium();
  const { page } = await chromium.open([site.url]);
  await page.goto(site.url);
  const reads = await page.evaluate(
    async ({ origin, export: one, account }) => {
      const attempt = (path: string, init?: RequestInit): Promise<string> =>
        fetch(origin + path, { credentials: "include", ...init }).then(
          async (response) => `${response.type} ${await response.text()}`,
          () => "refused",
        );
      const load = (element: HTMLElement & { src: string }, path: string): Promise<string> =>
        new Promise((resolve) => {
          element.addEventListener("load", () => resolve("loaded"));
          element.addEventListener("error", () => resolve("refused"));
          element.src = origin + path;
          document.body.append(element);
        });
      const form = document.createElement("form");
      Object.assign(form, { method: "POST", action: `${origin}/exports/${one}/pause`, target: "frame" });
      document.body.append(form);
      form.submit();
      const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      const text = { method: "POST", mode: "no-cors", body: JSON.stringify({ email: account }) } as const;
      return [
        await attempt(`/exports/${one}`),
        await attempt("/accounts", { mode: "no-cors" }),
        await attempt("/export/gmail", json),
        await attempt("/export/gmail", text),
        await attempt(`/exports/${one}/cancel`, { method: "POST", mode: "no-cors" }),
        await attempt(`/auth?email=${account}`, { method: "DELETE" }),
        await load(document.createElement("img"), "/exports"),
        await load(document.createElement("script"), `/auth/status?email=${account}`),
      ];
    },
    { origin: w.product.origin, export: id, account: ADA },
  );
  expect(reads.filter((read) => read !== "refused" && read !== "opaque ")).toEqual([]);
  // The browser sent all of them; the server let none of them in.
  await expect
    .poll(() => refusals(w).toSorted())
    .toEqual(
      [
        "GET /exports/:id",
        "GET /accounts",
        "OPTIONS none", // asks whether it may send JSON
        "POST /export/gmail",
        "POST /exports/:id/cancel",
        "OPTIONS none", // asks whether it may delete
        "GET /exports",
        "GET /auth/status",
        "POST /exports/:id/pause",
      ].toSorted(),
    );
  expect((await w.get("/exports")).body.exports.length).toBe(1);
  expect((await w.get(`/exports/${id}`)).body.state).not.toMatch(/paused|cancelled/);
  expect(await grantsIn(w.product)).toHaveLength(1);
});

test("a real browser exchanges the key for a session, and its calls are let in until it signs out", async () => {
  await using w = await stage({ messages: 1 }, { API_KEY });
  await using chromium = await openChromium();
  const { page } = await chromium.open([w.product.origin]);
  await page.goto(`${w.product.origin}/healthz`);
  const ask = (path: string, method = "GET", body?: object): Promise<number> =>
    page.evaluate(
      async ([to, how, json]) => {
        const sent = json === undefined ? {} : { body: json, headers: { "content-type": "application/json" } };
        return (await fetch(to, { method: how, ...sent })).status;
      },
      [path, method, body && JSON.stringify(body)] as const,
    );
  const visit = async (): Promise<number | undefined> =>
    (await page.goto(`${w.product.origin}/openapi.json`))?.status();
  expect(await visit()).toBe(401);
  await page.goto(`${w.product.origin}/`);
  expect(await ask("/exports")).toBe(401);
  expect(await ask("/session", "POST", { key: "wrong" })).toBe(401);
  expect(await ask("/session", "POST", { key: API_KEY })).toBe(204);
  expect(await ask("/exports")).toBe(200);
  expect(await page.evaluate(() => document.cookie)).toBe("");
  expect(await visit()).toBe(200);
  await page.goto(`${w.product.origin}/`);
  expect(await ask("/session", "DELETE")).toBe(204);
  expect(await ask("/exports")).toBe(401);
});

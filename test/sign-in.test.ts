import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { writeCredentials } from "../simulator/stage.ts";
import { READONLY } from "../simulator/visitor.ts";
import { api, expectProblem } from "./api.ts";
import { openBrowser, type Browser, type Page } from "./browser.ts";
import { freePort } from "./free-port.ts";
import { install, type Product } from "./product.ts";
import {
  ADA,
  API_KEY,
  BOB,
  grantsIn,
  isAllowedAtGoogle,
  signEverybodyOut,
  signInPath,
  stage,
  withKey,
  type Stage,
} from "./stage.ts";

const OBRIEN = "o'brien@example.com";

/** One server for all tests that need no other: after each, nobody is signed in and Google is as it was. */
let w: Stage;
beforeAll(async () => {
  w = await stage({ accounts: [ADA, BOB, OBRIEN].map((email) => ({ email, messages: 1 })) });
});
afterEach(() => signEverybodyOut(w));
afterAll(() => w[Symbol.asyncDispose]());

/** Begins to sign in and consents; resolves with the address that Google sends the browser to, not yet asked for. */
async function comeBack(browser: Browser, account = ADA): Promise<URL> {
  const back = await browser.visit(w.product.origin + signInPath(account), ({ searchParams }) =>
    searchParams.has("code"),
  );
  return new URL(back.url);
}

/** A page for people that says why nobody was signed in; nothing is stored. */
async function expectRefused(page: Page, status: number, code: string, words: RegExp, product: Product): Promise<void> {
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.text).toContain("<h1>Not signed in</h1>");
  expect(page.text).toContain(`<code>${code}</code>`);
  expect(page.text).toMatch(words);
  expect(page.status).toBe(status);
  expect(await grantsIn(product)).toEqual([]);
}

describe("signing in", () => {
  test("begins on the redirect URI's own origin, binds the browser, and asks Google for no more than it needs", async () => {
    const browser = openBrowser();
    const elsewhere = await browser.step(w.server.url + signInPath(ADA));
    expect(elsewhere.status).toBe(302);
    expect(elsewhere.headers.getSetCookie()).toEqual([]);
    const begin = new URL(elsewhere.headers.get("location")!);
    expect([begin.origin, begin.pathname]).toEqual([w.product.origin, "/auth/gmail"]);

    const begun = await browser.step(begin.href);
    expect(begun.status).toBe(302);
    const cookies = begun.headers.getSetCookie();
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^gmail_export_sign_in_[\w-]{16}=[\w-]{43};/);
    expect(cookies[0]!.split("; ").slice(1).toSorted()).toEqual([
      "HttpOnly",
      "Max-Age=600",
      "Path=/auth/callback",
      "SameSite=Lax",
    ]);

    const atGoogle = new URL(begun.headers.get("location")!);
    expect(`${atGoogle.origin}${atGoogle.pathname}`).toBe(`${w.google.url}/o/oauth2/auth`);
    expect(Object.fromEntries(atGoogle.searchParams)).toEqual({
      client_id: w.google.credentials["installed"]!.client_id,
      response_type: "code",
      redirect_uri: `${w.product.origin}/auth/callback`,
      scope: READONLY,
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
      access_type: "offline",
      prompt: "consent",
      login_hint: ADA,
    });
  });

  test("ends on a page that says who is signed in, shows nothing of others and is kept by nobody", async () => {
    const { exchanges } = w.google.tokens;
    const page = await openBrowser().visit(w.server.url + signInPath("ADA@Example.com"));
    expect(page.status).toBe(200);
    expect(page.text).toContain("<h1>You are signed in</h1>");
    expect(page.text).toContain(ADA);
    expect(page.text).not.toMatch(/https?:|<script|<link|<img/);
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    expect(w.google.tokens).toMatchObject({ exchanges: exchanges + 1 });
  });

  test("works with any account when none is named", async () => {
    w.google.consent.account = BOB;
    const page = await openBrowser().visit(`${w.server.url}/auth/gmail`);
    expect(page.path.join(" ")).not.toContain("login_hint");
    expect(page.text).toContain(BOB);
    expect(await w.list("/accounts")).toMatchObject([{ email: BOB, authenticated: true }]);
  });

  test("works in two tabs of one browser at once", async () => {
    const browser = openBrowser();
    const first = await comeBack(browser, ADA);
    const second = await comeBack(browser, BOB);
    expect((await browser.step(first.href)).text).toContain(ADA);
    expect((await browser.step(second.href)).text).toContain(BOB);
    const body = await w.list("/accounts");
    expect(body.map(({ email }) => email).toSorted()).toEqual([ADA, BOB]);
  });

  test.each([
    ["the redirect URI of the defaults", "localhost", "/auth/callback"],
    ["a redirect URI of its own", "127.0.0.1", "/oauth/back"],
  ])("works with a web client and %s", async (_, host, path) => {
    const port = String(await freePort());
    const redirectUri = `http://${host}:${port}${path}`;
    const client = { type: "web", redirectUris: [redirectUri] } as const;
    await using _own = await stage({ client }, { PORT: port, OAUTH_REDIRECT_URI: redirectUri });
    const page = await openBrowser().visit(`http://localhost:${port}${signInPath(ADA)}`);
    expect(page.text).toContain("<h1>You are signed in</h1>");
    expect(new URL(page.url)).toMatchObject({ host: `${host}:${port}`, pathname: path });
  });

  test("behind a public address begins there, and its cookie travels by https alone", async () => {
    const settings = { OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback", API_KEY };
    await using own = await stage({}, settings);
    const { get } = api(own.server.url, withKey);
    const begin = (await get(signInPath(ADA))).headers.get("location")!;
    expect(begin).toMatch(/^https:\/\/mail\.example\.com\/auth\/gmail\?/);
    const { headers } = await get(begin.replace("https://mail.example.com", own.server.url));
    expect(headers.get("set-cookie")).toMatch(/; Secure/);
    expect(headers.get("location")).toMatch(/redirect_uri=https%3A%2F%2Fmail\.example\.com%2Fauth%2Fcallback/);
  });
});

describe("a sign-in that began in the console", () => {
  const atHome = ({ pathname }: URL): boolean => pathname === "/";

  test("ends there, by way of the redirect URI's own origin, with nobody's name in the address", async () => {
    const page = await openBrowser().visit(`${w.server.url}${signInPath(ADA)}&return=console`, atHome);
    expect(page.url).toBe(`${w.product.origin}/#/accounts`);
    expect([page.status, page.headers.get("location")]).toEqual([303, "/#/accounts"]);
    expect(page.path[1]).toContain("return=console");
    expect((await w.get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: true });
  });

  test("ends on the page that says why when it is refused, which leads back", async () => {
    w.google.consent.decision = "deny";
    const page = await openBrowser().visit(`${w.server.url}${signInPath(ADA)}&return=console`, atHome);
    await expectRefused(page, 403, "sign_in_refused", /<a href="\/">/, w.product);
  });

  test("is not mixed up with another of the same browser that began elsewhere", async () => {
    const browser = openBrowser();
    const back = await comeBack(browser);
    const fromConsole = await browser.visit(`${w.server.url}${signInPath(ADA)}&return=console`, atHome);
    expect(fromConsole.status).toBe(303);
    const page = await browser.step(back.href);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`<a href="/">`);
  });

  test.each(["//evil.example.com", "https://evil.example.com/", "/exports", ""])(
    "returns nowhere else: %j",
    async (to) => {
      const answer = await w.get(`${signInPath(ADA)}&return=${encodeURIComponent(to)}`);
      expectProblem(answer, 422, "invalid_fields");
    },
  );
});

describe("a callback is refused with a page that says why, and nothing is stored", () => {
  const changed = (back: URL, change: (query: URLSearchParams) => void): string => {
    const url = new URL(back);
    change(url.searchParams);
    return url.href;
  };

  test.each<[string, (query: URLSearchParams) => void, number, string, RegExp]>([
    ["a state nobody gave out", (query) => query.set("state", "A".repeat(43)), 400, "state_invalid", /not begun here/],
    ["an empty state", (query) => query.set("state", ""), 400, "state_invalid", /no state/],
    ["no state", (query) => query.delete("state"), 400, "state_invalid", /no state/],
    ["two states", (query) => query.append("state", "A"), 400, "state_invalid", /no state/],
    ["no code", (query) => query.delete("code"), 403, "sign_in_refused", /no code/],
    ["two codes", (query) => query.append("code", "4/0A"), 403, "sign_in_refused", /no code/],
    ["somebody else's code", (query) => query.set("code", `4/0A${"x".repeat(72)}`), 403, "sign_in_refused", /expired/],
    ["a refusal", (query) => query.set("error", "access_denied"), 403, "sign_in_refused", /refused on Google/],
    [
      "an error nobody knows",
      (query) => query.set("error", "<script>alert(1)</script>"),
      403,
      "sign_in_refused",
      /Google ended/,
    ],
  ])("%s", async (_, change, status, code, words) => {
    const browser = openBrowser();
    const page = await browser.step(changed(await comeBack(browser), change));
    await expectRefused(page, status, code, words, w.product);
    expect(page.text).not.toContain("<script");
  });

  test("one without any parameter", async () => {
    const page = await openBrowser().step(`${w.server.url}/auth/callback`);
    await expectRefused(page, 400, "state_invalid", /no state/, w.product);
  });

  test("one in another browser, and the first browser goes on", async () => {
    const browser = openBrowser();
    const back = await comeBack(browser);
    await expectRefused(await openBrowser().step(back.href), 400, "state_invalid", /another browser/, w.product);
    expect((await browser.step(back.href)).text).toContain("<h1>You are signed in</h1>");
  });

  test("consent that was not given, and one that was used before, as a reloaded page is", async () => {
    const browser = openBrowser();
    w.google.consent.decision = "deny";
    const denied = await browser.visit(w.product.origin + signInPath(ADA));
    await expectRefused(denied, 403, "sign_in_refused", /refused on Google.*allow access/s, w.product);
    await expectRefused(await browser.step(denied.url), 400, "state_invalid", /used already/, w.product);

    w.google.consent.decision = "approve";
    const signedIn = await browser.visit(w.product.origin + signInPath(ADA));
    const again = await browser.step(signedIn.url);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining("used already")]);
    expect((await w.get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: true });
  });

  test("another account than the one asked for, which may keep what it has", async () => {
    w.google.consent.account = OBRIEN;
    const page = await openBrowser().visit(w.product.origin + signInPath(ADA));
    await expectRefused(
      page,
      403,
      "wrong_account",
      /o&#39;brien@example\.com signed in, ada@example\.com was/,
      w.product,
    );
    expect(await isAllowedAtGoogle(w.google, OBRIEN)).toBe(false); // what nobody keeps is given back

    await openBrowser().visit(`${w.server.url}/auth/gmail`);
    expect(await grantsIn(w.product)).toEqual(["o%27brien@example.com.grant"]);
    const again = await openBrowser().visit(w.product.origin + signInPath(ADA));
    expect(again.status).toBe(403);
    expect(await isAllowedAtGoogle(w.google, OBRIEN)).toBe(true);
    expect(await grantsIn(w.product)).toEqual(["o%27brien@example.com.grant"]);
  });

  test("a box that was left unticked, named as Google's page names it", async () => {
    await using own = await stage({}, { GMAIL_SCOPES: `openid ${READONLY}` });
    own.google.consent.scopes = ["openid"];
    const page = await openBrowser().visit(own.server.url + signInPath(ADA));
    await expectRefused(page, 403, "scope_not_granted", /View your email messages and settings/, own.product);
  });

  test("a code that Google will not exchange just now", async () => {
    w.google.faults.add({ kind: "tokenDown" });
    const page = await openBrowser().visit(w.product.origin + signInPath(ADA));
    await expectRefused(page, 502, "server_error", /token endpoint answered 503/, w.product);
  });

  test("a name made of HTML is shown as the text it is", async () => {
    const hostile = `<b onclick='alert("1")'>&@example.com`;
    await using own = await stage({ accounts: [{ email: hostile, messages: 1 }] });
    own.google.consent.account = hostile;
    const refused = await openBrowser().visit(own.server.url + signInPath(ADA));
    const signedIn = await openBrowser().visit(`${own.server.url}/auth/gmail`);
    for (const { text } of [refused, signedIn]) {
      expect(text).toContain("&#60;b onclick=&#39;alert(&#34;1&#34;)&#39;&#62;&#38;@example.com");
      expect(text).not.toContain("<b ");
    }
  });
});

describe("a sign-in that cannot begin says what to do", () => {
  test.each([
    ["a malformed address", "?email=ada"],
    ["two addresses", `?email=${ADA}&email=bob@example.com`],
    ["a parameter nobody knows", `?mail=${ADA}`],
  ])("%s", async (_, query) => {
    const answer = await w.get(`/auth/gmail${query}`);
    expectProblem(answer, 422, "invalid_fields");
    expect(answer.body.errors.map(({ field }) => field)).toEqual([query.slice(1).split("=")[0]]);
  });

  test("no client file: the server runs all the same, names the file, and finds it once it is there", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install({ url: google.url });
    await using server = await product.serve();
    const { get } = api(product.origin);
    expect((await get("/healthz")).body).toEqual({ status: "ok" });
    const answer = await get(signInPath(ADA));
    expectProblem(answer, 503, "credentials_missing");
    expect(answer.body.detail).toContain(join(product.folder, "credentials.json"));
    expect(answer.body.next).toMatch(/Desktop app.*Download JSON/);
    const page = await openBrowser().visit(server.url + signInPath(ADA));
    await expectRefused(page, 503, "credentials_missing", /credentials\.json.*Desktop app/s, product);

    await writeCredentials(google.credentials, product.folder);
    expect((await openBrowser().visit(server.url + signInPath(ADA))).text).toContain("<h1>You are signed in</h1>");
  });

  test("a service account's key in place of a client", async () => {
    await using product = await install({ url: "http://127.0.0.1:9", credentials: { type: "service_account" } });
    await using _server = await product.serve();
    const answer = await api(product.origin).get(signInPath(ADA));
    expectProblem(answer, 503, "credentials_invalid");
    expect(answer.body.detail).toMatch(/credentials\.json holds a service account's key/);
  });
});

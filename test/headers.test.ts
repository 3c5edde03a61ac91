import { describe, expect, test } from "vitest";

import { recordsIn } from "./exported.ts";
import { send, type RawAnswer } from "./raw-request.ts";
import { ADA, API_KEY, begin, reaches, stage, stageSignedIn, withKey } from "./stage.ts";

/** What every answer says to a browser, whatever it is. */
const ALWAYS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "x-dns-prefetch-control": "off",
  "x-permitted-cross-domain-policies": "none",
  "permissions-policy": expect.stringContaining("camera=()"),
  "x-request-id": expect.stringMatching(/./),
};

const CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function expectSafe(path: string, { headers }: RawAnswer): void {
  expect({ path, ...headers }).toMatchObject({ path, ...ALWAYS });
  const policy = headers["content-security-policy"];
  expect([path, policy?.toString().startsWith(CLOSED)]).toEqual([path, true]);
  expect([path, /unsafe-eval|script-src[^;]*(unsafe|data:|https?:|\*)/.test(String(policy))]).toEqual([path, false]);
  expect([path, headers["server"], headers["x-powered-by"]]).toEqual([path, undefined, undefined]);
}

const NONE = /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/;
const ALONE = /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox$/;
const PAGE = /; style-src 'sha256-[\w+/]{43}='$/;
const CONSOLE =
  /script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'$/;
const REFERENCE_BARE = /script-src 'self'; style-src 'self' 'unsafe-inline';/;
const REFERENCE = /script-src 'self' 'sha256-[\w+/]{43}='; style-src 'self' 'unsafe-inline';/;

describe("every answer tells a browser what not to do", () => {
  test("data, events, downloads, pages, scripts, refusals and what is not there", async () => {
    await using w = await stageSignedIn();
    const id = await begin(w);
    await reaches(w, id, "completed");
    const kept = await begin(w, { output_dir: "data/kept", attachments: true, formats: ["eml"] });
    const { output_directory } = await reaches(w, kept, "completed");
    const message = (await recordsIn(output_directory)).find(({ Attachments }) => Attachments.length > 0)![
      "Message-ID"
    ];
    const record = `/exports/${kept}/records/${message}`;
    const calls: [path: string, status: number, policy: RegExp, method?: string][] = [
      ["/exports", 200, NONE],
      [`/exports/${id}`, 200, NONE],
      [`/exports/${id}/events`, 200, NONE],
      [`/exports/${id}/files/manifest.json`, 200, NONE],
      [`/exports/${id}/archive`, 200, NONE],
      [`/exports/${id}/archive`, 200, NONE, "HEAD"],
      [`${record}/original`, 200, ALONE],
      [`${record}/attachments/0`, 200, ALONE],
      [`${record}/attachments/0`, 200, ALONE, "HEAD"],
      [`${record}/attachments/99`, 404, NONE],
      [`${record}/attachments/x`, 422, NONE],
      ["/accounts", 200, NONE],
      [`/auth/status?email=${ADA}`, 200, NONE],
      ["/session", 200, NONE],
      ["/healthz", 200, NONE],
      ["/readyz", 200, NONE],
      ["/metrics", 200, NONE],
      ["/exports/none", 404, NONE],
      ["/exports?x=1", 422, NONE],
      ["/export/gmail", 404, NONE],
      ["/export/gmail", 415, NONE, "POST"],
      ["/nowhere", 404, NONE],
      ["/%ff", 400, NONE],
      [`/exports/${"x".repeat(500)}`, 400, NONE],
      ["/exports", 404, NONE, "OPTIONS"],
      ["/auth/gmail", 302, PAGE],
      ["/auth/callback", 400, PAGE],
      ["/docs", 301, REFERENCE_BARE],
      ["/docs/", 200, REFERENCE],
      ["/docs/js/scalar.js", 200, REFERENCE_BARE],
      ["/openapi.json", 200, REFERENCE_BARE],
    ];
    for (const [path, status, policy, method = "GET"] of calls) {
      const headers = method === "POST" ? { "content-type": "text/plain", "content-length": "0" } : {};
      const answer = await send(w.product.origin + path, { method, headers });
      expect([method, path, answer.status]).toEqual([method, path, status]);
      expectSafe(path, answer);
      expect([path, answer.headers["content-security-policy"]]).toEqual([path, expect.stringMatching(policy)]);
      expect([path, answer.headers["strict-transport-security"]]).toEqual([path, undefined]);
      const isFile = path.includes("/files/") || (policy === ALONE && status === 200);
      expect([path, answer.headers["cache-control"]]).toEqual([path, isFile ? "private, no-cache" : "no-store"]);
    }
    const elsewhere = await send(`${w.server.url}/exports`, { headers: { host: "evil.example" } });
    expectSafe("another name", elsewhere);
    expectSafe("another site", await send(`${w.server.url}/exports`, { headers: { "sec-fetch-site": "cross-site" } }));
  });

  test("the console, built or not, runs its own files alone", async () => {
    await using w = await stage({ messages: 1 }, { API_KEY });
    const page = await send(`${w.server.url}/`); // open to all: it holds nothing
    expect([200, 404]).toContain(page.status);
    expectSafe("/", page);
    expect(page.headers["content-security-policy"]).toMatch(CONSOLE);
    for (const [, path] of page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const file = await send(w.server.url + path);
      expect(file.status).toBe(200);
      expectSafe(path!, file);
      expect(file.headers["cache-control"]).toContain("immutable");
    }
  });

  test("behind https, that there is nothing but https; who is refused is told too", async () => {
    await using w = await stage(
      { messages: 1 },
      { API_KEY, OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback" },
    );
    for (const [path, headers] of [
      ["/exports", withKey],
      ["/exports", {}],
      ["/", {}],
      ["/nowhere", withKey],
    ] as const) {
      const answer = await send(w.server.url + path, { headers });
      expectSafe(path, answer);
      expect(answer.headers["strict-transport-security"]).toMatch(/^max-age=\d{8}/);
    }
  });
});

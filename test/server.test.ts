import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { api, expectProblem } from "./api.ts";
import { openBrowser } from "./browser.ts";
import { install } from "./product.ts";
import { ADA, API_KEY, signInPath, stage, withKey, type Stage } from "./stage.ts";
import { until } from "./wait.ts";

/** Nothing listens there: for what needs no Google. */
const NOWHERE = { url: "http://127.0.0.1:9" };

/** One server for all tests that need no key. */
let shared: Stage;
beforeAll(async () => void (shared = await stage({ messages: 1 })));
afterAll(() => shared[Symbol.asyncDispose]());

describe("the API describes itself", () => {
  test("as OpenAPI 3.1, with every call, what it takes and how it fails", async () => {
    const { body } = await shared.get("/openapi.json");
    expect(body.openapi).toMatch(/^3\.1\./);
    const calls = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(calls.toSorted()).toEqual(
      [
        "GET /session",
        "POST /session",
        "DELETE /session",
        "GET /setup",
        "PUT /setup/credentials",
        "GET /auth/gmail",
        "GET /auth/callback",
        "GET /auth/status",
        "DELETE /auth",
        "GET /accounts",
        "POST /export/gmail",
        "GET /exports",
        "GET /exports/{id}",
        "DELETE /exports/{id}",
        "POST /exports/{id}/pause",
        "POST /exports/{id}/resume",
        "POST /exports/{id}/cancel",
        "POST /exports/{id}/retry-failed",
        "GET /doctor",
        "GET /exports/{id}/events",
        "GET /exports/{id}/files/{name}",
        "GET /exports/{id}/archive",
        "GET /exports/{id}/records",
        "GET /exports/{id}/records/{message_id}",
        "GET /exports/{id}/records/{message_id}/html",
        "GET /exports/{id}/records/{message_id}/original",
        "GET /exports/{id}/records/{message_id}/attachments/{n}",
        "GET /exports/{id}/changes",
        "GET /exports/{id}/statistics",
        "GET /exports/{id}/verify",
        "POST /exports/{id}/verify",
        "POST /exports/estimate",
        "GET /schedules",
        "POST /schedules",
        "GET /schedules/preview",
        "GET /schedules/{id}",
        "PATCH /schedules/{id}",
        "DELETE /schedules/{id}",
        "POST /schedules/{id}/run",
        "GET /domain/accounts",
        "POST /domain/estimate",
        "POST /domain/exports",
        "GET /work",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
      ].toSorted(),
    );
    expect(body.paths["/export/gmail"]).toMatchObject({
      post: {
        requestBody: { content: { "application/json": {} } },
        responses: { 202: {}, 401: {}, 409: {}, 422: {} },
      },
    });
  });

  test("on a page that works offline: its one script is its own, and no other host is named", async () => {
    const page = await openBrowser().visit(`${shared.server.url}/docs`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.text).toContain('"/openapi.json"');
    expect(page.text).not.toMatch(/\/\/[a-z0-9-]+\./i);
    expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*connect-src 'self'/);
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => new URL(source!, page.url));
    expect(sources.map(({ origin }) => origin)).toEqual([shared.server.url]);
    const script = await fetch(sources[0]!);
    expect([script.status, script.headers.get("content-type")]).toEqual([200, expect.stringContaining("javascript")]);
    expect((await script.text()).length).toBeGreaterThan(100_000);
  });

  test("to a browser that calls it localhost, 127.0.0.1 or [::1]", async () => {
    const { port } = new URL(shared.product.origin);
    for (const host of ["localhost", "127.0.0.1", "[::1]"])
      expect((await api(`http://${host}:${port}`).get("/healthz")).body).toEqual({ status: "ok" });
  });
});

describe("an API key", () => {
  let w: Stage;
  beforeAll(async () => void (w = await stage({ messages: 1 }, { API_KEY })));
  afterAll(() => w[Symbol.asyncDispose]());

  test("is asked for where other machines can reach the server, before it starts", async () => {
    await using product = await install(NOWHERE);
    const { code, stdout, stderr } = await product.cli(["serve"], { HOST: "0.0.0.0" });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/HOST can be reached from other machines: set API_KEY/);
    await using server = await product.serve({ HOST: "0.0.0.0", API_KEY });
    expect(server.url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
  });

  test("opens every call but the ones that are open to all", async () => {
    const { get, call } = api(w.server.url, withKey);
    const { paths } = (await get("/openapi.json")).body;
    const open = new Set(["/healthz", "/readyz", "/auth/callback", "/session"]);
    const calls = Object.entries({
      ...paths,
      "/docs": { get: {} },
      "/openapi.json": { get: {} },
      "/nowhere": { get: {} },
    })
      .filter(([path]) => !open.has(path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => [method.toUpperCase(), path] as const));
    expect(calls.length).toBeGreaterThan(12);
    for (const [method, path] of calls) {
      expectProblem(await w.call(method, path), 401, "api_key_required");
      expect((await call(method, path)).status, `${method} ${path}`).not.toBe(401);
    }
    expect((await w.get("/healthz")).body).toEqual({ status: "ok" });
    expect((await w.get("/readyz")).body).toEqual({ status: "ready", alarms: [] });
    expect((await w.get("/auth/callback")).text).toContain("<h1>Not signed in</h1>");
    expect(w.server.output()).not.toContain("sesame");
  });

  test("does not stand in the way of the browser that comes back from Google", async () => {
    const { get } = api(w.product.origin, withKey);
    const begun = await get(signInPath(ADA));
    const back = (await openBrowser().step(begun.headers.get("location")!)).headers.get("location")!;
    const [cookie = ""] = begun.headers.getSetCookie()[0]!.split(";");
    const page = await fetch(back, { headers: { cookie } });
    expect(await page.text()).toContain("<h1>You are signed in</h1>");
  });
});

describe("the server does not start", () => {
  test("with settings that cannot be used, naming all of them", async () => {
    await using product = await install(NOWHERE);
    const settings = {
      GMAIL_TIER: "fast",
      OAUTH_REDIRECT_URI: "http://example.com/auth/callback",
      GMAIL_MAX_IN_FLIGHT: "0",
      TOKEN_ENCRYPTION_KEY: "short",
      LOG_LEVEL: "loud",
    };
    const { code, stdout, stderr } = await product.cli(["serve"], settings);
    expect([code, stdout]).toEqual([3, ""]);
    for (const name of Object.keys(settings)) expect(stderr).toContain(name);
  });

  test("where another listens", async () => {
    const { code, stderr } = await shared.product.cli(["serve"]);
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${new URL(shared.server.url).port}`);
  });
});

test("while another process holds the list of exports, all that does not need it is answered", async () => {
  const w = shared;
  expect((await w.get("/exports")).status).toBe(200); // the file is there
  await until(async (note) => {
    using held = new DatabaseSync(join(w.product.folder, "state", "exports.sqlite"));
    held.exec("BEGIN IMMEDIATE");
    let answered: number | undefined;
    const asking = w.post("/exports/none/pause").then(({ status }) => (answered = status));
    for (let n = 0; n < 5; n += 1) expect((await w.get("/healthz")).status).toBe(200);
    const wasWaiting = answered === undefined;
    held.exec("COMMIT");
    note(await asking);
    return wasWaiting;
  });
});

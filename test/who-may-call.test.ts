import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { api } from "./api.ts";
import { openBrowser } from "./browser.ts";
import { install, type Product } from "./product.ts";
import { answerTo, send } from "./raw-request.ts";
import { ADA, API_KEY, signInPath, stage, withKey, type Stage } from "./stage.ts";

/** Nothing listens there: for what needs no Google. */
const NOWHERE = { url: "http://127.0.0.1:9" };

const JSON_BODY = { "content-type": "application/json" };

/** Without an API key, by all tests that leave nothing behind. */
let w: Stage;
beforeAll(async () => void (w = await stage({ messages: 1 })));
afterAll(() => w[Symbol.asyncDispose]());

describe("on this machine, without an API key", () => {
  test("a name that somebody lets resolve to this machine is not answered, but to probes", async () => {
    const host = "rebind.evil.example:8000";
    for (const path of [
      "/",
      "/exports",
      "/schedules",
      "/accounts",
      "/docs/",
      "/auth/gmail",
      "/auth/callback",
      "/session",
      "/metrics",
      "/nowhere",
    ]) {
      const answer = await send(w.server.url + path, { headers: { host } });
      expect([path, answer.status, answer.code]).toEqual([path, 421, "host_not_allowed"]);
    }
    for (const path of ["/healthz", "/readyz"])
      expect((await send(w.server.url + path, { headers: { host } })).status).toBe(200);
  });

  test("the names of this machine are", async () => {
    const { port } = new URL(w.server.url);
    for (const host of ["localhost", "127.0.0.1", "[::1]", `localhost:${port}`, "LOCALHOST:1"])
      expect((await send(`${w.server.url}/exports`, { headers: { host } })).status, host).toBe(200);
  });

  test.each([
    ["cross-site", "GET", 403],
    ["cross-site", "POST", 403],
    ["same-site", "GET", 403],
    ["same-site", "POST", 403],
    ["same-origin", "GET", 200],
    ["none", "GET", 200],
  ])("a browser that says %s gets for %s: %i", async (site, method, status) => {
    const headers = { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
    const answer = await send(`${w.server.url}/exports`, { method, headers });
    expect([answer.status, answer.code]).toEqual([status, status === 403 ? "cross_site_request" : undefined]);
  });

  test("a foreign origin changes nothing, and is not told that it might", async () => {
    for (const origin of ["https://evil.example", "http://localhost:3000", "null"]) {
      const headers = { ...JSON_BODY, origin };
      const body = JSON.stringify({ email: ADA });
      for (const path of [
        "/export/gmail",
        "/exports/estimate",
        "/exports/x/cancel",
        "/schedules",
        "/schedules/x/run",
        "/session",
      ]) {
        const answer = await send(w.server.url + path, { method: "POST", headers, body });
        expect([path, answer.code]).toEqual([path, "cross_site_request"]);
      }
      for (const [method, path] of [
        ["DELETE", `/auth?email=${ADA}`],
        ["DELETE", "/schedules/x"],
        ["PATCH", "/schedules/x"],
      ] as const)
        expect((await send(w.server.url + path, { method, headers })).code, path).toBe("cross_site_request");
      const preflight = await send(`${w.server.url}/export/gmail`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
      });
      expect(preflight.status).toBe(403);
      expect(Object.keys(preflight.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    const own = await send(`${w.product.origin}/exports/x/cancel`, {
      method: "POST",
      headers: { origin: w.product.origin, "sec-fetch-site": "same-origin" },
    });
    expect(own.code).toBe("export_unknown");
    expect(Object.keys(own.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("what a form can send is no request: 415, also for JSON that is called text", async () => {
    const body = JSON.stringify({ email: ADA });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      const answer = await send(`${w.server.url}/export/gmail`, {
        method: "POST",
        headers: { "content-type": type },
        body,
      });
      expect([type, answer.status, answer.code]).toEqual([type, 415, "invalid_request"]);
    }
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": "0" };
    expect((await send(`${w.server.url}/exports/x/cancel`, { method: "POST", headers })).status).toBe(415);
  });

  test("what a proxy would add changes nothing, as none is trusted", async () => {
    const forwarded = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-host": "mail.example.com",
      "x-forwarded-proto": "https",
    };
    const plain = await send(`${w.product.origin}/auth/gmail`);
    const spoofed = await send(`${w.product.origin}/auth/gmail`, { headers: forwarded });
    expect([spoofed.status, new URL(spoofed.headers.location!).origin]).toEqual([
      302,
      new URL(plain.headers.location!).origin,
    ]);
    expect(spoofed.headers["set-cookie"]![0]).not.toContain("Secure");
    const rebound = { host: "evil.example", "x-forwarded-host": "localhost" };
    expect((await send(`${w.server.url}/exports`, { headers: rebound })).code).toBe("host_not_allowed");
    const origin = { ...forwarded, ...JSON_BODY, origin: "https://mail.example.com" };
    expect((await send(`${w.server.url}/export/gmail`, { method: "POST", headers: origin })).code).toBe(
      "cross_site_request",
    );
  });

  test("a sign-in may begin at a foreign link, and come back from Google, as a navigation alone", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    const begun = await send(w.product.origin + signInPath(ADA), { headers: link });
    expect(begun.status).toBe(302);
    const back = (await openBrowser().step(begun.headers.location!)).headers.get("location")!;
    const [cookie = ""] = begun.headers["set-cookie"]![0]!.split(";");
    const frame = await send(back, { headers: { ...link, "sec-fetch-dest": "iframe", cookie } });
    expect(frame.code).toBe("cross_site_request");
    const page = await send(back, { headers: { ...link, cookie } });
    expect(page.text).toContain("<h1>You are signed in</h1>");
  });

  test("there is no session to have", async () => {
    expect(JSON.parse((await send(`${w.server.url}/session`)).text)).toEqual({
      required: false,
      signed_in: true,
      expires_at: null,
    });
    const answer = await send(`${w.server.url}/session`, {
      method: "POST",
      headers: JSON_BODY,
      body: JSON.stringify({ key: API_KEY }),
    });
    expect([answer.status, answer.code]).toEqual([409, "not_in_this_state"]);
  });
});

describe("with an API key", () => {
  let keyed: Stage;
  /** Behind a proxy on this machine, under https, with a second name. */
  let proxied: Stage;
  const PUBLIC = {
    API_KEY,
    OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback",
    ALLOWED_HOSTS: "archive.example.com",
  };
  beforeAll(async () => {
    keyed = await stage({ messages: 1 }, { API_KEY });
    proxied = await stage({ messages: 1 }, { ...PUBLIC, TRUST_PROXY: "loopback" });
  });
  afterAll(async () => {
    await keyed[Symbol.asyncDispose]();
    await proxied[Symbol.asyncDispose]();
  });

  const signIn = (own: Stage, key = API_KEY) =>
    send(`${own.server.url}/session`, { method: "POST", headers: JSON_BODY, body: JSON.stringify({ key }) });

  test("any other is refused, after ten in a minute unread; the right one passes all the same", async () => {
    const own = proxied;
    const session = (await signIn(own)).headers["set-cookie"]![0]!.split(";")[0]!;
    const ask = (authorization: string, from = "203.0.113.9") =>
      send(`${own.server.url}/exports`, { headers: { authorization, "x-forwarded-for": from } });
    const { authorization } = withKey;
    for (const scheme of ["Bearer", "Bearer ", `Basic ${API_KEY}`, API_KEY, ""])
      expect((await ask(scheme)).code, scheme).toBe("api_key_required"); // no key at all: not counted
    const wrong = [
      API_KEY.slice(1),
      API_KEY.slice(0, -1),
      `${API_KEY}x`,
      `x${API_KEY}`,
      API_KEY.toUpperCase(),
      "wrong",
      " ,",
    ];
    for (const key of [...wrong, "a", "b", "c"]) expect((await ask(`Bearer ${key}`)).code, key).toBe("api_key_wrong");
    for (const key of ["Bearer d", "Bearer e"]) {
      const answer = await ask(key);
      expect([answer.status, answer.code]).toEqual([429, "too_many_attempts"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(50);
      expect(Number(answer.headers["retry-after"])).toBeLessThanOrEqual(60);
    }
    for (const from of ["203.0.113.9", "203.0.113.10"]) expect((await ask(authorization, from)).status).toBe(200);
    expect((await ask("Bearer d", "203.0.113.10")).code).toBe("api_key_wrong");
    const signedIn = { cookie: session, "x-forwarded-for": "203.0.113.9" };
    expect((await send(`${own.server.url}/exports`, { headers: signedIn })).status).toBe(200);
    expect(own.server.output()).toContain("wrong API key");
    expect(own.server.output()).not.toContain(API_KEY);
    expect(own.server.output()).not.toContain("203.0.113");
  });

  test("right keys and missing ones are never too many", async () => {
    for (let calls = 0; calls < 30; calls += 1) {
      expect((await send(`${keyed.server.url}/accounts`, { headers: withKey })).status).toBe(200);
      expect((await send(`${keyed.server.url}/accounts`)).status).toBe(401);
    }
  });

  test("a browser has a session in its place, until it signs out", async () => {
    const status = async (cookie?: string) =>
      JSON.parse((await send(`${keyed.server.url}/session`, { headers: cookie === undefined ? {} : { cookie } })).text);
    expect(await status()).toEqual({ required: true, signed_in: false, expires_at: null });
    const before = Date.now();
    const answer = await signIn(keyed);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    const [cookie, ...attributes] = answer.headers["set-cookie"]![0]!.split("; ");
    expect(cookie).toMatch(/^gmail_export_session=[\w.-]+$/);
    expect(attributes.toSorted()).toEqual([
      expect.stringMatching(/^Expires=/),
      "HttpOnly",
      "Path=/",
      "SameSite=Strict",
    ]);
    const signedIn = await status(cookie);
    expect(signedIn).toEqual({ required: true, signed_in: true, expires_at: expect.any(String) });
    const begun = Date.parse(signedIn.expires_at) - 12 * 60 * 60_000;
    expect(begun).toBeGreaterThan(before - 1_000); // a cookie tells whole seconds
    expect(begun).toBeLessThanOrEqual(Date.now());

    const list = (value?: string, more = {}) =>
      send(`${keyed.server.url}/exports`, { headers: { ...(value === undefined ? {} : { cookie: value }), ...more } });
    expect((await list(cookie)).status).toBe(200);
    expect((await list(`x=1; ${cookie}`, { authorization: "Basic of-a-proxy" })).status).toBe(200);
    expect((await list(`${cookie}x`)).code).toBe("api_key_required");
    expect((await list(cookie, { "sec-fetch-site": "cross-site" })).code).toBe("cross_site_request");

    const out = await send(`${keyed.server.url}/session`, { method: "DELETE", headers: { cookie: cookie! } });
    expect([out.status, out.headers["set-cookie"]![0]]).toEqual([
      204,
      expect.stringMatching(/^gmail_export_session=;.*1970/),
    ]);
    expect((await list(cookie)).code).toBe("api_key_required");
  });

  test("a session outlives a restart, and not another key", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install(google);
    const other = "another-key-of-32-random-bytes-in-base64-url";
    let cookie = "";
    const listed = async (key: string): Promise<number> => {
      await using server = await product.serve({ API_KEY: key });
      if (cookie === "") {
        const body = JSON.stringify({ key });
        const answer = await send(`${server.url}/session`, { method: "POST", headers: JSON_BODY, body });
        [cookie = ""] = answer.headers["set-cookie"]![0]!.split(";");
      }
      return (await send(`${server.url}/exports`, { headers: { cookie } })).status;
    };
    expect([await listed(API_KEY), await listed(API_KEY), await listed(other)]).toEqual([200, 200, 401]);
  });

  test("under https the session's cookie travels by https alone, and no other host can set it", async () => {
    const [cookie, ...attributes] = (await signIn(proxied)).headers["set-cookie"]![0]!.split("; ");
    expect(cookie).toMatch(/^__Host-gmail_export_session=/);
    expect(attributes).toEqual(expect.arrayContaining(["Path=/", "HttpOnly", "Secure", "SameSite=Strict"]));
    expect((await send(`${proxied.server.url}/exports`, { headers: { cookie: cookie! } })).status).toBe(200);
  });

  test("a trusted proxy says whom the browser called; one that is not listed does not", async () => {
    const through = (own: Stage, host: string, origin: string) =>
      send(`${own.server.url}/exports/x/cancel`, {
        method: "POST",
        headers: {
          ...withKey,
          "x-forwarded-host": host,
          "x-forwarded-proto": "https",
          origin,
          "sec-fetch-site": "same-origin",
        },
      });
    const calls = async (own: Stage) => [
      (await through(own, "archive.example.com", "https://archive.example.com")).code,
      (await through(own, "mail.example.com", "https://mail.example.com")).code,
      (await through(own, "evil.example", "https://evil.example")).code,
    ];
    expect(await calls(proxied)).toEqual(["export_unknown", "export_unknown", "host_not_allowed"]);
    await using own = await stage({ messages: 1 }, { ...PUBLIC, TRUST_PROXY: "192.0.2.1" });
    expect(await calls(own)).toEqual(["cross_site_request", "export_unknown", "cross_site_request"]);
  });

  test("the sign-in to the console counts against the same ten; a proxy that is not trusted hides nobody", async () => {
    // The last of those that share this server: from here on it takes no wrong key for a minute.
    for (let tries = 0; tries < 10; tries += 1) {
      const answer = await send(`${keyed.server.url}/session`, {
        method: "POST",
        headers: { ...JSON_BODY, "x-forwarded-for": `203.0.113.${tries}` },
        body: JSON.stringify({ key: `wrong ${tries}` }),
      });
      expect([answer.status, answer.code, answer.headers["set-cookie"]]).toEqual([401, "api_key_wrong", undefined]);
    }
    expect((await signIn(keyed, "wrong")).code).toBe("too_many_attempts");
    const wrong = { headers: { authorization: "Bearer wrong" } };
    expect((await send(`${keyed.server.url}/session`, wrong)).code).toBe("too_many_attempts");
    expect((await signIn(keyed)).status).toBe(204);
    expect((await send(`${keyed.server.url}/session`, { headers: withKey })).status).toBe(200);
    expect((await send(`${keyed.server.url}/session`)).status).toBe(200);
    expect((await send(`${keyed.server.url}/healthz`)).status).toBe(200);
  });
});

describe("sign-ins", () => {
  test("that one address begins without end are stopped for a minute, with a page for people", async () => {
    await using own = await stage({ messages: 1 });
    const { get } = api(own.product.origin);
    for (let begun = 0; begun < 60; begun += 1) expect((await get("/auth/gmail")).status).toBe(302);
    const refused = await get("/auth/gmail");
    expect([refused.status, refused.body.code]).toEqual([429, "too_many_attempts"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const page = await openBrowser().step(`${own.product.origin}/auth/gmail`);
    expect([page.status, page.text]).toEqual([429, expect.stringContaining("<code>too_many_attempts</code>")]);
    for (let back = 0; back < 60; back += 1) expect((await get("/auth/callback")).status).toBe(400);
    expect((await get("/auth/callback")).status).toBe(429);
    expect((await get("/exports")).status).toBe(200);
  });
});

describe("the server does not start where others could call it freely", () => {
  const refusal = async (product: Product, settings: Record<string, string>) => {
    const { code, stdout, stderr } = await product.cli(["serve"], settings);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).not.toContain("listens");
    return stderr;
  };

  test("without a key, and says all that is wrong (src/config.test.ts has the rest of it)", async () => {
    await using product = await install(NOWHERE);
    expect(await refusal(product, { HOST: "0.0.0.0" })).toMatch(/HOST .*set API_KEY/);
    expect(await refusal(product, { OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback" })).toMatch(
      /address of the web.*gmail-export key/s,
    );
    const all = await refusal(product, { HOST: "0.0.0.0", TRUST_PROXY: "everybody", ALLOWED_HOSTS: "*", PORT: "x" });
    for (const name of ["HOST", "TRUST_PROXY", "ALLOWED_HOSTS", "PORT"]) expect(all).toContain(name);
  });

  test("where Google would send the browser back to what answers something else", async () => {
    await using product = await install(NOWHERE);
    for (const path of ["/", "/exports/mine", "/docs"])
      expect(await refusal(product, { OAUTH_REDIRECT_URI: `${product.origin}${path}` }), path).toMatch(
        /OAUTH_REDIRECT_URI has the path \/\S*, at which the server answers something else/,
      );
    expect(await refusal(product, { OAUTH_REDIRECT_URI: `${product.origin}/:id` })).toMatch(/OAUTH_REDIRECT_URI must/);
  });

  test("and a key that gmail-export makes opens it", async () => {
    await using product = await install(NOWHERE);
    const made = await product.cli(["key"]);
    expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/), stderr: "" });
    const again = await product.cli(["--json", "key"]);
    expect(JSON.parse(again.stdout).key).toMatch(/^[\w-]{43}$/);
    expect(JSON.parse(again.stdout).key).not.toBe(made.stdout.trim());
    await using server = await product.serve({ HOST: "0.0.0.0", API_KEY: made.stdout.trim() });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    const headers = { authorization: `bearer ${made.stdout.trim()}` };
    expect((await send(`${url}/exports`, { headers })).status).toBe(200);
    expect((await send(`${url}/metrics`, { headers: { ...headers, host: "10.1.2.3:8000" } })).status).toBe(200);
    expect((await send(`${url}/metrics`, { headers: { ...headers, host: "evil.example" } })).code).toBe(
      "host_not_allowed",
    );
    expect((await send(`${url}/metrics`)).code).toBe("api_key_required");
  });
});

describe("what is hardly a request", () => {
  test("is answered as little as possible, and the connection ends", async () => {
    const { port } = new URL(w.server.url);
    for (const host of ["127.0.0.1", "::1"])
      for (const [sent, status] of [
        ["nonsense\r\n\r\n", 400],
        ["GET /exports HTTP/1.1\r\n\r\n", 400], // without Host
        [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
      ] as const) {
        const socket = connect(Number(port), host);
        socket.write(sent);
        const answer = await text(socket);
        expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*Connection: close`, "i"));
        expect(answer).not.toMatch(/node|fastify|[a-z]+\.ts|\{/i);
      }
  });

  test("whose address is none is answered, and the server goes on", async () => {
    const port = Number(new URL(w.server.url).port);
    for (const method of ["GET", "PUT", "OPTIONS", "HEAD", "DELETE"])
      for (const target of [
        "//",
        "/\\",
        "http://[",
        "http://",
        "*",
        "//?state",
        "/%",
        "/%ff",
        "?",
        "\u00ff",
        "//evil.example/docs",
      ])
        expect(await answerTo(port, target, method), `${method} ${target}`).toMatch(/^HTTP\/1\.1 [24]\d\d /);
    expect(await answerTo(port, "//evil.example/docs")).toMatch(/^HTTP\/1\.1 404 /);
    expect(await answerTo(port, "evil.example:443", "CONNECT")).not.toMatch(/^HTTP\/1\.1 [235]/);
    expect((await fetch(`${w.server.url}/healthz`)).status).toBe(200);
  });
});

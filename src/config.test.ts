import { expect, test } from "vitest";

import { readConfig, readSettings, type Env } from "./config.ts";
import { failureOf } from "./core/errors.ts";

const API_KEY = "k".repeat(43);
const KEY = Buffer.alloc(32, 7).toString("base64");

function problemsOf(env: Record<string, string>): string {
  try {
    readConfig(env, "/home/ada");
  } catch (error) {
    return failureOf(error)?.message ?? String(error);
  }
  return "";
}

test("nothing set is a working configuration for this machine alone", () => {
  expect(readConfig({}, "/home/ada")).toMatchObject({
    credentialsPath: "/home/ada/credentials.json",
    tokenDir: "/home/ada/tokens",
    exportDir: "/home/ada/data",
    stateDir: "/home/ada/state",
    scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
    host: "127.0.0.1",
    port: 8000,
    apiKey: undefined,
    tier: "auto",
    unitsPerMinute: undefined,
    projectUnitsPerMinute: 1_200_000,
    maxInFlight: 10,
    exportConcurrency: 4,
    logLevel: "info",
  });
  expect(readConfig({ PORT: "9000" }, "/").redirectUri.href).toBe("http://localhost:9000/auth/callback");
});

test("every problem is listed at once", () => {
  const problems = problemsOf({
    PORT: "eighty",
    GMAIL_TIER: "2027",
    GMAIL_UNITS_PER_MINUTE: "-1",
    GMAIL_API_URL: "http://mail.example.com",
    TOKEN_ENCRYPTION_KEY: "short",
    LOG_LEVEL: "loud",
    HOST: "0.0.0.0",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
  });
  for (const name of [
    "PORT",
    "GMAIL_TIER",
    "GMAIL_UNITS_PER_MINUTE",
    "GMAIL_API_URL",
    "TOKEN_ENCRYPTION_KEY",
    "LOG_LEVEL",
    "API_KEY",
    "NODE_TLS_REJECT_UNAUTHORIZED",
  ])
    expect(problems).toContain(name);
});

test("a whole domain is named by addresses, and the metadata server by a host", () => {
  const env = {
    GOOGLE_SERVICE_ACCOUNT: "exporter@my-project.iam.gserviceaccount.com",
    GOOGLE_ADMIN: "Admin@example.com",
    GCE_METADATA_HOST: "127.0.0.1:8080",
  };
  expect(readConfig(env, "/")).toMatchObject({
    serviceAccount: env.GOOGLE_SERVICE_ACCOUNT,
    admin: env.GOOGLE_ADMIN,
    metadataHost: env.GCE_METADATA_HOST,
  });
  expect(readConfig({}, "/")).toMatchObject({ serviceAccount: undefined, googleApiUrl: undefined });
  for (const GOOGLE_ADMIN of ["admin", "admin@example", "a b@example.com", "https://a@example.com"])
    expect(problemsOf({ GOOGLE_ADMIN }), GOOGLE_ADMIN).toContain("GOOGLE_ADMIN must be an address");
  for (const GCE_METADATA_HOST of ["http://127.0.0.1", "host/path", "host:99999", "a b"])
    expect(problemsOf({ GCE_METADATA_HOST }), GCE_METADATA_HOST).toContain("GCE_METADATA_HOST must be a host name");
  expect(problemsOf({ GOOGLE_API_URL: "http://google.example" })).toContain("GOOGLE_API_URL must be an https URL");
});

test("who wants to see what is wrong has each problem by its setting, without the value, and defaults in their place", () => {
  const { config, problems } = readSettings({ PORT: "hunter2", GMAIL_TIER: "hunter2", LOG_LEVEL: "debug" }, "/");
  expect(problems.map(({ setting }) => setting)).toEqual(["PORT", "GMAIL_TIER"]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
  expect(config).toMatchObject({ port: 8000, tier: "auto", logLevel: "debug" });
});

test("a host that others can reach demands an API key", () => {
  for (const HOST of ["0.0.0.0", "::", "192.168.1.5"]) expect(problemsOf({ HOST })).toMatch(/HOST .*set API_KEY/);
  expect(problemsOf({ HOST: "192.168.1.5", API_KEY })).toBe("");
  for (const HOST of ["127.0.0.1", "127.8.8.8", "localhost", "::1"]) expect(problemsOf({ HOST })).toBe("");
});

test("an API key has 32 random bytes at least, in whatever letters", () => {
  for (const good of [API_KEY, Buffer.alloc(32).toString("hex"), KEY.slice(0, 43), "-".repeat(43)])
    expect(problemsOf({ API_KEY: good })).toBe("");
  for (const bad of ["short", "hunter2", API_KEY.slice(1), `${API_KEY.slice(1)} `, `${API_KEY} x`, `${API_KEY}é`]) {
    expect(problemsOf({ API_KEY: bad })).toContain("API_KEY must have at least 43 characters");
    expect(problemsOf({ API_KEY: bad })).toContain("gmail-export key");
    expect(problemsOf({ API_KEY: bad })).not.toContain(bad.trim());
  }
});

test("names and proxies are lists; one that is malformed is a problem, and so is a proxy without an API key", () => {
  const env = {
    API_KEY,
    ALLOWED_HOSTS: "Mail.example.com, gmail-export.internal [fd00::7]",
    TRUST_PROXY: "loopback,10.0.0.0/8 ::1",
  };
  expect(readConfig(env, "/")).toMatchObject({
    allowedHosts: ["mail.example.com", "gmail-export.internal", "[fd00::7]"],
    trustProxy: ["loopback", "10.0.0.0/8", "::1"],
  });
  expect(readConfig({}, "/")).toMatchObject({ allowedHosts: [], trustProxy: [] });
  for (const ALLOWED_HOSTS of ["https://mail.example.com", "mail.example.com:443", "*", "*.example.com", "a/b", "[::1"])
    expect(problemsOf({ API_KEY, ALLOWED_HOSTS }), ALLOWED_HOSTS).toContain("ALLOWED_HOSTS must be");
  for (const TRUST_PROXY of [
    "true",
    "1",
    "0",
    "10.0.0.0/33",
    "10.0.0.0/",
    "::1/129",
    "10.0.0",
    "proxy.internal",
    "10.0.0.0/8/8",
  ])
    expect(problemsOf({ API_KEY, TRUST_PROXY }), TRUST_PROXY).toContain("TRUST_PROXY must be");
  expect(problemsOf({ ALLOWED_HOSTS: "mail.example.com" })).toMatch(/ALLOWED_HOSTS .*set API_KEY/);
  expect(problemsOf({ TRUST_PROXY: "loopback" })).toMatch(/TRUST_PROXY .*set API_KEY/);
});

test("plain http leads nowhere but to this machine", () => {
  expect(problemsOf({ OAUTH_REDIRECT_URI: "http://mail.example.com/auth/callback" })).toContain("OAUTH_REDIRECT_URI");
  expect(problemsOf({ OAUTH_REDIRECT_URI: "https://mail.example.com/auth/callback" })).toBe("");
  expect(problemsOf({ GMAIL_API_URL: "http://127.0.0.1:9" })).toBe("");
});

test("Google sends the browser back to a path that means itself alone", () => {
  const back = (path: string): string => problemsOf({ OAUTH_REDIRECT_URI: `http://localhost:8000${path}` });
  for (const path of ["", "/", "/auth/callback", "/auth/callback/", "/a-b/c_d.e~f"]) expect(back(path), path).toBe("");
  for (const path of ["/*", "/:id", "/auth/:id", "/a/*", "/(x)", "/a::b", "/%2a", "//", "/a//b", "/a;b", "/é"])
    expect(back(path), path).toContain("OAUTH_REDIRECT_URI must have a path of letters");
});

test("secrets cannot print themselves", () => {
  const secret = `hunter2${API_KEY}`;
  const config = readConfig({ API_KEY: secret, TOKEN_ENCRYPTION_KEY: KEY }, "/");
  expect(JSON.stringify(config) + String(config.apiKey)).not.toMatch(/hunter2|BwcH/);
  expect(config.apiKey?.reveal()).toBe(secret);
});

test("a receiver of alarms is an https address, or one of this machine, and never shown", () => {
  const given = (value: string) => readConfig({ NOTIFY_URL: value }, "/").notifyUrl;
  expect(given("https://hooks.example.com/T0/secret?a=b")?.reveal()).toBe("https://hooks.example.com/T0/secret?a=b");
  expect(given("http://localhost:2586/mail")?.reveal()).toBe("http://localhost:2586/mail");
  expect(given("http://[::1]/x")?.reveal()).toBe("http://[::1]/x");
  expect(given(" ")).toBeUndefined();
  expect(JSON.stringify(readConfig({ NOTIFY_URL: "https://u:pass@hooks.example.com/T0" }, "/"))).not.toMatch(/pass|T0/);
  for (const wrong of [
    "http://hooks.example.com/T0",
    "ftp://localhost/T0",
    "hooks.example.com/T0",
    "https://",
    "https://hooks.example.com/T0#x",
    "https://u:%zz@hooks.example.com/T0",
    "file:///T0",
  ]) {
    const problems = problemsOf({ NOTIFY_URL: wrong });
    expect(problems, wrong).toContain("NOTIFY_URL must be an https URL");
    expect(problems).not.toContain("T0");
  }
});

test("how long an export may go unproven is told in minutes, hours or days", () => {
  const given = (value: string) => readConfig({ NOTIFY_AFTER: value }, "/").notifyAfterMs;
  expect(given("")).toBe(48 * 3_600_000);
  expect(given("90m")).toBe(90 * 60_000);
  expect(given("48h")).toBe(48 * 3_600_000);
  expect(given("7d")).toBe(7 * 86_400_000);
  for (const wrong of ["0h", "48", "h", "-1h", "1.5d", "48 h", "2w", "48H", "367d", "999999d", "1e3m"])
    expect(problemsOf({ NOTIFY_AFTER: wrong }), wrong).toContain("NOTIFY_AFTER must be a whole number of minutes");
});

test("mailboxes are watched when a number of minutes says so, those of named accounts only", () => {
  expect(readConfig({}, "/")).toMatchObject({ liveMinutes: undefined, liveAccounts: [] });
  const settings = { GMAIL_LIVE_MINUTES: "5", GMAIL_LIVE_ACCOUNTS: "Ada@example.com, bob@example.com" };
  expect(readConfig(settings, "/")).toMatchObject({
    liveMinutes: 5,
    liveAccounts: ["ada@example.com", "bob@example.com"],
  });
  expect(problemsOf({ GMAIL_LIVE_MINUTES: "0" })).toContain("GMAIL_LIVE_MINUTES must be a whole number from 1 to 1440");
  expect(problemsOf({ GMAIL_LIVE_MINUTES: "5", GMAIL_LIVE_ACCOUNTS: "ada" })).toContain("GMAIL_LIVE_ACCOUNTS must be");
  expect(problemsOf({ GMAIL_LIVE_ACCOUNTS: "ada@example.com" })).toContain("GMAIL_LIVE_MINUTES is not set");
});

test("a database needs a URL that names one, and a key that every machine has", () => {
  const problemsWith = (env: Env): string =>
    readSettings(env, "/")
      .problems.map(({ problem }) => problem)
      .join();
  const url = "postgres://app:hunter2@db.example.com/mail";
  expect(problemsWith({ DATABASE_URL: url, TOKEN_ENCRYPTION_KEY: KEY })).toBe("");
  expect(problemsWith({ DATABASE_URL: `${url}?sslmode=verify-full`, TOKEN_ENCRYPTION_KEY: KEY })).toBe("");
  for (const held of [{}, { TOKEN_ENCRYPTION_KEY: "keyring" }])
    expect(problemsWith({ DATABASE_URL: url, ...held })).toMatch(/^DATABASE_URL .*set TOKEN_ENCRYPTION_KEY/);
  for (const wrong of [
    "db.example.com",
    "mysql://app:hunter2@db/mail",
    "postgres://app:hunter2@db/",
    "postgres://%zz:hunter2@db/mail",
  ]) {
    expect(problemsWith({ DATABASE_URL: wrong, TOKEN_ENCRYPTION_KEY: KEY })).toMatch(/^DATABASE_URL must be the URL/);
    expect(problemsWith({ DATABASE_URL: wrong, TOKEN_ENCRYPTION_KEY: KEY })).not.toContain("hunter2");
  }
});

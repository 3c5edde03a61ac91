import { describe, expect, test } from "vitest";

import { ExportError, refuse, type Failure } from "../core/errors.ts";
import type { Grant } from "../core/grant.ts";
import type { Manifest } from "../core/export/manifest.ts";
import { Secret } from "../core/secret.ts";
import { doctor } from "./doctor.ts";
import type { Client, Facts, Folder, Listener, Reach, Settings } from "./facts.ts";
import { inFrench } from "../surfaces/words/french.ts";
import { FINDINGS, type Finding, type FindingId } from "./finding.ts";
import { manualClock } from "../../test/manual-clock.ts";

const ADA = "ada@example.com";
const NOW = Date.UTC(2026, 10, 23, 9, 30);
const DAY_MS = 86_400_000;

const SETTINGS: Settings = {
  problems: [],
  credentialsPath: "/home/ada/credentials.json",
  tokenDir: "/home/ada/tokens",
  exportDir: "/home/ada/my data",
  stateDir: "/home/ada/state",
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  redirectUri: new URL("http://localhost:8000/auth/callback"),
  host: "127.0.0.1",
  port: 8000,
  gmailApiUrl: new URL("https://gmail.googleapis.com"),
  tier: "auto",
};

const CLIENT: Client = {
  kind: "installed",
  clientId: "123-abc.apps.googleusercontent.com",
  authUri: "https://accounts.google.com/o/oauth2/auth",
  tokenUri: "https://oauth2.googleapis.com/token",
  redirectUris: ["http://localhost"],
  projectId: "my-project",
};

const GRANT: Grant = {
  account: ADA,
  refreshToken: new Secret("refresh"),
  accessToken: new Secret("access"),
  expiresAt: NOW + 1_000_000,
  scopes: SETTINGS.scopes,
  grantedAt: NOW - 2 * DAY_MS,
};

const PRIVATE: Folder = { exists: true, fault: undefined, permissions: 0o700 };

/** A world in which nothing is wrong. */
const HEALTHY: Facts = {
  nodeVersion: "v24.21.0",
  settings: SETTINGS,
  now: () => NOW,
  sleep: manualClock().sleep,
  client: async () => CLIENT,
  permissions: async () => 0o600,
  folder: async () => PRIVATE,
  room: async () => 62e9,
  listener: async () => "nobody",
  reach: async () => ({ answered: true, status: 404, date: NOW - 500 }),
  proxy: () => undefined,
  learned: async () => undefined,
  signedIn: async () => ({ accounts: [ADA], stored: 1 }),
  grant: async () => GRANT,
  profile: async () => ({
    emailAddress: ADA,
    messagesTotal: 12_345,
    threadsTotal: 6_000,
    cursor: { source: "gmail-api", value: "1" },
  }),
  manifest: async () => undefined,
};

const never = new AbortController().signal;

/** Whatever is found in any world of these tests can be said in French. */
async function examine(changes: Partial<Facts>, account?: string): Promise<readonly Finding[]> {
  const findings = await doctor({ ...HEALTHY, ...changes }, account, never);
  for (const { what, why, next } of findings)
    for (const sentence of [what, why, next].filter(
      (one) => !/^$|What happened|What to do|Google says no|Mend it/.test(one),
    ))
      expect(inFrench(sentence), sentence).toBeDefined();
  return findings;
}

/** The finding of this name, in a world with these changes. */
async function finding(id: FindingId, changes: Partial<Facts>): Promise<Finding> {
  const found = (await examine(changes)).find((one) => one.id === id);
  if (!found) throw new Error(`no finding ${id}`);
  return found;
}

/** What is not ok in a world with these changes. */
async function faults(changes: Partial<Facts>): Promise<Record<string, string>> {
  const found = await examine(changes);
  return Object.fromEntries(found.flatMap(({ id, status }) => (status === "ok" ? [] : [[id, status]])));
}

const set = (changes: Partial<Settings>): Partial<Facts> => ({ settings: { ...SETTINGS, ...changes } });
const fault = (failure: Failure) => async (): Promise<never> => Promise.reject(new ExportError(failure));
const refused = (code: "credentials_missing" | "api_disabled" | "daily_limit" | "forbidden" | "grant_unreadable") =>
  fault(refuse(code, "What happened.", "What to do.").failure);

describe("a healthy world", () => {
  test("has every finding once, in the order that is told, and all of them ok", async () => {
    const findings = await examine({});
    expect(findings.map(({ id }) => id)).toEqual(FINDINGS);
    for (const { status, what, why, next } of findings) {
      expect([status, why, next], what).toEqual(["ok", "", ""]);
      expect(what).toMatch(/^\S.*[^.]$/);
    }
  });

  test("has those of each account for each account, and says which; named alone, it is looked at alone", async () => {
    const two = { signedIn: async () => ({ accounts: [ADA, "bob@example.com"], stored: 2 }) };
    const of = (findings: readonly Finding[], account: string): string[] =>
      findings.flatMap((one) => (one.account === account ? [one.id] : []));
    const all = ["grant", "grant_age", "scopes_granted", "gmail"];
    const both = await examine(two);
    expect([of(both, ADA), of(both, "bob@example.com")]).toEqual([all, all]);
    const one = await examine({ ...two, signedIn: () => Promise.reject(new Error("not asked")) }, ADA);
    expect([of(one, ADA), of(one, "bob@example.com")]).toEqual([all, []]);
  });
});

describe("the program and its settings", () => {
  test("an older Node is a fault", async () => {
    expect(await finding("node", { nodeVersion: "v22.20.0" })).toMatchObject({
      status: "fail",
      what: "Node v22.20.0 is too old",
      next: expect.stringContaining("https://nodejs.org"),
    });
  });

  test("settings that cannot be used are told all at once, and only what stands on them is left out", async () => {
    const problems = [
      { setting: "PORT", problem: "PORT must be a whole number" },
      { setting: "GMAIL_API_URL", problem: "GMAIL_API_URL must be an https URL" },
    ];
    expect(await finding("settings", set({ problems }))).toMatchObject({
      status: "fail",
      what: "These settings cannot be used: PORT must be a whole number; GMAIL_API_URL must be an https URL",
    });
    const profile = (): Promise<never> => Promise.reject(new Error("Gmail is asked"));
    expect(await faults({ ...set({ problems }), profile })).toEqual({
      settings: "fail",
      redirect_uri: "skipped",
      port: "skipped",
      host_gmail: "skipped",
      gmail: "skipped",
      disk_room: "skipped",
    });
  });

  test("scopes that do not reach the mail are a fault", async () => {
    const asked = (scope: string) =>
      finding("scopes_asked", set({ scopes: [`https://www.googleapis.com/auth/${scope}`] }));
    expect(await asked("gmail.labels")).toMatchObject({
      status: "fail",
      next: expect.stringContaining("gmail.readonly"),
    });
    expect(await asked("gmail.metadata")).toMatchObject({ status: "fail", what: expect.stringContaining("metadata") });
    expect(await asked("gmail.modify")).toMatchObject({ status: "ok" });
  });
});

describe("the client file", () => {
  const web = (...redirectUris: string[]): Partial<Facts> => ({
    client: async () => ({ ...CLIENT, kind: "web", redirectUris }),
  });

  test("missing or wrong, it is told in its own words, and all that does not need it is looked at", async () => {
    const missing = { client: refused("credentials_missing"), permissions: async () => undefined };
    expect(await finding("credentials", missing)).toMatchObject({
      status: "fail",
      what: "What happened.",
      next: "What to do.",
    });
    expect(await faults(missing)).toEqual({
      credentials: "fail",
      redirect_uri: "skipped",
      host_authorization: "skipped",
      host_token: "skipped",
      gmail: "skipped",
      disk_room: "skipped",
    });
  });

  test("is named by the type that Google's console calls it", async () => {
    expect((await finding("credentials", {})).what).toContain("Desktop app");
    expect((await finding("credentials", web("http://localhost:8000/auth/callback"))).what).toContain(
      "Web application",
    );
  });

  test.each([
    ["644", "warn", "chmod 600 /home/ada/credentials.json"],
    ["660", "warn", "chmod 600 /home/ada/credentials.json"],
    ["600", "ok", ""],
    ["400", "ok", ""],
  ])("with the mode %s is %s", async (mode, status, next) => {
    expect(await finding("credentials_private", { permissions: async () => parseInt(mode, 8) })).toMatchObject({
      status,
      next,
    });
  });

  test("of a web client must list the redirect URI to the letter", async () => {
    const here = "http://localhost:8000/auth/callback";
    expect(await finding("redirect_uri", web("http://localhost:3000/", here))).toMatchObject({ status: "ok" });
    for (const other of [`${here}/`, here.replace("localhost", "127.0.0.1"), here.replace("8000", "3000")]) {
      const found = await finding("redirect_uri", web(other));
      expect(found).toMatchObject({ status: "fail", what: `The client file does not list ${here}; it lists ${other}` });
      for (const part of ["https://console.cloud.google.com/auth/clients", "Authorized redirect URIs", here])
        expect(found.next).toContain(part);
    }
    expect((await finding("redirect_uri", web())).what).toContain("it lists none");
  });

  test("of a desktop client lets the browser come back to its own machine only", async () => {
    const away = set({ redirectUri: new URL("https://mail.example.com/auth/callback") });
    expect(await finding("redirect_uri", away)).toMatchObject({ status: "fail" });
    expect(await finding("redirect_uri", { ...away, ...web("https://mail.example.com/auth/callback") })).toMatchObject({
      status: "ok",
    });
  });

  test("a redirect URI on this machine leads to the server's port, or something must lead on", async () => {
    const other = set({ redirectUri: new URL("http://localhost:9000/auth/callback") });
    expect(await finding("redirect_uri", other)).toMatchObject({
      status: "warn",
      what: expect.stringContaining("9000"),
    });
  });
});

describe("the port", () => {
  const by =
    (listeners: Readonly<Record<string, Listener>>): Facts["listener"] =>
    async (host) =>
      listeners[host] ?? "nobody";

  test("may be free, or ours", async () => {
    expect((await finding("port", {})).what).toBe("Nobody listens on 127.0.0.1:8000");
    expect(await finding("port", { listener: by({ "127.0.0.1": "gmail-export" }) })).toMatchObject({
      status: "ok",
      what: "gmail-export itself listens on 127.0.0.1:8000",
    });
  });

  test.each(["127.0.0.1", "::1"])("is a fault when another program has it on %s", async (host) => {
    const found = await finding("port", { listener: by({ [host]: "another program" }) });
    expect(found).toMatchObject({ status: "fail", next: expect.stringContaining("lsof -i :8000") });
  });

  test("a machine without IPv6 is none the worse; an address or a port that cannot be had is a fault", async () => {
    expect(await faults({ listener: by({ "::1": { fault: "EADDRNOTAVAIL" } }) })).toEqual({});
    const elsewhere = { ...set({ host: "10.9.9.9" }), listener: by({ "10.9.9.9": { fault: "EADDRNOTAVAIL" } }) };
    expect(await finding("port", elsewhere)).toMatchObject({ status: "fail", next: expect.stringContaining("HOST") });
    const low = { ...set({ port: 80 }), listener: by({ "127.0.0.1": { fault: "EACCES" } }) };
    expect(await finding("port", low)).toMatchObject({ status: "fail", next: expect.stringContaining("1024") });
  });
});

describe("the clock", () => {
  const ahead = (ms: number): Partial<Facts> => ({
    reach: async () => ({ answered: true, status: 200, date: NOW - ms - 500 }),
  });

  test.each([
    [0, "ok"],
    [-59_000, "ok"],
    [61_000, "warn"],
    [-299_000, "warn"],
    [301_000, "fail"],
    [-3_600_000, "fail"],
  ])("%d ms ahead is %s", async (ms, status) => {
    const found = await finding("clock", ahead(ms));
    expect(found.status).toBe(status);
    if (status !== "ok") expect(found.what).toContain(ms > 0 ? "ahead" : "behind");
  });

  test("is told in the unit that people would use", async () => {
    expect((await finding("clock", ahead(34_560_000_000))).what).toContain("400 days ahead");
    expect((await finding("clock", ahead(-10_000_000))).what).toContain("3 hours behind");
  });

  test("is not compared where no server tells the time", async () => {
    expect(
      await finding("clock", { reach: async () => ({ answered: true, status: 200, date: undefined }) }),
    ).toMatchObject({
      status: "skipped",
    });
  });
});

describe("the disk", () => {
  test.each(["token_dir", "state_dir", "export_dir"] as const)("%s must be writable, and private", async (id) => {
    const dir = { token_dir: SETTINGS.tokenDir, state_dir: SETTINGS.stateDir, export_dir: SETTINGS.exportDir }[id];
    const where = (folder: Folder): Partial<Facts> => ({ folder: async (path) => (path === dir ? folder : PRIVATE) });
    const word = dir.includes(" ") ? `'${dir}'` : dir;

    const shared = where({ ...PRIVATE, permissions: 0o755 });
    expect(await finding(id, shared)).toMatchObject({ status: "warn", next: `chmod 700 ${word}` });
    expect((await finding(id, shared)).what).toContain("mode 755");
    expect(await faults(shared)).toEqual({ [id]: "warn" });

    for (const code of ["EACCES", "EROFS", "ENOTDIR"]) {
      const closed = await finding(id, where({ ...PRIVATE, fault: code }));
      expect(closed).toMatchObject({ status: "fail", what: expect.stringContaining(code) });
      expect(closed.next).toContain(id.toUpperCase());
    }
    expect(await finding(id, where({ exists: false, fault: undefined, permissions: undefined }))).toMatchObject({
      status: "ok",
      what: expect.stringContaining("will be made"),
    });
  });

  test("must have room for what is not exported yet", async () => {
    const profile = async () => ({ ...(await HEALTHY.profile(ADA, never)), messagesTotal: 2_000_000 });
    expect(await finding("disk_room", { profile })).toMatchObject({
      status: "warn",
      what: expect.stringMatching(/^62 GB free in .* about 100 GB needed for 2,000,000 messages/),
    });
    const manifest = { total_emails: 1_000_000 } as Manifest;
    expect(await finding("disk_room", { profile, manifest: async () => manifest })).toMatchObject({ status: "ok" });
    const unreadable = { profile, manifest: refused("forbidden") };
    expect(await finding("disk_room", unreadable)).toMatchObject({ status: "warn" });
    expect(await finding("disk_room", { room: async () => undefined })).toMatchObject({ status: "skipped" });
  });

  test("needs room for all accounts together", async () => {
    const several = { signedIn: async () => ({ accounts: [ADA, ADA, ADA], stored: 3 }) };
    expect((await finding("disk_room", several)).what).toContain("37,035 messages");
  });
});

describe("the way to Google", () => {
  const proxy: Facts["proxy"] = () => ({
    url: new URL("http://ada:secret@proxy.example:3128"),
    setting: "https_proxy",
  });

  test("through a proxy where there is one, which is named without its password", async () => {
    const asked: unknown[] = [];
    const through: Facts["reach"] = async (_url, _signal, by) => {
      asked.push(by?.host);
      return { answered: true, status: 404, date: NOW - 500 };
    };
    const { status, what } = await finding("host_gmail", { proxy, reach: through });
    expect([status, what]).toEqual([
      "ok",
      expect.stringContaining("through the proxy http://proxy.example:3128 (https_proxy)"),
    ]);
    expect(what).not.toContain("secret");
    expect(new Set(asked)).toEqual(new Set(["proxy.example:3128"]));
    const closed = await finding("host_gmail", { proxy, reach: only("gmail.", ended("TCP", "ECONNREFUSED")) });
    expect([closed.status, closed.next]).toEqual(["fail", expect.stringMatching(/https_proxy.*NO_PROXY/)]);
    const broken = await finding("host_gmail", {
      proxy: () => {
        throw refuse("settings_invalid", "HTTPS_PROXY is not the address of a proxy.", "Mend it.");
      },
    });
    expect([broken.status, broken.next]).toEqual(["fail", "Mend it."]);
  });

  const only =
    (host: string, reach: Reach): Facts["reach"] =>
    async (url, signal) =>
      url.includes(host) ? reach : HEALTHY.reach(url, signal, undefined);
  const ended = (failedAt: "DNS" | "TCP" | "TLS" | "HTTP", code: string): Reach => ({
    answered: false,
    failedAt,
    code,
  });

  test.each([
    ["DNS", "ENOTFOUND", /leads to no address \(DNS, ENOTFOUND\)/, /nslookup gmail\.googleapis\.com/],
    ["TCP", "ECONNREFUSED", /no connection to port 443 \(TCP, ECONNREFUSED\)/, /firewall.*gmail\.googleapis\.com:443/],
    ["TLS", "SELF_SIGNED_CERT_IN_CHAIN", /\(TLS, SELF_SIGNED_CERT_IN_CHAIN\)/, /NODE_EXTRA_CA_CERTS/],
    ["TLS", "CERT_NOT_YET_VALID", /TLS/, /clock/],
    ["TLS", "ERR_TLS_CERT_ALTNAME_INVALID", /TLS/, /Something else than gmail\.googleapis\.com answers/],
    ["HTTP", "ETIMEDOUT", /does not answer \(HTTP, ETIMEDOUT\)/, /proxy or firewall/],
  ] as const)("that ends at %s (%s) says so, and what to do", async (step, code, what, next) => {
    const found = await finding("host_gmail", { reach: only("gmail.", ended(step, code)) });
    expect(found.status).toBe("fail");
    expect(found.what).toMatch(what);
    expect(found.next).toMatch(next);
  });

  test("closed, keeps Gmail from being asked; the sign-in page is the browser's affair", async () => {
    const profile = (): Promise<never> => Promise.reject(new Error("Gmail is asked"));
    const closed = (host: string) => faults({ reach: only(host, ended("TCP", "ECONNREFUSED")), profile });
    const skipped = { gmail: "skipped", disk_room: "skipped" };
    expect(await closed("gmail.")).toEqual({ host_gmail: "fail", ...skipped });
    expect(await closed("oauth2.googleapis.com")).toEqual({ host_token: "fail", ...skipped });
    const page = only("accounts.", ended("TCP", "ECONNREFUSED"));
    expect(await faults({ reach: page })).toEqual({ host_authorization: "warn" });
  });

  test("an error of Google's own is a warning", async () => {
    expect(await faults({ reach: only("gmail.", { answered: true, status: 503, date: NOW }) })).toEqual({
      host_gmail: "warn",
    });
  });
});

describe("the sign-ins", () => {
  test("nobody signed in is a warning with the command to type", async () => {
    expect(await finding("signed_in", { signedIn: async () => ({ accounts: [], stored: 0 }) })).toMatchObject({
      status: "warn",
      what: "Nobody is signed in",
      next: expect.stringContaining("gmail-export login"),
    });
  });

  test("one that cannot be opened is a fault, whether all are looked at or it alone", async () => {
    const closed = { signedIn: async () => ({ accounts: [ADA], stored: 3 }) };
    expect(await finding("signed_in", closed)).toMatchObject({
      status: "fail",
      what: expect.stringContaining("2 of 3"),
    });
    const findings = await examine({ grant: refused("grant_unreadable") }, ADA);
    expect(findings.filter(({ status }) => status === "fail")).toEqual([
      expect.objectContaining({ id: "grant", account: ADA, what: "What happened.", next: "What to do." }),
    ]);
  });

  test("an account that is not signed in is a fault when it is named", async () => {
    const findings = await examine({ grant: async () => undefined }, ADA);
    expect(findings.find(({ id }) => id === "grant")).toMatchObject({
      status: "fail",
      next: expect.stringContaining(`gmail-export login ${ADA}`),
    });
    expect(findings.find(({ id }) => id === "gmail")).toMatchObject({ status: "skipped" });
  });

  test("one that Google has ended says why, how to sign in again and how to publish the app", async () => {
    const found = await finding("grant", { grant: async () => ({ ...GRANT, revoked: "Google says no." }) });
    expect(found).toMatchObject({ status: "fail", why: "Google says no." });
    expect(found.next).toMatch(/gmail-export login ada@example\.com.*console\.cloud\.google\.com\/auth\/audience/);
  });

  test.each([
    [0, "ok"],
    [5.9, "ok"],
    [6, "warn"],
    [6.9, "warn"],
    [7, "ok"],
    [40, "ok"],
  ])("%d days old is %s", async (days, status) => {
    const found = await finding("grant_age", { grant: async () => ({ ...GRANT, grantedAt: NOW - days * DAY_MS }) });
    expect(found.status).toBe(status);
    if (status === "warn")
      expect(found.next).toMatch(
        /Publish app.*https:\/\/console\.cloud\.google\.com\/auth\/audience.*gmail-export login/,
      );
  });

  test.each([
    [["https://mail.google.com/"], "ok", ""],
    [["openid", "https://www.googleapis.com/auth/gmail.readonly"], "ok", ""],
    [["openid"], "fail", "tick the box for reading mail"],
    [
      ["https://www.googleapis.com/auth/gmail.metadata", "https://www.googleapis.com/auth/gmail.readonly"],
      "fail",
      `gmail-export logout ${ADA}`,
    ],
  ])("with %j granted is %s", async (scopes, status, next) => {
    const found = await finding("scopes_granted", { grant: async () => ({ ...GRANT, scopes }) });
    expect(found).toMatchObject({ status, next: expect.stringContaining(next) });
  });
});

describe("Gmail's answer", () => {
  const answer = (failure: Failure): Partial<Facts> => ({ profile: fault(failure) });
  const words = { message: "What happened.", next: "What to do." };

  test("tells the size of the mailbox", async () => {
    expect((await finding("gmail", {})).what).toContain("12,345 messages");
  });

  test("for another account is a fault", async () => {
    const profile = async () => ({ ...(await HEALTHY.profile(ADA, never)), emailAddress: "bob@example.com" });
    expect(await finding("gmail", { profile })).toMatchObject({
      status: "fail",
      what: expect.stringContaining("bob@"),
    });
    const shouted = async () => ({ ...(await HEALTHY.profile(ADA, never)), emailAddress: "Ada@Example.com" });
    expect(await finding("gmail", { profile: shouted })).toMatchObject({ status: "ok" });
  });

  test("that the API is off names the page of this very project", async () => {
    expect(await finding("gmail", { profile: refused("api_disabled") })).toMatchObject({
      status: "fail",
      next: expect.stringContaining(
        "https://console.cloud.google.com/apis/library/gmail.googleapis.com?project=my-project",
      ),
    });
  });

  test.each<[Failure, string, string]>([
    [{ code: "consent_revoked", retry: "sign_in", ...words }, "fail", `gmail-export login ${ADA}`],
    [{ code: "scope_missing", retry: "sign_in", ...words }, "fail", `gmail-export logout ${ADA}`],
    [{ code: "credentials_invalid", retry: "never", ...words }, "fail", "What to do."],
    [{ code: "forbidden", retry: "never", ...words }, "fail", "What to do."],
    [{ code: "malformed_response", retry: "backoff", ...words }, "fail", "What to do."],
    [{ code: "locked_out", retry: "wait", ...words }, "warn", "What to do."],
    [{ code: "daily_limit", retry: "never", ...words }, "warn", "What to do."],
    [{ code: "server_error", retry: "backoff", ...words }, "warn", "What to do."],
  ])("$code is $1", async (failure, status, next) => {
    expect(await finding("gmail", answer(failure))).toMatchObject({ status, next: expect.stringContaining(next) });
  });

  test("that does not come in time is a warning; who asked may stop waiting; a defect is not hidden", async () => {
    const late = (): Promise<never> => Promise.reject(new DOMException("late", "TimeoutError"));
    expect(await finding("gmail", { profile: late })).toMatchObject({ status: "warn" });
    const stop = AbortSignal.abort(new Error("Ctrl-C"));
    await expect(doctor({ ...HEALTHY, profile: late }, ADA, stop)).rejects.toThrow("Ctrl-C");
    await expect(examine({ profile: () => Promise.reject(new TypeError("a defect")) })).rejects.toThrow("a defect");
  });
});

test("what Google allows is told as learned, as set, or as not known yet", async () => {
  const tier = async (changes: Partial<Facts>) => (await finding("tier", changes)).what;
  expect(await tier({})).toContain("not learned yet");
  expect(await tier({ learned: async () => ({ tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1 }) })).toMatch(
    /15,000 units a minute .*\(tier legacy\)$/,
  );
  const dear = { tier: "2026", unitsPerMinute: 6_000, priceFactor: 2.34 } as const;
  expect(await tier({ learned: async () => dear })).toMatch(/6,000 units.*2\.3 times/);
  expect((await finding("tier", { learned: async () => dear })).status).toBe("warn");
  expect((await finding("tier", { learned: async () => ({ ...dear, priceFactor: 1.4 }) })).status).toBe("ok");
  expect(await tier(set({ tier: "2026" }))).toContain("GMAIL_TIER says: 6,000 units");
});

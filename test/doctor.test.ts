import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatorOptions } from "../simulator/google.ts";
import { writeCredentials } from "../simulator/stage.ts";
import type { Finding, FindingId } from "../src/doctor/finding.ts";
import { api, expectProblem } from "./api.ts";
import { commandStage, jsonIn, type CommandStage } from "./command-line.ts";
import { freePort } from "./free-port.ts";
import { install, type Settings } from "./product.ts";
import { signInAt } from "./signed-in.ts";
import { ADA, BOB } from "./stage.ts";

/** An installation in which everybody is signed in. */
async function signedIn(options: SimulatorOptions = {}): Promise<CommandStage> {
  const made = await commandStage({ messages: 20, ...options });
  for (const account of made.google.accounts) await signInAt(made.product, made.google, account);
  return made;
}

type Examined = Readonly<{ code: number | null; findings: readonly Finding[]; of(id: FindingId): Finding }>;

/** `gmail-export doctor --json`. Whatever it finds, no secret is in what it prints. */
async function doctor(
  { product, google }: Pick<CommandStage, "product" | "google">,
  more: Settings = {},
  ...args: string[]
): Promise<Examined> {
  const outcome = await product.cli(["doctor", "--json", ...args], more);
  const { code, stdout, stderr } = outcome;
  expect(stderr).toBe("");
  for (const { client_secret } of Object.values(google.credentials)) expect(stdout).not.toContain(client_secret);
  expect(stdout).not.toMatch(/ya29\.|1\/\/0|GOCSPX/);
  const findings = jsonIn(outcome) as readonly Finding[];
  expect(code).toBe(findings.some(({ status }) => status === "fail") ? 3 : 0);
  for (const { id, status, what, why, next } of findings) {
    expect(what, id).toMatch(/\S+( \S+)+/);
    if (status !== "ok") expect([why, next], id).toEqual([expect.stringMatching(/\S/), expect.stringMatching(/\S/)]);
  }
  return { code, findings, of: (id) => findings.find((one) => one.id === id)! };
}

/** What is not ok, by name. */
function faultsIn({ findings }: Pick<Examined, "findings">): Record<string, string> {
  return Object.fromEntries(findings.flatMap(({ id, status }) => (status === "ok" ? [] : [[id, status]])));
}

/** A way to a server whose answers bear another time. */
async function withClockAhead(url: string, ms: number): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const passed = request(new URL(incoming.url ?? "/", url), { method, headers }, (answer) => {
      const date = new Date(Date.now() + ms).toUTCString();
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, date });
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe("where all is well", () => {
  test("says so on the command line and over HTTP, for every account or for one", async () => {
    await using w = await signedIn({
      accounts: [
        { email: ADA, messages: 20 },
        { email: BOB, messages: 7 },
      ],
    });
    const here = await doctor(w);
    expect([here.code, faultsIn(here)]).toEqual([0, {}]);
    expect(here.of("port").what).toContain("Nobody listens");
    expect(here.findings.flatMap(({ id, what }) => (id === "gmail" ? [what] : []))).toEqual([
      `Gmail answers for ${ADA}: 20 messages`,
      `Gmail answers for ${BOB}: 7 messages`,
    ]);

    await using server = await w.product.serve();
    const { get } = api(server.url);
    const ask = async (path: string): Promise<readonly Finding[]> => JSON.parse((await get(path)).text);
    const there = await ask("/doctor");
    expect(faultsIn({ findings: there })).toEqual({});
    expect(there.find(({ id }) => id === "port")?.what).toContain("gmail-export itself listens");
    expect(there.map(({ id }) => id)).toEqual(here.findings.map(({ id }) => id));
    expect((await doctor(w)).of("port").what).toContain("gmail-export itself listens");

    const one = await ask(`/doctor?email=${BOB}`);
    expect(new Set(one.map(({ account }) => account))).toEqual(new Set([undefined, BOB]));
    expectProblem(await get("/doctor?email=bob"), 422, "invalid_fields");
  });

  test("prints a line a finding, and no colours into a pipe", async () => {
    await using w = await signedIn();
    const { code, stdout, stderr } = await w.product.cli(["doctor"]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.pop()).toBe("Nothing stands in the way.");
    for (const line of lines) expect(line).toMatch(/^✓ \S/);
    expect(stdout).not.toContain("\u001B");
  });

  test("knows what an export has brought already", async () => {
    await using w = await signedIn();
    expect((await doctor(w)).of("disk_room").what).toContain("20 messages");
    expect((await w.product.cli(["export", ADA, "--include-spam-trash"])).code).toBe(0);
    expect((await doctor(w)).of("disk_room").what).toContain(" 0 messages");
  });
});

describe("before anything is set up", () => {
  test("names the first step, and touches nothing", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install({ url: google.url });
    const found = await doctor({ product, google });
    expect(faultsIn(found)).toEqual({
      credentials: "fail",
      redirect_uri: "skipped",
      host_authorization: "skipped",
      host_token: "skipped",
      signed_in: "warn",
      disk_room: "skipped",
    });
    expect(found.of("credentials").next).toMatch(/Google Auth Platform → Clients.*Desktop app.*credentials\.json/);
    expect(found.of("signed_in").next).toContain("gmail-export login");
    expect(await readdir(product.folder)).toEqual([]);

    const { code, stdout } = await product.cli(["doctor"]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^✗ There is no client file at .*\n {2}why {3}Without .*\n {2}next {2}In the Google/m);
    expect(stdout).toMatch(/^1 thing stands in the way, 1 warning\.$/m);
  });

  test("settings that cannot be used are all named, and the rest is looked at", async () => {
    await using w = await signedIn();
    const found = await doctor(w, { GMAIL_TIER: "fast", GMAIL_MAX_IN_FLIGHT: "0", HOST: "0.0.0.0" });
    expect(faultsIn(found)).toEqual({ settings: "fail" });
    for (const name of ["GMAIL_TIER", "GMAIL_MAX_IN_FLIGHT", "API_KEY"])
      expect(found.of("settings").what).toContain(name);
    expect(found.of("gmail").status).toBe("ok");
    const key = await doctor(w, { TOKEN_ENCRYPTION_KEY: "TOPSECRET" });
    expect(faultsIn(key)).toEqual({ settings: "fail", signed_in: "fail", disk_room: "skipped" });
    expect(JSON.stringify(key.findings)).not.toContain("TOPSECRET");
  });
});

describe("each fault, made on purpose", () => {
  test("a client file that is none, or that others may read", async () => {
    await using w = await signedIn();
    const path = join(w.product.folder, "credentials.json");
    await chmod(path, 0o644);
    const open = await doctor(w);
    expect(faultsIn(open)).toEqual({ credentials_private: "warn" });
    expect(open.of("credentials_private").next).toBe(`chmod 600 ${path}`);

    await writeFile(path, JSON.stringify({ type: "service_account", private_key: "TOPSECRET" }));
    const wrong = await doctor(w);
    expect(wrong.of("credentials")).toMatchObject({ status: "fail", what: expect.stringContaining("service account") });
    expect(wrong.of("gmail")).toMatchObject({ status: "skipped", why: expect.stringContaining("client file") });
    expect(JSON.stringify(wrong.findings)).not.toContain("TOPSECRET");
  });

  test("a client whose secret was reset", async () => {
    await using w = await signedIn({ accessTokenSeconds: 0 });
    const client = { ...w.google.credentials["installed"], client_secret: "TOPSECRET" };
    await writeCredentials({ installed: client }, w.product.folder);
    const found = await doctor(w);
    expect(found.of("gmail")).toMatchObject({ status: "fail", next: expect.stringContaining("Google Auth Platform") });
    expect(JSON.stringify(found.findings)).not.toContain("TOPSECRET");
  });

  test("a web client that is not registered for where Google is to return to", async () => {
    const port = String(await freePort());
    const client = { type: "web", redirectUris: [`http://127.0.0.1:${port}/auth/callback`] } as const;
    await using w = await commandStage({ client }, { PORT: port });
    const found = await doctor(w);
    expect(faultsIn(found)).toMatchObject({ redirect_uri: "fail" });
    expect(found.of("redirect_uri").next).toMatch(
      new RegExp(`Authorized redirect URIs .*auth/clients.*http://localhost:${port}/auth/callback`),
    );
    const mended = { OAUTH_REDIRECT_URI: `http://127.0.0.1:${port}/auth/callback` };
    expect((await doctor(w, mended)).of("redirect_uri").status).toBe("ok");
  });

  test("a port that another program has", async () => {
    await using w = await signedIn();
    const port = Number(new URL(w.product.origin).port);
    const other = createTcpServer((socket) => socket.end()).listen(port, "127.0.0.1");
    await once(other, "listening");
    const found = await doctor(w);
    other.close();
    expect(faultsIn(found)).toEqual({ port: "fail" });
    expect(found.of("port")).toMatchObject({ what: `Another program listens on 127.0.0.1:${port}` });
  });

  test("a clock that is minutes off", async () => {
    await using w = await signedIn();
    await using ahead = await withClockAhead(w.google.url, 120_000);
    const slow = await doctor(w, { GMAIL_API_URL: ahead.url });
    expect([slow.code, faultsIn(slow)]).toEqual([0, { clock: "warn" }]);
    expect(slow.of("clock")).toMatchObject({ what: expect.stringMatching(/The clock is 2 minutes behind/) });
    await using behind = await withClockAhead(w.google.url, -3_600_000);
    const fast = await doctor(w, { GMAIL_API_URL: behind.url });
    expect(faultsIn(fast)).toEqual({ clock: "fail" });
    expect(fast.of("clock")).toMatchObject({
      what: expect.stringContaining("ahead"),
      next: expect.stringContaining("ntp"),
    });
  });

  test("folders that others may enter, and one that cannot be made", async () => {
    await using w = await signedIn();
    const data = join(w.product.folder, "data");
    await mkdir(data);
    for (const name of ["tokens", "state", "data"]) await chmod(join(w.product.folder, name), 0o755);
    const shared = await doctor(w);
    expect(faultsIn(shared)).toEqual({ token_dir: "warn", state_dir: "warn", export_dir: "warn" });
    expect(shared.of("export_dir").next).toBe(`chmod 700 ${data}`);

    const blocked = await doctor(w, { EXPORT_DIR: "credentials.json/data" });
    expect(blocked.of("export_dir")).toMatchObject({ status: "fail", next: expect.stringContaining("EXPORT_DIR") });
    expect(blocked.of("gmail").status).toBe("ok");
    // STATE_DIR has the key: without it the sign-ins stay closed.
    const lost = await doctor(w, { STATE_DIR: "credentials.json/state" });
    expect(lost.of("state_dir").status).toBe("fail");
    expect(lost.of("signed_in").status).toBe("fail");
  });

  test("a key that is another than the one that sealed the sign-ins", async () => {
    await using w = await signedIn();
    const other = { TOKEN_ENCRYPTION_KEY: randomBytes(32).toString("base64") };
    const all = await doctor(w, other);
    expect(all.of("signed_in")).toMatchObject({ status: "fail", what: expect.stringContaining("1 of 1") });
    const one = await doctor(w, other, ADA);
    expect(one.of("grant")).toMatchObject({ status: "fail", next: expect.stringContaining("TOKEN_ENCRYPTION_KEY") });
    expect(JSON.stringify([all.findings, one.findings])).not.toContain(other.TOKEN_ENCRYPTION_KEY);
  });

  test("nobody of that name is signed in", async () => {
    await using w = await signedIn();
    const found = await doctor(w, {}, BOB);
    expect(faultsIn(found)).toEqual({ grant: "fail", gmail: "skipped", disk_room: "skipped" });
    expect(found.of("grant").next).toContain(`gmail-export login ${BOB}`);
  });

  test("a sign-in that was withdrawn at Google", async () => {
    await using w = await signedIn();
    w.google.revoke(ADA);
    const found = await doctor(w);
    expect(faultsIn(found)).toEqual({ gmail: "fail", disk_room: "skipped" });
    expect(found.of("gmail").next).toMatch(/gmail-export login ada.*auth\/audience/);
    // Now it is known without asking.
    expect(faultsIn(await doctor(w))).toEqual({ grant: "fail", gmail: "skipped", disk_room: "skipped" });
  });

  test("a sign-in in its last day, if the project is in Testing", async () => {
    await using w = await signedIn();
    const later = `const now=Date.now;Date.now=()=>now()+${6.5 * 86_400_000}`;
    const found = await doctor(w, { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(later)}` });
    expect(faultsIn(found)).toEqual({ clock: "fail", grant_age: "warn" }); // the clock is off, to be sure
    expect(found.of("grant_age").next).toContain("https://console.cloud.google.com/auth/audience");
  });

  test("the Gmail API switched off", async () => {
    await using w = await signedIn();
    w.google.faults.add({ kind: "apiDisabled" });
    const found = await doctor(w);
    expect(faultsIn(found)).toEqual({ gmail: "fail", disk_room: "skipped" });
    expect(found.of("gmail").next).toContain("https://console.cloud.google.com/apis/library/gmail.googleapis.com");
  });

  test("a host that cannot be reached, by name or by port", async () => {
    await using w = await signedIn();
    const away = { host_gmail: "fail", gmail: "skipped", disk_room: "skipped" };
    const named = await doctor(w, { GMAIL_API_URL: "https://gmail.invalid" });
    expect(faultsIn(named)).toEqual(away);
    expect(named.of("host_gmail")).toMatchObject({ what: expect.stringMatching(/^gmail\.invalid .*DNS/) });
    const port = await freePort();
    const closed = await doctor(w, { GMAIL_API_URL: `http://127.0.0.1:${port}` });
    expect(faultsIn(closed)).toEqual(away);
    expect(closed.of("host_gmail").what).toContain(`no connection to port ${port} (TCP, ECONNREFUSED)`);
  });
});

import { randomBytes } from "node:crypto";
import { chmod, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import { api, type Answer } from "./api.ts";
import { hostileGmail } from "./hostile-gmail.ts";
import { install, type Outcome, type Product, type Running, type Server } from "./product.ts";
import { ADA, API_KEY, begin, inTheMiddle, pauseAfter, reaches, signInPath, withKey } from "./stage.ts";
import { secretsIn, spellingsOf } from "./told.ts";
import { until } from "./wait.ts";

/**
 * The whole product once, with a mark in everything that is secret or mail, through all that can go wrong; then every
 * line, answer, address and file is searched for every mark.
 */
const MAIL = {
  subject: "zq7 subject é 4kx",
  plain: "zq7 plain & <body> 4kx",
  html: "zq7 html body 4kx",
  to: "zq7to4kx@example.com",
  from: "zq7from4kx@example.com",
  filename: "zq7 file name 4kx.png",
  label: "zq7 label 4kx",
  query: "zq7query4kx",
} as const;

/** Sent to the server where it does not belong. */
const STRAY = "zq7stray4kx";

/** Of the address to which alarms are posted. */
const TOPIC = "zq7topic4kx";

const KEY = randomBytes(32).toString("base64");

const stack = new AsyncDisposableStack();
let google: SimulatedGoogle;
let product: Product;
const told: Running[] = [];
const outcomes: Outcome[] = [];
const answers: Answer[] = [];
const addresses: string[] = []; // that the program asked Gmail for
const states: string[] = [];
const commandLines: string[] = [];
let metrics = "";
let events = "";

/** What may be told to nobody. */
const secrets = () => ({
  "a code or token": google.tokens.values,
  "the client's secret": String(Object.values(google.credentials)[0]?.client_secret),
  "the API key": API_KEY,
  "the key of the sign-ins": KEY,
  "where alarms go": TOPIC,
});

/** What may stand in answers that are about it, and nowhere else. */
const everything = () => ({ ...secrets(), ...MAIL, "the state of a sign-in": states, "a stray word": STRAY });

async function command(...args: string[]): Promise<Outcome> {
  const running = product.start(args);
  told.push(running);
  running.hangUp();
  const outcome = await running.ended;
  outcomes.push(outcome);
  return outcome;
}

async function serve(more: Record<string, string> = {}): Promise<Server> {
  const server = await product.serve(more);
  told.push(server);
  return server;
}

/** As a browser does, by way of Google; each step's answer is kept. */
async function signInAt(server: Server): Promise<void> {
  const { call } = recorded(server);
  const moved = await call("GET", `${signInPath(ADA)}&moved=1`);
  const address = moved.headers.get("location")!;
  const consent = await fetch(address, { redirect: "manual" });
  const back = new URL(consent.headers.get("location")!);
  states.push(back.searchParams.get("state")!);
  const cookie = moved.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const page = await call("GET", back.pathname + back.search, { headers: { cookie } });
  expect([200, 303]).toContain(page.status);
  await call("GET", back.pathname + back.search, { headers: { cookie } }); // a second time: refused
  await call("GET", `${back.pathname}?error=access_denied&state=${states[0]}`);
}

function recorded(server: Server) {
  const calls = api(server.url, withKey);
  const call: typeof calls.call = async (...args) => {
    const answer = await calls.call(...args);
    answers.push(answer);
    return answer;
  };
  return { ...calls, call, get: (path: string) => call("GET", path) };
}

/** Of the processes that run in the product's folder. */
async function processes(): Promise<{ commandLine: string; environment: string }[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const folder = await readlink(`/proc/${id}/cwd`).catch(() => "");
      if (folder !== product.folder) return [];
      const read = (name: string) => readFile(`/proc/${id}/${name}`, "utf8").catch(() => "");
      return [{ commandLine: await read("cmdline"), environment: await read("environ") }];
    }),
  );
  return found.flat();
}

beforeAll(async () => {
  google = stack.use(await simulateGoogle({ messages: 150, messagesPerThread: 1 }));
  for (let n = 0; n < 3; n += 1)
    google.mailbox().add({
      subject: MAIL.subject,
      plain: MAIL.plain,
      html: `<p>${MAIL.html}</p>`,
      to: `${ADA}, ${MAIL.to}`,
      from: MAIL.from,
      labelIds: ["INBOX"],
      attachments: [{ filename: MAIL.filename, mimeType: "image/png", bytes: Buffer.from(MAIL.plain) }],
    });
  const labels = JSON.stringify({ labels: [{ id: "INBOX", name: MAIL.label }] });
  const gmail = stack.use(
    await hostileGmail(google, (resource, address) => {
      addresses.push(address);
      return resource === "labels" ? { headers: {}, bytes: Buffer.from(labels) } : undefined;
    }),
  );
  const browser = "browser.sh";
  product = stack.use(
    await install(
      { url: gmail.url, credentials: google.credentials },
      {
        API_KEY,
        TOKEN_ENCRYPTION_KEY: KEY,
        NOTIFY_URL: `http://${TOPIC}:${TOPIC}@127.0.0.1:9/${TOPIC}?${TOPIC}`, // nobody is there
        LOG_LEVEL: "debug",
      },
    ),
  );
  await writeFile(join(product.folder, browser), '#!/bin/sh\nenv > browser.env\necho "$@" > browser.args\n');
  await chmod(join(product.folder, browser), 0o700);

  // A sign-in by command, which opens a browser, and is left at that; one at the server, which is ended.
  const login = product.start(["login", ADA], { BROWSER: join(product.folder, browser) });
  told.push(login);
  await login.says(/^http\S+$/m);
  commandLines.push(...(await processes()).map(({ commandLine }) => commandLine));
  await until(() => readFile(join(product.folder, "browser.env"), "utf8").catch(() => ""));
  outcomes.push(await login.stop("SIGINT"));

  let server = await serve();
  await signInAt(server);
  commandLines.push(...(await processes()).map(({ commandLine }) => commandLine));

  // An export that meets every fault, with its events; killed in the middle, and gone on with by another process.
  google.faults.add(
    ...(["500", "502html", "503", "429", "reset", "cutBody", "truncatedJson", "401"] as const).map((kind) => ({
      kind,
      times: 1,
      afterCalls: 3,
    })),
  );
  google.faults.add(pauseAfter(60));
  const w = recorded(server);
  const id = await begin(api(server.url, withKey), { batch_size: 5 });
  await inTheMiddle(api(server.url, withKey), id);
  outcomes.push(await server.stop("SIGKILL"));
  google.faults.clear();
  server = stack.use(await serve());
  const again = recorded(server);
  const listening = fetch(`${server.url}/exports/${id}/events`, { headers: withKey }).then((answer) => answer.text());
  await reaches(api(server.url, withKey), id, "completed");
  events = await listening;

  // Refusals of every kind, with marks where they do not belong.
  const { call, get } = again;
  await get(`/nowhere/${STRAY}?q=${STRAY}`);
  await get(`/exports/${STRAY}`);
  await get(`/exports/${id}/files/${STRAY}`);
  await get(`/auth/callback?code=${STRAY}&state=${STRAY}`);
  const send = (body: string, more: Record<string, string> = {}) =>
    call("POST", "/export/gmail", { body, headers: { "content-type": "application/json", ...more } });
  await send(`{"email":"${STRAY}"`);
  await send(JSON.stringify({ email: ADA, output_dir: `/${STRAY}` }));
  await send(JSON.stringify({ email: ADA, max_emails: STRAY, query: MAIL.query }));
  await send(JSON.stringify({ email: MAIL.to, query: MAIL.query }));
  await call("GET", "/accounts", { headers: { authorization: `Bearer ${STRAY}` } });
  await call("POST", "/exports/estimate", {
    body: JSON.stringify({ email: ADA, query: MAIL.query }),
    headers: { "content-type": "application/json" },
  });
  for (const path of ["/accounts", `/auth/status?email=${ADA}`, "/doctor", "/setup", "/", "/openapi.json", "/readyz"])
    await get(path);
  google.faults.add({ kind: "403quota", times: 1 }, { kind: "domainPolicy", times: 1, afterCalls: 2 });
  const failed = await begin(api(server.url, withKey), { output_dir: "data/failed", query: MAIL.query });
  await until(async () => /failed|completed/.test((await get(`/exports/${failed}`)).body.state));
  google.faults.clear();
  metrics = (await get("/metrics")).text;

  for (const args of [
    ["status"],
    ["doctor", "--notify"],
    ["verify", `data/${ADA}`, "--online"],
    ["export", ADA, "--dry-run"],
    ["export", ADA, "--output-dir", "/elsewhere"], // a refusal names it to whoever typed it
    ["rotate-key"],
  ])
    await command(...args);
  google.revoke(ADA);
  await command("export", ADA, "--output-dir", "data/revoked", "--query", MAIL.query);
  await call("DELETE", `/auth?email=${ADA}`);
  await w.get("/accounts").catch(() => undefined); // the server that was killed
  await server[Symbol.asyncDispose]();

  // A defect, with mail in its message.
  await writeFile(join(product.folder, "defect.mjs"), `process.once("SIGUSR2", () => JSON.parse("${STRAY}"));\n`);
  const crashing = await serve({ NODE_OPTIONS: "--import=./defect.mjs" });
  outcomes.push(await crashing.stop("SIGUSR2"));
});
afterAll(() => stack.disposeAsync());

test("the run was one in which something can be found", () => {
  expect(google.tokens.values.length).toBeGreaterThan(3);
  expect(told.length).toBeGreaterThan(8);
  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 302, 400, 401, 404, 422]));
  expect(addresses.some((address) => secretsIn(address, MAIL).includes("query"))).toBe(true); // where it belongs
  expect(outcomes.map(({ code }) => code)).toEqual(expect.arrayContaining([0, 1, 2, 4, 130, null]));
  for (const [name, secret] of Object.entries(MAIL))
    for (const text of [secret, `x${Buffer.from(`ab${secret}cd`).toString("base64")}`, encodeURIComponent(secret)])
      expect(secretsIn(text, MAIL), `${name} in ${text}`).toContain(name);
});

describe("nothing secret and nothing of the mail is told", () => {
  test("in a log line, or any other word on stderr", () => {
    for (const running of told) {
      // The address that a person is to open has the state of the sign-in, and says whose it is.
      const said = running.output().replaceAll(/^http\S+\/o\/oauth2\/auth\?\S+$/gm, "");
      expect(secretsIn(said, everything()), said).toEqual([]);
    }
  });

  test("on stdout", () => {
    for (const { stdout } of outcomes) expect(secretsIn(stdout, everything()), stdout).toEqual([]);
  });

  test("in a refusal, a page, or a number for Prometheus", () => {
    // What a client has sent it may be shown again, as a field's name is.
    const refusals = answers.filter(({ status }) => status >= 400);
    expect(refusals.length).toBeGreaterThan(8);
    for (const { text } of refusals)
      expect(secretsIn(text, { ...secrets(), ...without(MAIL, "to") }), text).toEqual([]);
    expect(secretsIn(metrics + events, everything())).toEqual([]);
  });

  test("in any answer that is not about it, headers included", () => {
    for (const { text, headers } of answers) {
      const head = [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
      expect(secretsIn(head + text, secrets())).toEqual([]);
    }
  });

  test("in an address that Gmail is asked for, but the search", () => {
    for (const address of addresses) expect(secretsIn(address, without(everything(), "query")), address).toEqual([]);
  });

  test("in the arguments of a process, or in what a browser is given", async () => {
    expect(commandLines.some((line) => line.includes("serve"))).toBe(true);
    for (const line of commandLines) expect(secretsIn(line, everything()), line).toEqual([]);
    const environment = await readFile(join(product.folder, "browser.env"), "utf8");
    expect(environment).toContain("GMAIL_API_URL=");
    expect(secretsIn(environment, everything())).toEqual([]);
    const opened = await readFile(join(product.folder, "browser.args"), "utf8");
    expect(secretsIn(opened, secrets())).toEqual([]);
  });

  test("in a file that is not the export's, but what the lists and the index of exports are for", async () => {
    const found: string[] = [];
    for (const folder of ["tokens", "state"])
      for (const name of await readdir(join(product.folder, folder), { recursive: true })) {
        const bytes = await readFile(join(product.folder, folder, name)).catch(() => Buffer.alloc(0)); // a folder
        const sought = folder === "tokens" ? everything() : secrets();
        found.push(...secretsIn(bytes.toString("latin1"), sought).map((secret) => `${secret} in ${folder}/${name}`));
      }
    expect(found).toEqual([]);
  });
});

test("a defect is told by where it was met, without its message", () => {
  const said = told.at(-1)!.output();
  expect(said).toMatch(/SyntaxError\n\s+at /);
  expect(outcomes.at(-1)!.code).toBe(1);
});

test("a secret is known again in all its spellings", () => {
  const secret = 'p+q/ü &<"';
  for (const [before, behind] of [
    ["", ""],
    ["a", "bc"],
    ["ab", "c"],
    ["abc", "abcd"],
  ]) {
    const text = Buffer.from(`${before}${secret}${behind}`).toString("base64");
    expect(
      spellingsOf(secret).some((one) => text.includes(one)),
      text,
    ).toBe(true);
  }
});

function without(all: Readonly<Record<string, string | readonly string[]>>, name: string): typeof all {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));
}

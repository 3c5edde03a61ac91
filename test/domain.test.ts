import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import { api, expectProblem, type Api } from "./api.ts";
import { manifestIn } from "./exported.ts";
import { install, type Product, type Server } from "./product.ts";
import { ADA, begin, BOB, expectAllOnce, listedIds, reaches } from "./stage.ts";

const EVE = "eve@example.com";
const GONE = "gone@example.com";
const OK = ["ok", "ok", "ok", "ok"];

/** A domain of four users, one suspended and one without a mailbox; its service account's key, and no OAuth client. */
type World = Api & Readonly<{ google: SimulatedGoogle; product: Product; server: Server }>;
let w: World;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
beforeAll(async () => {
  const google = stack.use(
    await simulateGoogle({
      accounts: [
        { email: ADA, messages: 12 },
        { email: BOB, messages: 5 },
        { email: GONE, messages: 1 },
      ],
      domain: {
        users: [
          { email: ADA, aliases: ["countess@example.com"], unit: "/Engines" },
          { email: BOB, unit: "/Engines/Cards" },
          { email: EVE },
          { email: GONE, suspended: true },
        ],
        groups: { "all@example.com": ["cards@example.com", ADA], "cards@example.com": [BOB, "all@example.com"] },
      },
    }),
  );
  const settings = { GOOGLE_API_URL: google.url, GOOGLE_ADMIN: ADA };
  const { credentials: _, ...withoutClient } = google;
  const product = stack.use(await install(withoutClient, settings));
  await writeFile(join(product.folder, "credentials.json"), JSON.stringify(google.key), { mode: 0o600 });
  const server = stack.use(await product.serve());
  w = { google, product, server, ...api(server.url) };
});

/** How an export that fails ends. */
const failureOf = async (id: string) => (await reaches(w, id, "failed")).failure;

describe("a server with a service account's key, and nothing else", () => {
  test("exports an address of the domain, and nobody signs in", async () => {
    const job = await reaches(w, await begin(w, { email: BOB }), "completed");
    await expectAllOnce(w, job.output_directory, listedIds(w, BOB));
  });

  test("says of a user that Google gives no access; the others go on", async () => {
    const ids = await Promise.all([GONE, "nobody@example.com"].map((email) => begin(w, { email })));
    const ada = await begin(w, { email: ADA });
    expect((await reaches(w, ada, "completed")).progress.exported).toBeGreaterThan(5);
    const failures = await Promise.all(ids.map(failureOf));
    expect(failures.map(({ code }) => code)).toEqual(["user_unusable", "user_unusable"]);
    expect(failures[0]!.next).toContain(GONE);
  });

  test("ends an export whose delegation was taken back with its remedy, and goes on once it is there again", async () => {
    const domain = w.google.domain();
    const { delegated } = domain;
    domain.delegated = [];
    w.google.expireAccessTokens();
    const body = { email: ADA, output_dir: "data/again" };
    const { code, next } = await failureOf(await begin(w, body));
    expect(code).toBe("delegation_missing");
    expect(next).toContain(domain.clientId);
    domain.delegated = delegated;
    const job = await reaches(w, await begin(w, body), "completed");
    await expectAllOnce(w, job.output_directory, listedIds(w));
  });

  test("answers who wants to sign in, and shows who reads an account", async () => {
    const answer = await w.get(`/auth/gmail?email=${ADA}&moved=1`);
    expectProblem(answer, 503, "credentials_invalid");
    expect(answer.body.next).toContain("Nobody needs to sign in");
    const status = (await w.get(`/auth/status?email=${ADA}`)).body;
    expect(status).toMatchObject({ authenticated: true, service_account: w.google.domain().serviceAccount });
    expect(await w.list("/accounts")).toEqual([]);
    const credentials = { state: "service_account", path: join(w.product.folder, "credentials.json") };
    const reader = w.google.domain().serviceAccount;
    expect((await w.get("/setup")).body).toMatchObject({ credentials, service_account: reader });
    expectProblem(await w.post("/export/gmail", { email: "ada@gmail.com" }), 401, "not_signed_in");
  });
});

describe("over HTTP", () => {
  const emailsOf = (accounts: readonly { email: string }[]): string[] => accounts.map(({ email }) => email);

  test("the domain is told page by page, each user once, with how much mail there is", async () => {
    const first = (await w.get("/domain/accounts?limit=3")).body;
    expect(first.accounts).toMatchObject([
      { email: ADA, unit: "/Engines", messages: w.google.mailbox(ADA).size },
      { email: BOB, messages: w.google.mailbox(BOB).size },
      { email: EVE, has_mailbox: false, messages: null },
    ]);
    const second = (await w.get(`/domain/accounts?limit=3&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ accounts: [{ email: GONE, suspended: true, messages: null }], next_cursor: null });
    const { calls } = w.google.domain();
    expect(calls["users.list"]).toBe(1); // both pages are of one reading
    expectProblem(await w.get(`/domain/accounts?match=a*&cursor=${first.next_cursor}`), 422, "invalid_fields");
  });

  test("a unit, a group and a pattern choose, and nobody is asked where that is not wanted", async () => {
    w.google.meter.reset();
    const found = async (query: string) =>
      emailsOf((await w.get(`/domain/accounts?count=false&${query}`)).body.accounts);
    expect(await found("unit=/Engines/Cards")).toEqual([BOB]);
    expect(await found("group=all@example.com")).toEqual([ADA, BOB]);
    expect(await found("match=*e@example.com")).toEqual([EVE, GONE]);
    expect(w.google.meter.calls.getProfile).toBeUndefined();
    expectProblem(await w.get("/domain/accounts?unit=/Nowhere"), 400, "invalid_request");
    expectProblem(await w.get("/domain/accounts?group=nobody@example.com"), 400, "invalid_request");
  });

  test("chosen accounts are told with mail, units, limits, and what is exported of them already", async () => {
    const { job_id } = (await w.post("/domain/exports", { accounts: [BOB] })).body.exports[0]!;
    const { output_directory } = await reaches(w, job_id, "completed");
    const answer = await w.post("/domain/estimate", { accounts: [BOB, GONE, BOB.toUpperCase(), ADA] });
    expect(answer.status, answer.text).toBe(200);
    const { accounts, limits } = answer.body;
    const manifest = await manifestIn(output_directory);
    expect(accounts).toMatchObject([
      {
        messages: w.google.mailbox(BOB).size,
        exported: { messages: manifest.total_emails, bytes: manifest.batches[0]!.bytes, complete: true },
      },
      { email: GONE, messages: null, units: null, exported: null, failure: { code: "user_unusable" } },
      { email: ADA, messages: w.google.mailbox(ADA).size },
    ]);
    expect(limits).toMatchObject({ tier: "2026", concurrency: expect.any(Number) });
    expectProblem(await w.post("/domain/estimate", { accounts: ["rubbish"] }), 422, "invalid_fields");
    expectProblem(await w.get("/domain/accounts?limit=1000"), 422, "invalid_fields");
    expect((await w.get("/domain/accounts?limit=1000&count=false")).status).toBe(200);
  });

  test("where nobody's mail is delegated nothing is started, and that is said once", async () => {
    const ids = async () => (await w.get("/exports")).body.exports.map(({ id }) => id);
    const before = await ids();
    const answer = await withoutGmail(() => w.post("/domain/exports", { accounts: [ADA, BOB] }));
    expectProblem(answer, 503, "delegation_missing");
    expect(await ids()).toEqual(before);
  });

  test("many exports are started at once, each once; one that cannot be has its failure in its place", async () => {
    const answer = await w.post("/domain/exports", {
      accounts: [BOB, "ada@gmail.com", BOB.toUpperCase(), GONE],
      max_emails: 2,
      query: "in:inbox",
    });
    expect(answer.status, answer.text).toBe(202);
    const [bob, stranger, gone, ...more] = answer.body.exports;
    expect(more).toEqual([]);
    // The directory holds all of his mail already: another filter is another export.
    expect(bob).toMatchObject({ email: BOB.toUpperCase(), failure: { code: "directory_foreign" } });
    expect(stranger).toMatchObject({ email: "ada@gmail.com", failure: { code: "not_signed_in" } });
    expect((await failureOf(gone!.job_id)).code).toBe("user_unusable");
    expectProblem(await w.post("/domain/exports", { accounts: [] }), 422, "invalid_fields");
    expectProblem(await w.post("/domain/exports", { accounts: [ADA], output_dir: "data/x" }), 422, "invalid_fields");

    const again = (await w.post("/domain/exports", { accounts: [ADA, BOB] })).body.exports;
    for (const { job_id } of again) await reaches(w, job_id, "completed");
    await expectAllOnce(w, join(w.product.folder, "data", ADA));
  });
});

/** Nothing but the directory is delegated while `doing` goes on. */
async function withoutGmail<Done>(doing: () => Promise<Done>): Promise<Done> {
  const domain = w.google.domain();
  const { delegated } = domain;
  domain.delegated = delegated.filter((scope) => !scope.includes("gmail"));
  w.google.expireAccessTokens();
  try {
    return await doing();
  } finally {
    domain.delegated = delegated;
  }
}

describe("the command line", () => {
  const cli = (...args: string[]) => w.product.cli(args);

  test("says once, and at once, where nobody's mail is delegated", async () => {
    const { code, stdout, stderr } = await withoutGmail(() => cli("domain", "export", "--match", "*"));
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr.match(/delegation_missing/g)).toHaveLength(1);
  });

  test("lists who is in the domain, with mail, units and time; who cannot be read is named", async () => {
    const outcome = await cli("domain", "accounts", "--json");
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const { accounts, left_out, total } = JSON.parse(outcome.stdout);
    const held = (email: string): number => w.google.mailbox(email).size;
    expect(accounts).toMatchObject([
      { email: ADA, aliases: ["countess@example.com"], unit: "/Engines", messages: held(ADA), has_mailbox: true },
      { email: BOB, unit: "/Engines/Cards", messages: held(BOB), units: expect.any(Number) },
      { email: EVE, messages: null, units: null, has_mailbox: false },
    ]);
    expect(left_out).toMatchObject([{ email: GONE, suspended: true }]);
    expect(total).toMatchObject({ accounts: 2, messages: held(ADA) + held(BOB), tier: "2026" });
    expect(total.units).toBe(accounts[0].units + accounts[1].units);
  });

  test("says it to people, of a unit and those below it", async () => {
    const { code, stdout } = await cli("domain", "accounts", "--unit", "/engines");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ada@example\.com {2}\/Engines {8}12 messages, at most [\d,]+ quota units\nbob@example\.com {2}\/Engines\/Cards {2}5 messages, .*\n2 accounts, 17 messages: at most .*\nAbout .* of what a project may spend a day\n$/,
    );
  });

  test("looks for what stands in the way: the key, one account, the directory", async () => {
    const { code, stdout } = await cli("doctor", BOB, "--json");
    const findings: readonly { id: string; status: string }[] = JSON.parse(stdout);
    const of = (id: string) => findings.find((one) => one.id === id)?.status;
    expect([code, of("service_account"), of("delegation"), of("gmail"), of("directory")]).toEqual([0, ...OK]);
    expect([of("credentials"), of("signed_in")]).toEqual([undefined, undefined]);
  });

  test("exports nobody who was not chosen, and nobody by a list that is half understood", async () => {
    expect(await cli("domain", "export")).toMatchObject({ code: 2, stdout: "" });
    const list = join(w.product.folder, "list.txt");
    await writeFile(list, `${ADA}\nrubbish\n\nbob at example\n`);
    const refused = await cli("domain", "export", "--file", list);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("no address: 2, 4.");
    expect(await cli("domain", "export", "--file", "nowhere.txt")).toMatchObject({ code: 2 });
    expect(await cli("domain", "export", "--group", "nobody@example.com")).toMatchObject({ code: 2 });
  });

  test("exports those who were chosen, each into a directory of their own, and ends as the worst of them", async () => {
    const list = join(w.product.folder, "some.txt");
    await writeFile(list, `# engines\ncountess@example.com\n${GONE}\nstranger@example.com\n`);
    const dry = await cli("domain", "export", "--file", list, "--dry-run", "--json");
    expect(JSON.parse(dry.stdout)).toMatchObject({
      accounts: [{ email: ADA }],
      left_out: [{ email: GONE }],
      unknown: ["stranger@example.com"],
    });
    const outcome = await cli("domain", "export", "--file", list, "--include-suspended", "--json");
    expect(outcome.code).toBe(6);
    const lines = outcome.stdout.trimEnd().split("\n");
    const ends = new Map(lines.map((line) => [String(JSON.parse(line).email), JSON.parse(line)]));
    expect([...ends.keys()].toSorted()).toEqual([ADA, GONE]);
    expect(ends.get(ADA)).toMatchObject({ complete: true, output_directory: join(w.product.folder, "data", ADA) });
    expect(ends.get(GONE)).toMatchObject({ error: { code: "user_unusable" } });
    await expectAllOnce(w, ends.get(ADA).output_directory);
  });

  test("exports a group, and says to people what became of each", async () => {
    const { code, stdout } = await cli("domain", "export", "--group", "all@example.com", "--attachments");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ 1 of 2 \S+: .*\n✓ 2 of 2 \S+: .*\n$/);
    await expectAllOnce(w, join(w.product.folder, "data", BOB), listedIds(w, BOB));
  });

  test("with --quiet tells only those who could not be exported, on stderr", async () => {
    const list = join(w.product.folder, "two.txt");
    await writeFile(list, `${ADA}\n${GONE}\n`);
    const { code, stdout, stderr } = await cli("domain", "export", "--file", list, "--include-suspended", "--quiet");
    expect([code, stdout]).toEqual([6, ""]);
    expect(stderr).toMatch(/^✗ \d of 2 \S+: .*\n {2}.*\(user_unusable\)\n$/);
  });
});

test("nothing of the key, or of what it signed, is in what was written or said", async () => {
  const { key } = w.google;
  const secrets = [key!.private_key.split("\n")[3]!, ...w.google.domain().assertions];
  expect(secrets.length).toBeGreaterThan(2);
  for (const secret of secrets) expect(w.server.output()).not.toContain(secret);
});

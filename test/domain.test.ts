import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle, type SimulatedGoogle } from "../simulator/google.ts";
import { api, expectProblem, type Api } from "./api.ts";
import { install, type Product, type Server } from "./product.ts";
import { ADA, begin, BOB, expectAllOnce, listedIds, reaches } from "./stage.ts";

const EVE = "eve@example.com";
const GONE = "gone@example.com";

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
    expectProblem(await w.post("/export/gmail", { email: "ada@gmail.com" }), 401, "not_signed_in");
  });
});

test("nothing of the key, or of what it signed, is in what was written or said", async () => {
  const { key } = w.google;
  const secrets = [key!.private_key.split("\n")[3]!, ...w.google.domain().assertions];
  expect(secrets.length).toBeGreaterThan(2);
  for (const secret of secrets) expect(w.server.output()).not.toContain(secret);
});

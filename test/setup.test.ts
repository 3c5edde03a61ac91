import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { READONLY } from "../simulator/visitor.ts";
import type { Finding } from "../src/doctor/finding.ts";
import { api, expectProblem, type Answer, type Api } from "./api.ts";
import { install, type Product, type Server, type Settings } from "./product.ts";
import { ADA, signIn } from "./stage.ts";
import { unprivileged } from "./unprivileged.ts";

const SECRET = "GOCSPX-TOPSECRET";

const CLIENT = {
  client_id: "123-abc.apps.googleusercontent.com",
  project_id: "my proj",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  client_secret: SECRET,
  redirect_uris: ["http://localhost"],
};

type Place = AsyncDisposable &
  Api &
  Readonly<{ product: Product; server: Server; file: string; put(json: unknown): Promise<Answer> }>;

/** A server for which nothing is set up yet. */
async function place(
  settings: Settings = {},
  google: { url: string } = { url: "http://127.0.0.1:9" },
  before: readonly string[] = [],
): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const product = stack.use(await install(google, settings, before));
  const server = stack.use(await product.serve());
  const ours = stack.move();
  const { call, ...rest } = api(server.url);
  return {
    product,
    server,
    file: join(product.folder, "credentials.json"),
    call,
    ...rest,
    put: (json) =>
      call("PUT", "/setup/credentials", {
        body: typeof json === "string" ? json : JSON.stringify(json),
        headers: { "content-type": "application/json" },
      }),
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

const bodyOf = async (answer: Promise<Answer>): Promise<unknown> => (await answer).body;

/** What doctor says of the same. */
const doctorOn = async ({ get }: Api, id: string): Promise<Finding> => {
  const findings = (await bodyOf(get("/doctor"))) as readonly Finding[];
  return findings.find((one) => one.id === id)!;
};

/** One for all tests that need no settings of their own. */
let bare: Place;
beforeAll(async () => void (bare = await place()));
afterAll(() => bare[Symbol.asyncDispose]());

/** That server, as if nobody had set up anything. */
async function untouched(): Promise<Place> {
  const { folder } = bare.product;
  const left = (await readdir(folder)).filter((name) => name.startsWith("credentials.json"));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true })));
  return bare;
}

describe("GET /setup", () => {
  test("shows a first visitor that the client file is missing, where it belongs, and the pages where one is made", async () => {
    const w = await untouched();
    const { message, next } = {
      message: `There is no client file at ${w.file}.`,
      next: expect.stringContaining("Desktop app"),
    };
    expect(await bodyOf(w.get("/setup"))).toEqual({
      credentials: {
        state: "missing",
        path: w.file,
        problem: { code: "credentials_missing", message, next, stops_sign_in: true },
      },
      redirect_uri: `${w.product.origin}/auth/callback`,
      export_dir: join(w.product.folder, "data"),
      scopes: [READONLY],
      app_name: "Mail export",
      google: {
        console: "https://console.cloud.google.com/",
        create_project: "https://console.cloud.google.com/projectcreate",
        enable_gmail_api: "https://console.cloud.google.com/apis/library/gmail.googleapis.com",
        branding: "https://console.cloud.google.com/auth/branding",
        audience: "https://console.cloud.google.com/auth/audience",
        data_access: "https://console.cloud.google.com/auth/scopes",
        clients: "https://console.cloud.google.com/auth/clients",
        create_client: "https://console.cloud.google.com/auth/clients/create",
      },
      accounts: 0,
    });
  });

  test("says why a file is of no use, in the words of doctor", async () => {
    const w = await untouched();
    await writeFile(w.file, JSON.stringify({ type: "service_account", private_key: SECRET }), { mode: 0o600 });
    const found = await doctorOn(w, "credentials");
    expect(await bodyOf(w.get("/setup"))).toMatchObject({
      credentials: {
        state: "unusable",
        path: w.file,
        problem: { code: "credentials_invalid", message: found.what, next: found.next, stops_sign_in: true },
      },
    });
    expect(found.what).toContain("service account");
  });

  test("counts who is signed in, and shows the client without its secret", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using w = await place({}, google);
    await writeFile(w.file, JSON.stringify(google.credentials), { mode: 0o600 });
    await signIn(w.server, ADA);
    const answer = await w.get("/setup");
    const { client_id, client_secret, project_id } = google.credentials["installed"]!;
    expect(answer.body).toMatchObject({
      accounts: 1,
      credentials: { state: "ready", kind: "installed", client_id, project_id },
    });
    expect(answer.body).not.toHaveProperty("credentials.problem");
    expect(answer.text).not.toContain(client_secret);
  });
});

describe("PUT /setup/credentials", () => {
  test("puts the file in its place, for its owner alone, and sign-in finds it", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using w = await place({ GOOGLE_CREDENTIALS_PATH: "private/client.json" }, google);
    const answer = await w.put(google.credentials);
    expect(answer.status, answer.text).toBe(201);
    expect(answer.body).toEqual(await bodyOf(w.get("/setup")));
    expect(answer.body).toMatchObject({ credentials: { state: "ready" } });
    const file = join(w.product.folder, "private/client.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(google.credentials);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(w.product.folder, "private"))).toEqual(["client.json"]);
    await signIn(w.server, ADA);
  });

  test("opens Google's pages in the client's project from then on", async () => {
    const w = await untouched();
    expect(await bodyOf(w.put({ installed: CLIENT }))).toMatchObject({
      google: {
        console: "https://console.cloud.google.com/?project=my%20proj",
        audience: "https://console.cloud.google.com/auth/audience?project=my%20proj",
        create_project: "https://console.cloud.google.com/projectcreate",
      },
    });
  });

  test("takes a web client that does not list our redirect URI, and says so as doctor does", async () => {
    const w = await untouched();
    const answer = await w.put({ web: { ...CLIENT, redirect_uris: ["https://elsewhere.example.com/callback"] } });
    const found = await doctorOn(w, "redirect_uri");
    expect(found.status).toBe("fail");
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      credentials: {
        state: "ready",
        kind: "web",
        problem: {
          code: "redirect_uri",
          message: `${found.what}. ${found.why}`,
          next: found.next,
          stops_sign_in: true,
        },
      },
    });
    expect(found.next).toContain(`${w.product.origin}/auth/callback`);
  });

  test("keeps the usable file that is there, and names the one to move away", async () => {
    const w = await untouched();
    const first = JSON.stringify({ installed: CLIENT });
    await writeFile(w.file, first);
    const answer = await w.put({ web: CLIENT });
    expectProblem(answer, 409, "credentials_exist");
    expect(answer.body.next).toContain(w.file);
    expect(await readFile(w.file, "utf8")).toBe(first);
  });

  test("lets one of two that come at once win", async () => {
    const w = await untouched();
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => w.put({ installed: { ...CLIENT, project_id: `p${n}` } })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(["201", "409", "409", "409"]);
    expect((await readdir(w.product.folder)).filter((name) => name.startsWith("credentials"))).toEqual([
      "credentials.json",
    ]);
  });

  test("puts an unusable file aside, unchanged", async () => {
    const w = await untouched();
    const found = JSON.stringify({ type: "service_account", private_key: SECRET });
    await writeFile(w.file, found);
    expect((await w.put({ installed: CLIENT })).status).toBe(201);
    expect(await readFile(`${w.file}.unusable`, "utf8")).toBe(found);
  });

  test("does not follow a symbolic link that leads nowhere", async () => {
    const w = await untouched();
    await symlink(join(w.product.folder, "elsewhere.json"), w.file);
    expectProblem(await w.put({ installed: CLIENT }), 409, "credentials_exist");
    expect(await readdir(w.product.folder)).not.toContain("elsewhere.json");
  });

  test("touches no directory in its place, and says that it is no file", async () => {
    const w = await untouched();
    await mkdir(w.file);
    const answer = await w.put({ installed: CLIENT });
    expect([answer.status, answer.body.code]).toEqual([503, "not_private"]);
    expect(answer.body.detail).toContain("is a folder, not a file");
    expect((await stat(w.file)).isDirectory()).toBe(true);
  });

  test("says so where it may not write", async () => {
    await using w = await place({ GOOGLE_CREDENTIALS_PATH: "closed/client.json" }, undefined, unprivileged());
    await mkdir(join(w.product.folder, "closed"), { mode: 0o500 });
    expect((await w.put({ installed: CLIENT })).body.code).toBe("disk");
    await chmod(join(w.product.folder, "closed"), 0o700);
  });

  test("asks for the API key, as every call does", async () => {
    await using w = await place({ API_KEY: randomBytes(32).toString("base64") });
    expectProblem(await w.put({ installed: CLIENT }), 401, "api_key_required");
    expectProblem(await w.get("/setup"), 401, "api_key_required");
    await expect(stat(w.file)).rejects.toThrow("ENOENT");
  });
});

describe("what is no client file is refused: nothing of it is repeated, and nothing written", () => {
  let w: Place;
  beforeAll(async () => void (w = await untouched()));

  test.each<[string, unknown, RegExp]>([
    ["a service account's key", { type: "service_account", private_key: SECRET }, /a service account's key/],
    ["gcloud's own sign-in", { type: "authorized_user", refresh_token: SECRET }, /gcloud sign-in/],
    ["an API key", { api_key: `AIza${SECRET}` }, /an API key/],
    ["an API key alone", JSON.stringify(`AIzaSy${SECRET}`), /an API key/],
    ["another shape", { client_id: "x", client_secret: SECRET }, /neither "installed" nor "web"/],
    [
      "a client that leads elsewhere than it may",
      { web: { ...CLIENT, token_uri: "https://evil.example.com/token" } },
      /neither Google's/,
    ],
    ["a list", [CLIENT], /JSON object/],
    ["nothing", "", /JSON object/],
  ])("%s", async (_, sent, why) => {
    const answer = await w.put(sent);
    expectProblem(answer, 422, "credentials_refused");
    expect(answer.body.detail).toMatch(why);
    expect(answer.text + w.server.output()).not.toContain("TOPSECRET");
    await expect(stat(w.file)).rejects.toThrow("ENOENT");
  });

  test.each([33, 5_000, 32_000])("JSON of %i levels", async (levels) => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const depth = Math.min(levels, Math.floor(65_000 / (open.length + close.length)));
      expectProblem(await w.put(`${open.repeat(depth)}1${close.repeat(depth)}`), 400, "invalid_request");
    }
    await expect(stat(w.file)).rejects.toThrow("ENOENT");
  });

  test("what is not JSON", async () => {
    expectProblem(await w.put(`{"installed": {"client_secret": "${SECRET}`), 400, "invalid_request");
  });
});

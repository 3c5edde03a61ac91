import { createSecretKey, randomBytes } from "node:crypto";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Grants } from "../core/ports/grants.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk as files } from "../storage/folder/private-files.ts";
import { signIn, type SignInParts } from "./authorize.ts";
import {
  always,
  failureOfDoing,
  folderLock,
  jumpingClock,
  MARK,
  tempFolder,
  testGoogle,
  type Consent,
} from "./testing.ts";

const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
const LABELS = "https://www.googleapis.com/auth/gmail.labels";
const signal = new AbortController().signal;

let google: Awaited<ReturnType<typeof testGoogle>>;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let clock: ReturnType<typeof jumpingClock>;
let store: Grants;
let parts: SignInParts;

beforeEach(async () => {
  google = await testGoogle();
  folder = await tempFolder();
  clock = jumpingClock();
  store = sealedGrants(folder.path, always(createSecretKey(randomBytes(32))), folderLock, files);
  parts = {
    credentials: () => google.credentials(),
    store,
    clock,
    pending: pendingSignIns(clock),
    whoami: google.whoami,
    scopes: [READONLY, LABELS],
    redirectUri: "http://localhost:8000/auth/callback",
  };
});
afterEach(async () => {
  await google[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Signs in as a person would: the page, the consent, the way back. */
async function signInAs(consent: Consent, asked = "", changes: Partial<SignInParts> = {}): Promise<string> {
  const { begin, finish } = signIn({ ...parts, ...changes });
  const { url, browserKey } = await begin(asked);
  const state = new URL(url).searchParams.get("state")!;
  return finish({ code: google.consent(url, consent), state }, browserKey, signal);
}

const nobody = async (): Promise<string> => Promise.reject(new Error("no Gmail"));
const badClient = (changes: Record<string, string>) => ({ credentials: () => google.credentials(changes) });

test("a sign-in asks Google for all that is needed, and nothing else", async () => {
  const { url, browserKey } = await signIn(parts).begin("ada@example.com");
  const { state, code_challenge, ...rest } = Object.fromEntries(new URL(url).searchParams);
  expect(rest).toEqual({
    client_id: "client-1",
    response_type: "code",
    redirect_uri: "http://localhost:8000/auth/callback",
    scope: `${READONLY} ${LABELS}`,
    access_type: "offline",
    prompt: "consent",
    login_hint: "ada@example.com",
    code_challenge_method: "S256",
  });
  expect(code_challenge).toMatch(/^[\w-]{43}$/);
  expect(url).not.toContain(browserKey);
  expect(url).not.toContain(MARK);
  expect(state).not.toBe("");
});

test("without an account any may sign in, and nothing is hinted", async () => {
  const { url } = await signIn(parts).begin("", "http://127.0.0.1:9/");
  expect(new URL(url).searchParams.has("login_hint")).toBe(false);
  expect(new URL(url).searchParams.get("redirect_uri")).toBe("http://127.0.0.1:9/");
});

test("a person who consents is signed in, and the grant is stored", async () => {
  expect(await signInAs({ account: "Ada@example.com" }, "ada@EXAMPLE.com")).toBe("Ada@example.com");
  const grant = await store.load("ada@example.com");
  expect(grant).toMatchObject({
    account: "Ada@example.com",
    expiresAt: clock.now() + 3_599_000,
    grantedAt: clock.now(),
    scopes: [LABELS, READONLY], // as Google lists them
  });
  expect(grant?.refreshToken?.reveal()).toContain("refresh");
  expect(google.revoked).toEqual([]);
});

test("an address in another spelling is the same account, and is stored as Google spells it", async () => {
  const account = "first.last@googlemail.com";
  expect(await signInAs({ account }, "FirstLast@gmail.com")).toBe(account);
  expect((await store.load("firstlast@gmail.com"))?.account).toBe(account);
});

test("the code is sent with the verifier of its challenge and the same redirect address", async () => {
  const { begin, finish } = signIn(parts);
  const { url, browserKey } = await begin("", "http://127.0.0.1:4321/");
  const code = google.consent(url, { account: "ada@example.com" });
  await finish({ code, state: new URL(url).searchParams.get("state")! }, browserKey, signal);
  expect(google.asked).toHaveLength(1);
  expect(Object.fromEntries(google.asked[0]!)).toEqual({
    grant_type: "authorization_code",
    code,
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    redirect_uri: "http://127.0.0.1:4321/",
    client_id: "client-1",
    client_secret: `${MARK}-client`,
  });
});

test("the state is checked before anything else, and used up by a refusal too", async () => {
  const { begin, finish } = signIn(parts);
  const { url, browserKey } = await begin("");
  const state = new URL(url).searchParams.get("state")!;
  const code = `${MARK}-code`;
  expect((await failureOfDoing(finish({ code }, browserKey, signal))).code).toBe("state_invalid");
  expect((await failureOfDoing(finish({ error: "access_denied" }, browserKey, signal))).code).toBe("state_invalid");
  expect((await failureOfDoing(finish({ code, state }, "other", signal))).message).toMatch(/another browser/);
  expect(await failureOfDoing(finish({ error: "access_denied", state }, browserKey, signal))).toMatchObject({
    code: "sign_in_refused",
    message: expect.stringMatching(/refused on Google's consent page/),
  });
  expect((await failureOfDoing(finish({ code, state }, browserKey, signal))).message).toMatch(/used already/);
  expect(google.asked).toEqual([]);
});

test.each([
  [{ error: "admin_policy_enforced" }, /admin_policy_enforced/],
  [{ error: `<script>${MARK}` }, /without a known reason/],
  [{}, /no code/],
  [{ code: "" }, /no code/],
])("what comes back in place of a code is told in words: %j", async (query, message) => {
  const { begin, finish } = signIn(parts);
  const { url, browserKey } = await begin("");
  const state = new URL(url).searchParams.get("state")!;
  expect(await failureOfDoing(finish({ ...query, state }, browserKey, signal))).toMatchObject({
    code: "sign_in_refused",
    message: expect.stringMatching(message),
  });
});

describe("nothing is stored, and what Google gave is ended, when", () => {
  test("a box was left unticked", async () => {
    const failure = await failureOfDoing(signInAs({ account: "ada@example.com", granted: [LABELS] }));
    expect(failure).toMatchObject({ code: "scope_not_granted", message: expect.stringContaining(READONLY) });
    expect(failure.message).not.toContain(LABELS);
    expect(failure.next).toMatch(/"View your email messages and settings"/);
  });

  test("another account signed in", async () => {
    const failure = await failureOfDoing(signInAs({ account: "eve@example.com" }, "ada@example.com"));
    expect(failure.code).toBe("wrong_account");
    expect(failure.next).toMatch(/eve@example.com.*ada@example.com.*former address.*use eve@example.com/);
    expect(failure.message).not.toContain("@");
  });

  test("no refresh token came", async () => {
    expect(await failureOfDoing(signInAs({ account: "ada@example.com", refreshToken: false }))).toMatchObject({
      code: "sign_in_refused",
      next: expect.stringContaining("https://myaccount.google.com/permissions"),
    });
  });

  test("Gmail does not say whose mailbox it is", async () => {
    await expect(signInAs({ account: "ada@example.com" }, "", { whoami: nobody })).rejects.toThrow("no Gmail");
  });

  afterEach(async () => {
    expect(await store.accounts()).toEqual([]);
    expect(google.revoked).toHaveLength(1);
  });
});

describe("a stored grant outlives a refused sign-in: nothing is revoked when", () => {
  test("the wrong account is one that is signed in", async () => {
    await signInAs({ account: "eve@example.com" });
    await failureOfDoing(signInAs({ account: "eve@example.com" }, "ada@example.com"));
  });

  test("nobody knows whose the tokens are", async () => {
    await signInAs({ account: "eve@example.com" });
    await failureOfDoing(signInAs({ account: "eve@example.com", granted: [] }, "ada@example.com"));
  });

  afterEach(async () => {
    expect(await store.accounts()).toEqual(["eve@example.com"]);
    expect(google.revoked).toEqual([]);
  });
});

test("a revocation that fails does not hide why the sign-in was refused", async () => {
  const { begin, finish } = signIn({ ...parts, whoami: async () => "eve@example.com" });
  const { url, browserKey } = await begin("ada@example.com");
  const query = { code: google.consent(url, { account: "x" }), state: new URL(url).searchParams.get("state")! };
  google.replies.push({ status: 200, body: { access_token: MARK, refresh_token: MARK } }, "drop");
  expect((await failureOfDoing(finish(query, browserKey, signal))).code).toBe("wrong_account");
});

test("scopes left out of the answer are those that were asked for", async () => {
  google.replies.push({ status: 200, body: { access_token: MARK, refresh_token: MARK } });
  await signInAs({ account: "x" }, "", { whoami: async () => "ada@example.com" });
  expect(await store.load("ada@example.com")).toMatchObject({
    scopes: [READONLY, LABELS],
    expiresAt: clock.now() + 3_600_000,
  });
});

test("short scopes are found in the answer as Google spells them out", async () => {
  const granted = ["https://www.googleapis.com/auth/userinfo.email", "openid"];
  await signInAs({ account: "ada@example.com", granted }, "", { scopes: ["openid", "email"] });
  expect(await store.accounts()).toEqual(["ada@example.com"]);
});

test.each([
  ["a code that expired or was used", { status: 400, body: { error: "invalid_grant" } }, "sign_in_refused"],
  ["an unknown redirect address", { status: 400, body: { error: "redirect_uri_mismatch" } }, "sign_in_refused"],
  ["another refusal", { status: 400, body: { error: "org_internal" } }, "sign_in_refused"],
  ["a client whose secret was reset", { status: 401, body: { error: "invalid_client" } }, "credentials_invalid"],
  ["a disabled client", { status: 401, body: { error: "disabled_client" } }, "credentials_invalid"],
  ["a passing fault of the endpoint", { status: 400, body: { error: "internal_failure" } }, "server_error"],
  ["a deleted client", { status: 401, body: { error: "deleted_client" } }, "credentials_invalid"],
  ["a lost connection", "drop", "network"],
  ["a server error", { status: 503, body: { error: "backend" } }, "server_error"],
  ["too many requests", { status: 429, body: {} }, "server_error"],
  ["a page in place of tokens", { status: 200, body: `<p>${MARK}</p>`, html: true }, "malformed_response"],
  ["a refusal without a name", { status: 400, body: { error: { message: MARK } } }, "malformed_response"],
  ["tokens of another type", { status: 200, body: { access_token: [MARK] } }, "malformed_response"],
  ["a lifetime in words", { status: 200, body: { access_token: MARK, expires_in: MARK } }, "malformed_response"],
  ["a lifetime without end", { status: 200, body: { access_token: MARK, expires_in: 1e300 } }, "malformed_response"],
] as const)("%s ends the sign-in, is asked once, and no secret is in the error", async (_, reply, code) => {
  google.replies.push(reply);
  expect((await failureOfDoing(signInAs({ account: "ada@example.com" }))).code).toBe(code);
  expect(google.asked).toHaveLength(1);
  expect(await store.accounts()).toEqual([]);
});

test("a wrong client secret is noticed, and never shown", async () => {
  const changes = badClient({ client_secret: `${MARK}-old` });
  const failure = await failureOfDoing(signInAs({ account: "ada@example.com" }, "", changes));
  expect(failure).toMatchObject({ code: "credentials_invalid", next: expect.stringMatching(/secret was reset/) });
});

test("a client file without the secret that Google wants is told as such", async () => {
  google.replies.push({
    status: 400,
    body: { error: "invalid_request", error_description: "client_secret is missing." },
  });
  const client = { ...(await google.credentials()), clientSecret: undefined };
  const changes = { credentials: async () => client };
  expect(await failureOfDoing(signInAs({ account: "ada@example.com" }, "", changes))).toMatchObject({
    code: "credentials_invalid",
    next: expect.stringMatching(/no client_secret/),
  });
});

test("a token endpoint that nobody answers at is a network failure", async () => {
  const changes = badClient({ token_uri: "http://127.0.0.1:1/token" });
  expect(await failureOfDoing(signInAs({ account: "ada@example.com" }, "", changes))).toMatchObject({
    code: "network",
    message: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a redirect of the token endpoint is not followed with the secrets", async () => {
  google.replies.push({ status: 307, body: {}, location: "/elsewhere" });
  expect((await failureOfDoing(signInAs({ account: "ada@example.com" }))).code).toBe("network");
  expect(google.asked).toHaveLength(1);
});

test("a sign-in that is called off ends with its reason", async () => {
  const { begin, finish } = signIn(parts);
  const { url, browserKey } = await begin("");
  const state = new URL(url).searchParams.get("state")!;
  const reason = new Error("called off");
  await expect(finish({ code: "x", state }, browserKey, AbortSignal.abort(reason))).rejects.toBe(reason);
});

describe("an answer that somebody else had a hand in", () => {
  /** Begins a sign-in and hands Google's answer over, changed on its way. */
  const answered = async (
    change: (answer: { code: string; state: string; browserKey: string }) => object,
  ): Promise<string> => {
    const { begin, finish } = signIn(parts);
    const { url, browserKey } = await begin("");
    const state = new URL(url).searchParams.get("state")!;
    const answer = { code: google.consent(url, { account: "ada@example.com" }), state, browserKey };
    const { browserKey: key, ...query } = { ...answer, ...change(answer) };
    return finish(query, key, signal);
  };

  test("naming Google, or nobody, is taken", async () => {
    const { authUri } = await google.credentials();
    for (const iss of [undefined, new URL(authUri).origin, "https://accounts.google.com"])
      expect(await answered(() => ({ iss }))).toBe("ada@example.com");
  });

  test("naming another server is refused before the code is sent anywhere (mix-up)", async () => {
    for (const iss of ["https://evil.example", "https://accounts.google.com.evil.example", ""])
      expect(await failureOfDoing(answered(() => ({ iss })))).toMatchObject({ code: "sign_in_refused" });
    expect(google.asked).toEqual([]);
    expect(await store.accounts()).toEqual([]);
  });

  test("with a code of another sign-in is refused by its verifier (code injection)", async () => {
    const { url } = await signIn(parts).begin("");
    const stolen = google.consent(url, { account: "eve@example.com" });
    expect(await failureOfDoing(answered(() => ({ code: stolen })))).toMatchObject({ code: "sign_in_refused" });
    expect(await store.accounts()).toEqual([]);
  });

  test("with a state of another browser's sign-in is refused, and leaves that one to go on", async () => {
    const { begin, finish } = signIn(parts);
    const victim = await begin("");
    const state = new URL(victim.url).searchParams.get("state")!;
    const attacker = await begin("");
    const code = google.consent(attacker.url, { account: "eve@example.com" });
    expect(await failureOfDoing(finish({ code, state }, attacker.browserKey, signal))).toMatchObject({
      code: "state_invalid",
    });
    const own = google.consent(victim.url, { account: "ada@example.com" });
    expect(await finish({ code: own, state }, victim.browserKey, signal)).toBe("ada@example.com");
  });
});

test("an answer of the token endpoint that never ends is cut off", async () => {
  google.replies.push({ status: 200, body: { access_token: "x".repeat(1 << 20) } });
  expect((await failureOfDoing(signInAs({ account: "ada@example.com" }))).retry).toBe("backoff");
});

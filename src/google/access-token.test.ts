import { createSecretKey, randomBytes, type KeyObject } from "node:crypto";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Grant } from "../core/grant.ts";
import type { AccessToken } from "../core/ports/accounts.ts";
import type { Grants } from "../core/ports/grants.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk as files } from "../storage/folder/private-files.ts";
import { accessToken } from "./access-token.ts";
import { signIn } from "./authorize.ts";
import { always, failureOfDoing, folderLock, jumpingClock, tempFolder, testGoogle } from "./testing.ts";

const ADA = "ada@example.com";
const MINUTE_MS = 60_000;
const signal = new AbortController().signal;

let google: Awaited<ReturnType<typeof testGoogle>>;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let clock: ReturnType<typeof jumpingClock>;
let key: KeyObject;
let store: Grants;

/** As another process on the same machine has it: nothing shared but the folder. */
const another = (): { store: Grants; token: AccessToken } => {
  const own = sealedGrants(folder.path, always(key), folderLock, files);
  return { store: own, token: accessToken(ADA, { ...parts(), store: own }) };
};
let token: AccessToken;

const parts = () => ({
  credentials: () => google.credentials(),
  store,
  clock,
  random: () => 0.9,
  pending: pendingSignIns(clock),
  whoami: google.whoami,
  scopes: ["https://www.googleapis.com/auth/gmail.readonly"],
  redirectUri: "http://localhost/",
});

async function signInAda(): Promise<Grant> {
  const { begin, finish } = signIn(parts());
  const { url, browserKey } = await begin(ADA);
  const code = google.consent(url, { account: ADA, granted: parts().scopes });
  await finish({ code, state: new URL(url).searchParams.get("state")! }, browserKey, signal);
  return (await store.load(ADA))!;
}

const refreshes = () => google.asked.filter((form) => form.get("grant_type") === "refresh_token");

beforeEach(async () => {
  google = await testGoogle();
  folder = await tempFolder();
  clock = jumpingClock();
  key = createSecretKey(randomBytes(32));
  ({ store, token } = another());
});
afterEach(async () => {
  await google[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test("the stored token is given while it has more than five minutes left", async () => {
  const grant = await signInAda();
  expect(await token(undefined, signal)).toEqual(grant.accessToken);
  clock.advance(54 * MINUTE_MS);
  expect((await token(undefined, signal)).reveal()).toBe(grant.accessToken.reveal());
  expect(refreshes()).toEqual([]);
});

test("a token that ends soon is renewed, and the new one is stored with its end", async () => {
  const grant = await signInAda();
  clock.advance(55 * MINUTE_MS);
  const renewed = await token(undefined, signal);
  expect(renewed.reveal()).not.toBe(grant.accessToken.reveal());
  expect(await google.whoami(renewed)).toBe(ADA);
  const stored = await another().store.load(ADA);
  expect(stored?.accessToken.reveal()).toBe(renewed.reveal());
  expect(stored?.refreshToken?.reveal()).toBe(grant.refreshToken?.reveal());
  expect(stored).toMatchObject({
    expiresAt: clock.now() + 3_599_000,
    grantedAt: grant.grantedAt,
    scopes: grant.scopes,
  });
});

test("fifty calls at once, on two stores of one folder, ask Google once", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  const other = another().token;
  const calls = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? token : other)(undefined, signal));
  const given = new Set((await Promise.all(calls)).map((one) => one.reveal()));
  expect(given.size).toBe(1);
  expect(refreshes()).toHaveLength(1);
});

test("a token that Gmail refused is renewed once, for all who were refused", async () => {
  const { accessToken: stale } = await signInAda();
  await token(undefined, signal);
  const given = await Promise.all(Array.from({ length: 10 }, () => token(stale, signal)));
  expect(new Set(given.map((one) => one.reveal())).size).toBe(1);
  expect(given[0]!.reveal()).not.toBe(stale.reveal());
  expect((await another().token(stale, signal)).reveal()).toBe(given[0]!.reveal());
  expect(refreshes()).toHaveLength(1);
});

test("a rotated refresh token replaces the old one before the access token is used", async () => {
  const grant = await signInAda();
  google.rotates = true;
  for (let hours = 0; hours < 3; hours += 1) {
    clock.advance(60 * MINUTE_MS);
    await token(undefined, signal);
  }
  expect((await store.load(ADA))?.refreshToken?.reveal()).not.toBe(grant.refreshToken?.reveal());
  expect(new Set(refreshes().map((form) => form.get("refresh_token"))).size).toBe(3);
});

test("a grant that Google no longer honours is marked, and Google is not asked again", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push({ status: 400, body: { error: "invalid_grant", error_description: "Token has been revoked." } });
  for (const ask of [token, token, another().token]) {
    expect(await failureOfDoing(ask(undefined, signal))).toMatchObject({
      code: "consent_revoked",
      retry: "sign_in",
      message: expect.stringMatching(/withdrawn.*password.*seven days/),
    });
  }
  expect(refreshes()).toHaveLength(1);
  expect((await store.load(ADA))?.revoked).toMatch(/withdrawn/);

  const again = await signInAda(); // which mends it at once
  expect((await token(undefined, signal)).reveal()).toBe(again.accessToken.reveal());
});

test("an organisation's wish for a new sign-in is told as such", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push({
    status: 400,
    body: { error: "invalid_grant", error_subtype: "invalid_rapt", error_description: "reauth related error" },
  });
  expect((await failureOfDoing(token(undefined, signal))).message).toMatch(/organisation/);
});

test("nobody signed in, and a grant that cannot be renewed, need a sign-in", async () => {
  expect(await failureOfDoing(token(undefined, signal))).toMatchObject({ code: "not_signed_in", retry: "sign_in" });
  await store.save({ ...(await signInAda()), refreshToken: undefined });
  await token(undefined, signal);
  clock.advance(60 * MINUTE_MS);
  expect((await failureOfDoing(token(undefined, signal))).code).toBe("consent_revoked");
});

test("a sign-out by another process is noticed within a second", async () => {
  await signInAda();
  await token(undefined, signal);
  await another().store.remove(ADA);
  clock.advance(1_000);
  expect((await failureOfDoing(token(undefined, signal))).code).toBe("not_signed_in");
});

test("trouble on the way is tried through, with waits that grow and are random", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push("drop", { status: 503, body: "busy", html: true }, { status: 200, body: {} }, "drop");
  expect(await google.whoami(await token(undefined, signal))).toBe(ADA);
  expect(refreshes()).toHaveLength(5);
  const bounds = [1_000, 2_000, 4_000, 8_000];
  expect(clock.sleeps).toHaveLength(bounds.length);
  clock.sleeps.forEach((slept, n) => expect(slept).toBeLessThan(bounds[n]!));
});

test.each([
  ["internal_failure", 400],
  ["server_error", 400],
  ["temporarily_unavailable", 403],
  ["internal_failure", 200],
  ["rate_limit_exceeded", 403],
])("%s with status %i passes, and is tried again", async (error, status) => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push({ status, body: { error } }, { status, body: { error } });
  expect(await google.whoami(await token(undefined, signal))).toBe(ADA);
  expect(refreshes()).toHaveLength(3);
});

test("a token of a few minutes is used for most of its life", async () => {
  google.tokenSeconds = 180;
  await signInAda();
  for (let seconds = 0; seconds < 130; seconds += 2) {
    clock.advance(2_000);
    await token(undefined, signal);
  }
  expect(refreshes()).toHaveLength(0);
  clock.advance(20_000);
  await token(undefined, signal);
  await another().token(undefined, signal);
  expect(refreshes()).toHaveLength(1);
});

test("trouble that lasts is told after five tries, once to all who waited", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push(...Array.from({ length: 5 }, () => "drop" as const));
  const ends = await Promise.all(Array.from({ length: 20 }, () => failureOfDoing(token(undefined, signal))));
  expect(new Set(ends.map(({ code }) => code))).toEqual(new Set(["network"]));
  expect(ends[0]).toMatchObject({ retry: "backoff", outage: true }); // no one message is at fault
  expect(refreshes()).toHaveLength(5);
  clock.advance(1_000);
  await token(undefined, signal);
  expect(refreshes()).toHaveLength(6);
});

test("a token that still works is used while Google cannot renew it, and Google is not pressed", async () => {
  const { accessToken: still, expiresAt } = await signInAda();
  clock.advance(expiresAt - clock.now() - 2 * MINUTE_MS);
  google.replies.push("drop");
  for (let n = 0; n < 10; n += 1) expect((await token(undefined, signal)).reveal()).toBe(still.reveal());
  expect(refreshes()).toHaveLength(1);
  expect(clock.sleeps).toEqual([]);
  clock.advance(30_000);
  expect((await token(undefined, signal)).reveal()).not.toBe(still.reveal());
});

test("a token that Gmail refused, or with half a minute left, is not used in its stead", async () => {
  const { accessToken: stale, expiresAt } = await signInAda();
  google.replies.push(...Array.from({ length: 10 }, () => "drop" as const));
  expect((await failureOfDoing(token(stale, signal))).code).toBe("network");
  clock.advance(expiresAt - clock.now() - 30_000);
  expect((await failureOfDoing(token(undefined, signal))).code).toBe("network");
});

test.each([
  ["invalid_client", 401, "credentials_invalid"],
  ["unauthorized_client", 401, "credentials_invalid"],
  ["admin_policy_enforced", 400, "sign_in_refused", /administrator to trust the app/],
  ["org_internal", 400, "sign_in_refused", /Sign in again/],
  ["disabled_client", 401, "credentials_invalid", /enable it again/],
  ["deleted_client", 401, "credentials_invalid", /restore it/],
])("%s is not tried again and does not mark the grant", async (error, status, code, remedy = /./) => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push({ status, body: { error } });
  expect(await failureOfDoing(token(undefined, signal))).toMatchObject({
    code,
    retry: "never",
    next: expect.stringMatching(remedy),
  });
  expect(refreshes()).toHaveLength(1);
  expect((await store.load(ADA))?.revoked).toBeUndefined();
});

test("waiting for the next try ends when it is called off", async () => {
  await signInAda();
  clock.advance(60 * MINUTE_MS);
  google.replies.push("drop");
  const stop = new AbortController();
  const reason = new Error("called off");
  const sleepy = {
    ...clock,
    sleep: async (_: number, asked?: AbortSignal) => (stop.abort(reason), asked?.throwIfAborted()),
  };
  const impatient = accessToken(ADA, { ...parts(), clock: sleepy });
  await expect(impatient(undefined, stop.signal)).rejects.toBe(reason);
  await expect(token(undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
});

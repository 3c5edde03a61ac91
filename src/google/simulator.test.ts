import { createSecretKey, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { simulateGoogle, type SimulatorOptions } from "../../simulator/google.ts";
import type { Secret } from "../core/secret.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk as files } from "../storage/folder/private-files.ts";
import { accessToken } from "./access-token.ts";
import { accounts } from "./accounts.ts";
import { readCredentials } from "./credentials.ts";
import { always, failureOfDoing, field, folderLock, jumpingClock, tempFolder } from "./testing.ts";

const ADA = "ada@example.com";
const EVE = "eve@example.com";
const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
const LABELS = "https://www.googleapis.com/auth/gmail.labels";
const signal = new AbortController().signal;

/** Everything from the client file to Gmail, with a browser between. */
async function world(options: SimulatorOptions = {}, scopes: readonly string[] = [READONLY]) {
  await using stack = new AsyncDisposableStack();
  const clock = jumpingClock();
  const emails = [ADA, EVE].map((email) => ({ email, messages: 0 }));
  const google = stack.use(await simulateGoogle({ accounts: emails, clock: clock.now, ...options }));
  const folder = stack.use(await tempFolder());
  const path = join(folder.path, "credentials.json");
  await writeFile(path, JSON.stringify(google.credentials));
  const store = sealedGrants(join(folder.path, "tokens"), always(createSecretKey(randomBytes(32))), folderLock, files);
  const profile = (token: Secret) =>
    fetch(`${google.url}/gmail/v1/users/me/profile`, { headers: { authorization: `Bearer ${token.reveal()}` } });
  const parts = {
    credentials: () => readCredentials(path),
    store,
    clock,
    random: () => 0.5,
    pending: pendingSignIns(clock),
    whoami: async (token: Secret) => field(await (await profile(token)).json(), "emailAddress"),
    scopes,
    redirectUri: "http://localhost:8000/auth/callback",
  };
  const people = accounts(parts);
  const signIn = async (account = ""): Promise<string> => {
    const { url, browserKey } = await people.begin(account);
    const answer = await fetch(url, { redirect: "manual" });
    const query = Object.fromEntries(new URL(answer.headers.get("location")!).searchParams);
    return people.finish(query, browserKey, signal);
  };
  const resources = stack.move();
  return {
    google,
    clock,
    store,
    people,
    profile,
    signIn,
    token: accessToken(ADA, parts),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

test.each([
  ["installed", {}],
  ["installed, without a secret", { client: { type: "installed", withoutSecret: true } }],
  ["web", { client: { type: "web", redirectUris: ["http://localhost:8000/auth/callback"] } }],
] satisfies [string, SimulatorOptions][])("a client that is %s signs people in, and out again", async (_, options) => {
  await using w = await world(options);
  expect(await w.signIn("ADA@example.com")).toBe(ADA);
  expect(await w.people.status(ADA)).toMatchObject({ authenticated: true, scopes: [READONLY], can_refresh: true });
  const token = await w.token(undefined, signal);
  expect((await w.profile(token)).status).toBe(200);
  expect(await w.people.signOut(ADA, signal)).toEqual({ revoked: true });
  expect((await w.profile(token)).status).toBe(401);
});

test("an hour later Google is asked once, and once more when Gmail refuses what it gave", async () => {
  await using w = await world({ rotateRefreshTokens: true });
  await w.signIn(ADA);
  for (let hours = 1; hours <= 3; hours += 1) {
    w.clock.advance(60 * 60_000);
    await Promise.all(Array.from({ length: 50 }, () => w.token(undefined, signal)));
    expect(w.google.tokens.refreshes).toBe(hours);
  }
  const stale = await w.token(undefined, signal);
  w.google.expireAccessTokens();
  expect((await w.profile(stale)).status).toBe(401);
  expect((await w.profile(await w.token(stale, signal))).status).toBe(200);
  expect(w.google.tokens.refreshes).toBe(4);
});

test("access withdrawn at Google needs a sign-in, and ends with one", async () => {
  await using w = await world();
  await w.signIn(ADA);
  w.google.revoke(ADA);
  w.clock.advance(60 * 60_000);
  expect((await failureOfDoing(w.token(undefined, signal))).code).toBe("consent_revoked");
  expect(await w.people.status(ADA)).toMatchObject({ authenticated: false, warning: expect.any(String) });
  await w.signIn(ADA);
  expect((await w.profile(await w.token(undefined, signal))).status).toBe(200);
});

test("a denial, an unticked box and another account are told apart, and leave an earlier grant working", async () => {
  await using w = await world({}, [READONLY, LABELS]);
  await w.signIn(EVE);
  Object.assign(w.google.consent, { decision: "deny" });
  expect((await failureOfDoing(w.signIn(ADA))).code).toBe("sign_in_refused");
  Object.assign(w.google.consent, { decision: "approve", scopes: [LABELS] });
  expect((await failureOfDoing(w.signIn(ADA))).code).toBe("scope_not_granted");
  Object.assign(w.google.consent, { scopes: [READONLY, LABELS], account: EVE });
  expect((await failureOfDoing(w.signIn(ADA))).code).toBe("wrong_account");
  expect(await w.store.accounts()).toEqual([EVE]);
  const { accessToken: eve } = (await w.store.load(EVE))!;
  expect((await w.profile(eve)).status).toBe(200);
});

import { createSecretKey, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

import { afterEach, beforeEach, expect, test } from "vitest";

import type { Grant } from "../core/grant.ts";
import type { Accounts } from "../core/ports/accounts.ts";
import type { Grants } from "../core/ports/grants.ts";
import { Secret } from "../core/secret.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk as files } from "../storage/folder/private-files.ts";
import { accounts } from "./accounts.ts";
import { always, failureOfDoing, folderLock, jumpingClock, MARK, tempFolder, testGoogle } from "./testing.ts";

const ADA = "ada@example.com";
const DAY_MS = 24 * 60 * 60_000;
const signal = new AbortController().signal;

let google: Awaited<ReturnType<typeof testGoogle>>;
let folder: Awaited<ReturnType<typeof tempFolder>>;
let clock: ReturnType<typeof jumpingClock>;
let store: Grants;
let people: Accounts;

beforeEach(async () => {
  google = await testGoogle();
  folder = await tempFolder();
  clock = jumpingClock();
  store = sealedGrants(folder.path, always(createSecretKey(randomBytes(32))), folderLock, files);
  people = accounts({
    credentials: () => google.credentials(),
    store,
    clock,
    pending: pendingSignIns(clock),
    whoami: google.whoami,
    scopes: ["scope"],
    redirectUri: "http://localhost/",
  });
});
afterEach(async () => {
  await google[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const grant = (changes: Partial<Grant> = {}): Grant => ({
  account: "Ada@example.com",
  refreshToken: new Secret(`${MARK}-refresh`),
  accessToken: new Secret(`${MARK}-access`),
  expiresAt: clock.now() + 3_600_000,
  scopes: ["scope"],
  grantedAt: clock.now(),
  ...changes,
});

test("somebody who never signed in is not authenticated", async () => {
  expect(await people.status(ADA)).toEqual({
    authenticated: false,
    email: ADA,
    user_id: null,
    scopes: [],
    granted_at: null,
    access_token_expires_at: null,
    can_refresh: false,
  });
});

test("a status says who, what and since when, and holds no token", async () => {
  await store.save(grant());
  const status = await people.status(ADA);
  expect(status).toEqual({
    authenticated: true,
    email: ADA,
    user_id: "Ada@example.com",
    scopes: ["scope"],
    granted_at: "2026-10-01T00:00:00.000Z",
    access_token_expires_at: "2026-10-01T01:00:00.000Z",
    can_refresh: true,
  });
  expect(JSON.stringify(status)).not.toContain(MARK);
});

test("a token that has ended counts while it can be refreshed", async () => {
  const expiresAt = clock.now();
  await store.save(grant({ expiresAt }));
  expect(await people.status(ADA)).toMatchObject({ authenticated: true, can_refresh: true });
  await store.save(grant({ expiresAt, refreshToken: undefined }));
  expect(await people.status(ADA)).toMatchObject({ authenticated: false, can_refresh: false });
});

test("a grant that Google no longer honours says why", async () => {
  await store.save(grant({ revoked: "The password was changed." }));
  expect(await people.status(ADA)).toMatchObject({
    authenticated: false,
    can_refresh: false,
    warning: "The password was changed.",
  });
});

test.each([
  [5.9, false],
  [6, true],
  [6.9, true],
  [7, false], // it has outlived what it was warned of
])("after %d days, the end that sign-ins of projects in Testing have: %s", async (days, warned) => {
  await store.save(grant());
  clock.advance(days * DAY_MS);
  const { warning } = await people.status(ADA);
  expect(warning !== undefined).toBe(warned);
  if (warned) expect(warning).toMatch(/Testing.*2026-10-08T00:00:00.000Z.*Publish/);
});

test("all who are signed in are listed, and one bad file hides nobody", async () => {
  await store.save(grant());
  await store.save(grant({ account: "bob@example.com" }));
  await writeFile(join(folder.path, "eve@example.com.grant"), "?", { mode: 0o600 });
  expect((await people.list()).map(({ email }) => email).toSorted()).toEqual(["Ada@example.com", "bob@example.com"]);
  expect((await failureOfDoing(people.status("eve@example.com"))).code).toBe("grant_unreadable");
});

test("who signs out is forgotten at Google first, then here", async () => {
  await store.save(grant());
  expect(await people.signOut(ADA, signal)).toEqual({ revoked: true });
  expect(google.revoked).toEqual([`${MARK}-refresh`]);
  expect(await store.load(ADA)).toBeUndefined();
  expect(await people.signOut(ADA, signal)).toEqual({ revoked: false });
});

test.each([
  [{ status: 400, body: { error: "invalid_token" } }, true],
  [{ status: 503, body: {} }, false],
  ["drop", false],
] as const)("when Google answers %j, the grant is gone here and revoked is %s", async (reply, revoked) => {
  await store.save(grant());
  google.replies.push(reply);
  expect(await people.signOut(ADA, signal)).toEqual({ revoked });
  expect(await store.load(ADA)).toBeUndefined();
});

test("a grant that cannot be read can still be forgotten", async () => {
  await writeFile(join(folder.path, `${ADA}.grant`), "?");
  expect(await people.signOut(ADA, signal)).toEqual({ revoked: false });
  expect(await store.load(ADA)).toBeUndefined();
});

test("a sign-out waits for a refresh under way, which would store the grant again", async () => {
  await store.save(grant());
  const refreshing = await folderLock(join(folder.path, `${ADA}.lock`), 0);
  const signingOut = people.signOut(ADA, signal);
  await wait(20);
  expect(google.revoked).toEqual([]);
  await store.save(grant({ refreshToken: new Secret("rotated") }));
  await refreshing![Symbol.asyncDispose]();
  await signingOut;
  expect(google.revoked).toEqual(["rotated"]);
  expect(await store.load(ADA)).toBeUndefined();
});

test("a sign-out that is called off forgets nothing", async () => {
  await store.save(grant());
  const reason = new Error("called off");
  await expect(people.signOut(ADA, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(await store.load(ADA)).toBeDefined();
});

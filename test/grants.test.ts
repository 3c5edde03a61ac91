import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { READONLY } from "../simulator/visitor.ts";
import { api, expectProblem } from "./api.ts";
import { install } from "./product.ts";
import { ADA, BOB, grantsIn, isAllowedAtGoogle, signEverybodyOut, signIn, stage, type Stage } from "./stage.ts";

/** One server for all tests that leave its files as they are. */
let w: Stage;
beforeAll(async () => {
  w = await stage({ accounts: [ADA, BOB].map((email) => ({ email, messages: 1 })) });
});
afterEach(() => signEverybodyOut(w));
afterAll(() => w[Symbol.asyncDispose]());

describe("a stored grant", () => {
  test("is sealed, for its owner alone, and no token is in any other file or in the log", async () => {
    await signIn(w.server, ADA);
    const tokens = join(w.product.folder, "tokens");
    const state = join(w.product.folder, "state");
    expect(await grantsIn(w.product)).toEqual([`${ADA}.grant`]);
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    expect(await mode(tokens)).toBe(0o700);
    expect(await mode(join(tokens, `${ADA}.grant`))).toBe(0o600);
    expect(await mode(state)).toBe(0o700);
    expect(await mode(join(state, "key"))).toBe(0o600);

    const written = await Promise.all(
      (await readdir(w.product.folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== "credentials.json")
        .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
    );
    const everything = [...written, w.server.output()];
    const decoded = everything.map((text) => Buffer.from(text.replace(/^v1\./, ""), "base64").toString("latin1"));
    // Google's tokens and codes begin so, and a grant in the open names its fields.
    for (const text of [...everything, ...decoded])
      expect(text).not.toMatch(/ya29\.|1\/\/0|4\/0A|4%2F0A|refresh_token/);
    expect(w.server.output()).not.toContain(ADA);
  });

  test("outlives the server, is of no use with another machine's key, and is kept where it cannot be read", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install(google);
    {
      await using server = await product.serve();
      await signIn(server, ADA);
    }
    {
      await using server = await product.serve();
      expect((await api(server.url).get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: true });
    }

    await using copy = await install(google);
    await cp(join(product.folder, "tokens"), join(copy.folder, "tokens"), { recursive: true });
    const grant = join(copy.folder, "tokens", `${ADA}.grant`);
    const kept = await readFile(grant);
    await using elsewhere = await copy.serve();
    const { get } = api(elsewhere.url);
    expectProblem(await get(`/auth/status?email=${ADA}`), 500, "grant_unreadable");
    expect((await get("/accounts")).body).toEqual([]);
    expect(await readFile(grant)).toEqual(kept);

    await signIn(elsewhere, ADA); // signing in again mends it
    expect((await get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: true });
  });

  test("that was damaged is said to be", async () => {
    await using own = await stage();
    await signIn(own.server, ADA);
    const grant = join(own.product.folder, "tokens", `${ADA}.grant`);
    const sealed = await readFile(grant, "utf8");
    const middle = Math.floor(sealed.length / 2);
    await writeFile(grant, sealed.slice(0, middle) + (sealed[middle] === "A" ? "B" : "A") + sealed.slice(middle + 1));
    const answer = await own.get(`/auth/status?email=${ADA}`);
    expectProblem(answer, 500, "grant_unreadable");
    expect(answer.body.next).toContain(grant);
  });
});

describe("who is signed in", () => {
  test("is told field by field, before and after", async () => {
    const before = await w.get(`/auth/status?email=${ADA}`);
    expect([before.status, before.body]).toEqual([
      200,
      {
        authenticated: false,
        email: ADA,
        user_id: null,
        scopes: [],
        granted_at: null,
        access_token_expires_at: null,
        can_refresh: false,
      },
    ]);

    const begun = Date.now();
    await signIn(w.server, ADA);
    const after = await w.get("/auth/status?email=ADA%40EXAMPLE.COM");
    expect([after.status, after.body]).toEqual([
      200,
      {
        authenticated: true,
        email: "ADA@EXAMPLE.COM",
        user_id: ADA,
        scopes: [READONLY],
        granted_at: expect.any(String),
        access_token_expires_at: expect.any(String),
        can_refresh: true,
      },
    ]);
    const grantedAt = Date.parse(after.body.granted_at);
    expect(grantedAt).toBeGreaterThanOrEqual(begun);
    expect(grantedAt).toBeLessThanOrEqual(Date.now());
    // The simulator's tokens live 3599 seconds, counted from before they were asked for.
    const asked = Date.parse(after.body.access_token_expires_at) - 3_599_000;
    expect(asked).toBeGreaterThanOrEqual(begun);
    expect(asked).toBeLessThanOrEqual(grantedAt);
  });

  test("is not told without an address, or for something that is none", async () => {
    expectProblem(await w.get("/auth/status"), 400, "invalid_request");
    const malformed = await w.get("/auth/status?email=ada");
    expectProblem(malformed, 422, "invalid_fields");
    expect(malformed.body.errors).toMatchObject([{ field: "email" }]);
  });

  test("is listed by account", async () => {
    expect((await w.get("/accounts")).body).toEqual([]);
    for (const account of [ADA, BOB]) await signIn(w.server, account);
    const body = await w.list("/accounts");
    expect(body.toSorted((a, b) => a.email.localeCompare(b.email))).toMatchObject([
      { email: ADA, authenticated: true, can_refresh: true },
      { email: BOB, authenticated: true, can_refresh: true },
    ]);
  });
});

describe("signing out", () => {
  test("revokes the grant at Google and forgets it", async () => {
    await signIn(w.server, ADA);
    expect(await isAllowedAtGoogle(w.google, ADA)).toBe(true);
    const answer = await w.delete(`/auth?email=${ADA}`);
    expect([answer.status, answer.body]).toEqual([200, { email: ADA, signed_out: true, revoked_at_google: true }]);
    expect(await isAllowedAtGoogle(w.google, ADA)).toBe(false);
    expect(await grantsIn(w.product)).toEqual([]);
    expect((await w.get(`/auth/status?email=${ADA}`)).body).toMatchObject({ authenticated: false, can_refresh: false });

    const again = await w.delete(`/auth?email=${ADA}`);
    expect(again.body).toEqual({ email: ADA, signed_out: true, revoked_at_google: false });
  });

  test("forgets the grant also while Google cannot be told, and says so", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    await using product = await install(google);
    await using server = await product.serve();
    await signIn(server, ADA);
    await google[Symbol.asyncDispose]();
    expect((await api(server.url).delete(`/auth?email=${ADA}`)).body).toMatchObject({ revoked_at_google: false });
    expect(await grantsIn(product)).toEqual([]);
  });

  test("needs to know of whom", async () => {
    expectProblem(await w.delete("/auth"), 400, "invalid_request");
    expectProblem(await w.delete("/auth?email=ada"), 422, "invalid_fields");
  });
});

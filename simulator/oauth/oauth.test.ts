import { createHash } from "node:crypto";

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { simulateGoogle } from "../google.ts";
import {
  clientOf,
  exchange,
  gmailAs,
  handClock,
  postToken,
  READONLY,
  REDIRECT,
  signIn,
  visitConsent,
} from "../visitor.ts";
import { provesChallenge } from "./consent-screen.ts";

const small = { messages: 3 };
const OPENID = "openid";
const METADATA = "https://www.googleapis.com/auth/gmail.metadata";

describe("the consent screen", () => {
  test("sends an approving person back with state, code and scope", async () => {
    await using google = await simulateGoogle(small);
    const { status, callback } = await visitConsent(google);
    expect(status).toBe(302);
    expect(callback!.origin + callback!.pathname).toBe(REDIRECT);
    expect(callback!.searchParams.get("state")).toBe("s/1");
    expect(callback!.searchParams.get("scope")).toBe(READONLY);
    expect(callback!.searchParams.get("code")).toMatch(/^4\/0A/);
  });

  test.each([
    ["invalid_client", { client_id: "999-x.apps.googleusercontent.com" }],
    ["redirect_uri_mismatch", { redirect_uri: "http://192.168.1.7:8000/cb" }],
    ["redirect_uri_mismatch", { redirect_uri: "https://127.0.0.1:8000/cb" }],
    ["redirect_uri_mismatch", { redirect_uri: "http://127.0.0.1.example.com/cb" }],
    ["invalid_request", { response_type: "token" }],
    ["invalid_request", { response_type: "" }],
    ["invalid_request", { scope: "" }],
    ["invalid_request", { access_type: "forever" }],
    ["invalid_request", { code_challenge: "short" }],
    ["invalid_scope", { scope: `${READONLY} https://www.googleapis.com/auth/gmail.everything` }],
    ["invalid_request", { login_hint: "nobody@example.com" }],
  ])("shows %s on a page of its own for %j and never redirects", async (error, parameters) => {
    await using google = await simulateGoogle(small);
    const { status, page, callback } = await visitConsent(google, parameters);
    expect(status).toBe(400);
    expect(page).toContain(`Error 400: ${error}`);
    expect(callback).toBeUndefined();
  });

  test.each(["http://127.0.0.1:9/any/path", "http://[::1]:8080/cb", "http://localhost:3000"])(
    "lets an installed client listen on %s",
    async (redirect_uri) => {
      await using google = await simulateGoogle(small);
      expect((await visitConsent(google, { redirect_uri })).status).toBe(302);
    },
  );

  test("holds a web client to the exact URIs it registered", async () => {
    const registered = "http://localhost:8000/auth/callback";
    await using google = await simulateGoogle({ ...small, client: { type: "web", redirectUris: [registered] } });
    expect((await visitConsent(google, { redirect_uri: registered })).status).toBe(302);
    expect((await visitConsent(google, { redirect_uri: `${registered}/` })).status).toBe(400);
    expect((await visitConsent(google, { redirect_uri: "http://localhost:8001/auth/callback" })).status).toBe(400);
  });

  test("reports a refusal as access_denied, with state only if there was one", async () => {
    await using google = await simulateGoogle(small);
    google.consent.decision = "deny";
    const { callback } = await visitConsent(google);
    expect(Object.fromEntries(callback!.searchParams)).toEqual({ error: "access_denied", state: "s/1" });

    const url = new URL(clientOf(google).auth_uri);
    url.search = String(
      new URLSearchParams({
        client_id: clientOf(google).client_id,
        redirect_uri: REDIRECT,
        response_type: "code",
        scope: READONLY,
      }),
    );
    const response = await fetch(url, { redirect: "manual" });
    expect(new URL(response.headers.get("location")!).search).toBe("?error=access_denied");
  });

  test("follows the login_hint, unless the person picks another account", async () => {
    const accounts = [
      { email: "ada@example.com", messages: 1 },
      { email: "bob@example.com", messages: 1 },
    ];
    await using google = await simulateGoogle({ accounts });
    const who = async () =>
      (await (await signIn(google, { login_hint: "BOB@example.com" }))("profile")).body.emailAddress;
    expect(await who()).toBe("bob@example.com");
    google.consent.account = "ada@example.com";
    expect(await who()).toBe("ada@example.com");
  });

  test("grants only the scopes left ticked", async () => {
    await using google = await simulateGoogle(small);
    google.consent.scopes = [OPENID];
    const body = await exchange(google, { scope: `${OPENID} ${READONLY}` });
    expect(body["scope"]).toBe(OPENID);
    const { status, body: refusal } = await gmailAs(google, String(body["access_token"]))("profile");
    expect([status, refusal.error.errors[0]!.reason]).toEqual([403, "insufficientPermissions"]);
  });

  test("adds what was granted before only when asked to", async () => {
    await using google = await simulateGoogle(small);
    await exchange(google, { scope: METADATA });
    expect((await exchange(google))["scope"]).toBe(READONLY);
    expect(
      String((await exchange(google, { include_granted_scopes: "true" }))["scope"])
        .split(" ")
        .toSorted(),
    ).toEqual([METADATA, READONLY]);
  });
});

describe("the token endpoint", () => {
  test("exchanges a code once, and refreshes without a new refresh token", async () => {
    await using google = await simulateGoogle(small);
    const code = (await visitConsent(google)).callback!.searchParams.get("code")!;
    const parameters = { grant_type: "authorization_code", code, redirect_uri: REDIRECT };
    const { status, body } = await postToken(google, parameters);
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 3599, token_type: "Bearer", scope: READONLY });
    expect(body).not.toHaveProperty("id_token");
    expect(await postToken(google, parameters)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });

    const refresh = { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) };
    const again = await postToken(google, refresh);
    expect(again.status).toBe(200);
    expect(again.body).not.toHaveProperty("refresh_token");
    expect(again.body["access_token"]).not.toBe(body["access_token"]);
    expect(google.tokens).toMatchObject({ codes: 1, exchanges: 1, refreshes: 1 });
  });

  test("forgets a code after ten minutes", async () => {
    const clock = handClock();
    await using google = await simulateGoogle({ ...small, clock });
    const code = (await visitConsent(google)).callback!.searchParams.get("code")!;
    clock.advance(10 * 60_000);
    expect(await postToken(google, { grant_type: "authorization_code", code, redirect_uri: REDIRECT })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
  });

  test.each([
    [400, "invalid_grant", "Malformed auth code.", { code: "4%2F0Aencoded" }],
    [400, "invalid_grant", "Bad Request", { redirect_uri: "http://127.0.0.1:4711/other" }],
    [401, "invalid_client", "Unauthorized", { client_secret: "GOCSPX-wrong" }],
    [401, "invalid_client", "The OAuth client was not found.", { client_id: "nobody" }],
    [400, "invalid_request", "client_secret is missing.", { client_secret: "" }],
    [400, "unsupported_grant_type", "Invalid grant_type: password", { grant_type: "password" }],
    [
      400,
      "invalid_grant",
      "Token has been expired or revoked.",
      { grant_type: "refresh_token", refresh_token: "1//0nothing" },
    ],
  ])("answers %d %s (%s) to %j", async (status, error, error_description, parameters) => {
    await using google = await simulateGoogle(small);
    const code = (await visitConsent(google)).callback!.searchParams.get("code")!;
    const answer = await postToken(google, {
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT,
      ...parameters,
    });
    expect(answer).toEqual({ status, body: { error, error_description } });
  });

  test("reads forms only", async () => {
    await using google = await simulateGoogle(small);
    const { token_uri, client_id } = clientOf(google);
    const response = await fetch(token_uri, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ client_id, grant_type: "refresh_token" }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: "invalid_request" });
    expect((await fetch(token_uri)).status).toBe(404);
  });

  test("asks for the verifier that belongs to the challenge", async () => {
    await using google = await simulateGoogle(small);
    const verifier = "v".repeat(64);
    const code_challenge = createHash("sha256").update(verifier).digest("base64url");
    const outcome = async (code_verifier: string) => {
      const { callback } = await visitConsent(google, { code_challenge, code_challenge_method: "S256" });
      const code = callback!.searchParams.get("code")!;
      return (
        await postToken(google, { grant_type: "authorization_code", code, redirect_uri: REDIRECT, code_verifier })
      ).status;
    };
    expect(await outcome("")).toBe(400);
    expect(await outcome("w".repeat(64))).toBe(400);
    expect(await outcome(verifier)).toBe(200);
  });

  test("a verifier proves its own challenge and no other", () => {
    const verifier = fc.stringMatching(/^[A-Za-z0-9\-._~]{43,128}$/);
    fc.assert(
      fc.property(verifier, verifier, (one, other) => {
        const challenge = { method: "S256", value: createHash("sha256").update(one).digest("base64url") } as const;
        expect(provesChallenge(challenge, one)).toBe(true);
        expect(provesChallenge(challenge, other)).toBe(one === other);
      }),
    );
  });

  test("does without the secret that the file of an installed client lacks", async () => {
    await using google = await simulateGoogle({ ...small, client: { type: "installed", withoutSecret: true } });
    expect(google.credentials["installed"]).not.toHaveProperty("client_secret");
    const code = (await visitConsent(google)).callback!.searchParams.get("code")!;
    expect(
      (await postToken(google, { grant_type: "authorization_code", code, redirect_uri: REDIRECT, client_secret: "" }))
        .status,
    ).toBe(200);
  });

  test("gives a web client a refresh token only offline, and again only with prompt=consent", async () => {
    await using google = await simulateGoogle({ ...small, client: { type: "web", redirectUris: [REDIRECT] } });
    const gets = async (parameters: Record<string, string>) => "refresh_token" in (await exchange(google, parameters));
    expect(await gets({ access_type: "offline" })).toBe(true);
    expect(await gets({ access_type: "offline" })).toBe(false);
    expect(await gets({ prompt: "consent" })).toBe(false);
    expect(await gets({ access_type: "offline", prompt: "consent" })).toBe(true);
  });

  test("rotates refresh tokens when told to: the old one is dead", async () => {
    await using google = await simulateGoogle({ ...small, rotateRefreshTokens: true });
    const old = String((await exchange(google))["refresh_token"]);
    const { body } = await postToken(google, { grant_type: "refresh_token", refresh_token: old });
    expect(body["refresh_token"]).not.toBe(old);
    expect((await postToken(google, { grant_type: "refresh_token", refresh_token: old })).status).toBe(400);
    expect(
      (await postToken(google, { grant_type: "refresh_token", refresh_token: String(body["refresh_token"]) })).status,
    ).toBe(200);
  });

  test("lets the oldest of more than a hundred refresh tokens die", async () => {
    await using google = await simulateGoogle(small);
    const tokens: string[] = [];
    for (let i = 0; i < 101; i++) tokens.push(String((await exchange(google))["refresh_token"]));
    const works = async (refresh_token: string) =>
      (await postToken(google, { grant_type: "refresh_token", refresh_token })).status === 200;
    expect([await works(tokens[0]!), await works(tokens[1]!), await works(tokens[100]!)]).toEqual([false, true, true]);
  });

  test("is down when told to", async () => {
    await using google = await simulateGoogle(small);
    google.faults.add({ kind: "tokenDown", times: 1 });
    const { body } = await postToken(google, { grant_type: "refresh_token" });
    expect(body).toMatchObject({ error: { code: 503 } });
    expect((await postToken(google, { grant_type: "refresh_token" })).status).toBe(400);
  });
});

describe("an end of access", () => {
  test("revoking any token kills all of that person's tokens", async () => {
    await using google = await simulateGoogle(small);
    const { access_token, refresh_token } = await exchange(google);
    const revoke = () =>
      fetch(`${google.url}/revoke`, { method: "POST", body: new URLSearchParams({ token: String(refresh_token) }) });
    expect((await revoke()).status).toBe(200);
    expect((await gmailAs(google, String(access_token))("profile")).status).toBe(401);
    expect(
      (await postToken(google, { grant_type: "refresh_token", refresh_token: String(refresh_token) })).status,
    ).toBe(400);
    const again = await revoke();
    expect([again.status, await again.json()]).toMatchObject([400, { error: "invalid_token" }]);
  });

  test("access tokens expire by the clock, or at once", async () => {
    const clock = handClock();
    await using google = await simulateGoogle({ ...small, clock, accessTokenSeconds: 60 });
    const gmail = await signIn(google);
    clock.advance(59_999);
    expect((await gmail("profile")).status).toBe(200);
    clock.advance(1);
    expect((await gmail("profile")).body.error.errors[0]).toMatchObject({ reason: "authError" });

    const fresh = await signIn(google);
    google.expireAccessTokens();
    const { status, headers } = await fresh("profile");
    expect([status, headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    ]);
  });
});

import { createSecretKey, randomBytes } from "node:crypto";

import { createEmulator } from "emulate";
import { expect, test } from "vitest";

import { Secret } from "../core/secret.ts";
import { sealedGrants } from "../state/embedded/grants/sealed-grants.ts";
import { pendingSignIns } from "../state/embedded/pending-sign-ins.ts";
import { filesOnDisk as files } from "../storage/folder/private-files.ts";
import { accessToken } from "./access-token.ts";
import { accounts } from "./accounts.ts";
import type { ClientCredentials } from "./credentials.ts";
import { always, failureOfDoing, field, folderLock, jumpingClock, tempFolder } from "./testing.ts";

const REDIRECT = "http://127.0.0.1:9999/callback";
const signal = new AbortController().signal;

/** What a browser does on the emulator's consent page: posts the form of that person. */
async function consentAs(url: string, account: string): Promise<URLSearchParams> {
  const page = await (await fetch(url)).text();
  const form = page.match(/<form[\s\S]*?<\/form>/g)?.find((one) => one.includes(account)) ?? "";
  const body = new URLSearchParams();
  for (const [, name, value] of form.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g))
    body.set(name!, value!.replaceAll("&amp;", "&"));
  const action = new URL(/action="([^"]+)"/.exec(form)![1]!, url);
  const answer = await fetch(action, { method: "POST", body, redirect: "manual" });
  return new URL(answer.headers.get("location")!).searchParams;
}

test("a second opinion on Google lets people sign in, refresh and be refused by the same rules", async () => {
  const google = await createEmulator({
    service: "google",
    port: 0,
    seed: {
      google: {
        users: [{ email: "ada@example.com", name: "Ada" }],
        oauth_clients: [{ client_id: "client", client_secret: "secret", redirect_uris: [REDIRECT] }],
      },
    },
  });
  await using folder = await tempFolder();
  try {
    const origin = google.url;
    const client: ClientCredentials = {
      kind: "web",
      clientId: "client",
      clientSecret: new Secret("secret"),
      authUri: `${origin}/o/oauth2/v2/auth`,
      tokenUri: `${origin}/oauth2/token`,
      revokeUri: `${origin}/oauth2/revoke`,
      redirectUris: [REDIRECT],
    };
    const clock = jumpingClock();
    const store = sealedGrants(folder.path, always(createSecretKey(randomBytes(32))), folderLock, files);
    const whoami = async (token: Secret): Promise<string> => {
      const headers = { authorization: `Bearer ${token.reveal()}` };
      const answer = await fetch(`${origin}/oauth2/v2/userinfo`, { headers });
      return field(await answer.json(), "email");
    };
    const parts = {
      credentials: async () => client,
      store,
      pending: pendingSignIns(clock),
      clock,
      random: () => 0.5,
      whoami,
      redirectUri: REDIRECT,
    };
    const scopes = ["openid", "email", "https://www.googleapis.com/auth/gmail.readonly"];
    const people = accounts({ ...parts, scopes });

    const { url, browserKey } = await people.begin("ada@example.com");
    const { code, state } = Object.fromEntries(await consentAs(url, "ada@example.com"));
    expect(await people.finish({ code, state }, browserKey, signal)).toBe("ada@example.com");
    expect(await people.status("ada@example.com")).toMatchObject({ authenticated: true, can_refresh: true });

    const before = (await store.load("ada@example.com"))!;
    clock.advance(24 * 60 * 60_000);
    const token = await accessToken("ada@example.com", parts)(undefined, signal);
    expect(token.reveal()).not.toBe(before.accessToken.reveal());
    expect(await whoami(token)).toBe("ada@example.com");

    // A code is good once, for who holds its verifier.
    const again = await people.begin("");
    const { state: used } = Object.fromEntries(await consentAs(again.url, "ada@example.com"));
    expect(await failureOfDoing(people.finish({ code, state: used }, again.browserKey, signal))).toMatchObject({
      code: "sign_in_refused",
    });

    expect(await people.signOut("ada@example.com", signal)).toEqual({ revoked: true });
    await store.save({ ...before, expiresAt: clock.now() });
    expect(await failureOfDoing(accessToken("ada@example.com", parts)(undefined, signal))).toMatchObject({
      code: "consent_revoked",
    });
  } finally {
    await google.close();
  }
});

import { expect, test } from "vitest";

import { failureOf } from "../src/core/errors.ts";
import { proxyFor } from "../src/core/network/proxy.ts";
import { Secret } from "../src/core/secret.ts";
import { reach } from "../src/doctor/machine/reach.ts";
import { refresh } from "../src/google/token-endpoint.ts";
import { createHttp } from "../src/sources/gmail-api/calls/http.ts";
import { connectProxy } from "./connect-proxy.ts";
import { manualClock } from "./manual-clock.ts";

const NEVER = new AbortController().signal;
const USER = `Basic ${Buffer.from("ada:secret").toString("base64")}`;

/** Nowhere: only the proxy could lead there, so whoever gets an answer did not go its way. */
const GMAIL = new URL("https://gmail.invalid/");
const TOKENS = new URL("https://oauth2.invalid/token");

const CLIENT = {
  kind: "installed" as const,
  clientId: "1.apps.example",
  clientSecret: undefined,
  authUri: "https://accounts.invalid/",
  tokenUri: TOKENS.href,
  revokeUri: "https://oauth2.invalid/revoke",
  redirectUris: [],
};

async function callAll(): Promise<void> {
  const http = createHttp(GMAIL.href, manualClock(), {}, () => proxyFor(GMAIL, process.env)?.url);
  try {
    const failed = await http
      .get("/gmail/v1/users/me/profile", new Secret("ya29"), NEVER)
      .catch((error: unknown) => error);
    expect(failureOf(failed)).toMatchObject({ retry: "backoff" });
  } finally {
    await http.close();
  }
  const refused = await refresh(CLIENT, manualClock(), new Secret("1//r"), NEVER).catch((error: unknown) => error);
  expect(failureOf(refused)).toMatchObject({ retry: "backoff" });
  for (const server of [GMAIL, TOKENS])
    expect(await reach(server.href, NEVER, proxyFor(server, process.env)?.url)).toMatchObject({ answered: false });
}

test.each(["HTTPS_PROXY", "https_proxy", "http_proxy"])(
  "with %s mail, sign-in and doctor all go through the proxy",
  async (name) => {
    await using proxy = await connectProxy();
    process.env[name] = proxy.url;
    try {
      await callAll();
    } finally {
      delete process.env[name];
    }
    const hosts = proxy.asked.map(({ host }) => host);
    expect(hosts.filter((host) => host === "gmail.invalid:443").length).toBeGreaterThanOrEqual(2);
    expect(hosts.filter((host) => host === "oauth2.invalid:443").length).toBeGreaterThanOrEqual(2);
    expect(new Set(proxy.asked.map(({ user }) => user))).toEqual(new Set([USER]));
  },
);

test("what NO_PROXY names goes past it, every call alike", async () => {
  await using proxy = await connectProxy();
  process.env["HTTPS_PROXY"] = proxy.url;
  process.env["NO_PROXY"] = ".invalid";
  try {
    await callAll();
  } finally {
    delete process.env["HTTPS_PROXY"];
    delete process.env["NO_PROXY"];
  }
  expect(proxy.asked).toEqual([]);
});

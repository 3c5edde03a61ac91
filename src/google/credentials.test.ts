import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ClientCredentials } from "./credentials.ts";
import { readCredentials } from "./credentials.ts";
import { failureOfDoing, MARK, tempFolder } from "./testing.ts";

const CLIENT = {
  client_id: "123-abc.apps.googleusercontent.com",
  project_id: "my-proj",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  client_secret: `${MARK}-x`,
  redirect_uris: ["http://localhost"],
};

let folder: Awaited<ReturnType<typeof tempFolder>>;
beforeAll(async () => void (folder = await tempFolder()));
afterAll(() => folder[Symbol.asyncDispose]());

async function read(content: unknown): Promise<ClientCredentials> {
  const path = join(folder.path, "credentials.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return readCredentials(path);
}

test("a Desktop client is read as Google's console hands it out", async () => {
  const client = await read({ installed: CLIENT });
  expect(client).toMatchObject({
    kind: "installed",
    clientId: CLIENT.client_id,
    authUri: CLIENT.auth_uri,
    tokenUri: CLIENT.token_uri,
    redirectUris: ["http://localhost"],
    projectId: "my-proj",
  });
  expect(client.clientSecret?.reveal()).toBe(CLIENT.client_secret);
});

test("revocation goes where Google documents it, whatever host an old file names, or to this machine", async () => {
  for (const token_uri of ["https://accounts.google.com/o/oauth2/token", "https://www.googleapis.com/oauth2/v4/token"])
    expect((await read({ installed: { ...CLIENT, token_uri } })).revokeUri).toBe(
      "https://oauth2.googleapis.com/revoke",
    );
  expect((await read({ web: CLIENT })).revokeUri).toBe("https://oauth2.googleapis.com/revoke");
  const local = { ...CLIENT, token_uri: "http://[::1]:9/oauth2/token" };
  expect((await read({ web: local })).revokeUri).toBe("http://[::1]:9/revoke");
});

test("a client may come without secret, project and redirect addresses, and with a byte order mark", async () => {
  const { client_id, auth_uri, token_uri } = CLIENT;
  const client = await read(`\uFEFF${JSON.stringify({ web: { client_id, auth_uri, token_uri } })}`);
  expect(client).toMatchObject({ kind: "web", clientSecret: undefined, redirectUris: [] });
});

describe("what cannot be used is refused, with what to do", () => {
  test.each<[string, unknown, RegExp]>([
    ["an empty file", " \n", /is empty/],
    ["an API key", `AIzaSy${MARK}`, /API key/],
    ["an API key in JSON", { api_key: `AIza${MARK}` }, /API key/],
    ["what is not JSON", `{"installed": {"client_secret": "${MARK}"`, /is not JSON/],
    ["a list", [{ installed: CLIENT }], /does not hold a JSON object/],
    ["null", "null", /does not hold a JSON object/],
    ["a service account's key", { type: "service_account", private_key: MARK }, /service account.*OAuth client/],
    ["gcloud's own sign-in", { type: "authorized_user", refresh_token: MARK }, /gcloud/],
    ["somebody's tokens", { token: MARK, refresh_token: MARK }, /tokens/],
    ["neither kind", { client_id: "x", client_secret: MARK }, /neither "installed" nor "web"/],
    ["both kinds", { installed: CLIENT, web: CLIENT }, /both "installed" and "web"/],
    ["a kind that is no object", { web: MARK }, /"web" that is not an object/],
    ["redirect addresses of another type", { web: { ...CLIENT, redirect_uris: [1] } }, /redirect_uris/],
    ["an empty secret", { web: { ...CLIENT, client_secret: "" } }, /client_secret is not a text/],
    ["http elsewhere", { web: { ...CLIENT, token_uri: "http://127.0.0.1.evil.com/token" } }, /token_uri is neither/],
    ["somebody else's server", { web: { ...CLIENT, token_uri: "https://evil.com/token" } }, /token_uri is neither/],
    [
      "one like Google's",
      { web: { ...CLIENT, auth_uri: "https://accounts.google.com.evil.com/" } },
      /auth_uri is neith/,
    ],
    ["Google's on another port", { web: { ...CLIENT, token_uri: "https://oauth2.googleapis.com:444/" } }, /is neither/],
    ["Google's without TLS", { web: { ...CLIENT, token_uri: "http://oauth2.googleapis.com/token" } }, /is neither/],
    ["another scheme", { web: { ...CLIENT, auth_uri: "file:///etc/passwd" } }, /auth_uri is neither/],
    ["another scheme here", { web: { ...CLIENT, auth_uri: "ftp://localhost/" } }, /auth_uri is not a web address/],
    ["a password in it", { web: { ...CLIENT, auth_uri: `http://a:${MARK}@localhost/` } }, /user name or a password/],
    ["a query in it", { web: { ...CLIENT, auth_uri: "http://localhost/?a=b" } }, /query or a fragment/],
  ])("%s", async (_, content, message) => {
    const failure = await failureOfDoing(read(content));
    expect(failure).toMatchObject({
      code: "credentials_invalid",
      retry: "never",
      message: expect.stringMatching(message),
    });
    expect(failure.message).toContain(folder.path);
    expect(failure.next.length).toBeGreaterThan(20);
  });

  test("all faults of a client at once", async () => {
    const { message } = await failureOfDoing(read({ installed: { client_id: 7, auth_uri: "not a url" } }));
    expect(message).toContain("client_id is not a text; auth_uri is not a URL; token_uri is missing");
  });

  test("a missing file, with where it was looked for and how to get one", async () => {
    for (const path of ["none.json", "credentials.json/none.json"]) {
      await read({ installed: CLIENT });
      const failure = await failureOfDoing(readCredentials(join(folder.path, path)));
      expect(failure).toMatchObject({ code: "credentials_missing", message: expect.stringContaining(folder.path) });
      expect(failure.next).toMatch(/Google Auth Platform → Clients.*Desktop app.*Download JSON.*none\.json/);
    }
  });

  test("a file saved as UTF-16, by that name", async () => {
    await writeFile(join(folder.path, "wide.json"), `\uFEFF${JSON.stringify({ installed: CLIENT })}`, "utf16le");
    expect(await failureOfDoing(readCredentials(join(folder.path, "wide.json")))).toMatchObject({
      code: "credentials_invalid",
      message: expect.stringContaining("is saved as UTF-16"),
    });
  });

  test("a directory, and what cannot be opened", async () => {
    const directory = join(folder.path, "directory");
    const loop = join(folder.path, "loop");
    await mkdir(directory);
    await symlink(loop, loop);
    expect((await failureOfDoing(readCredentials(directory))).message).toMatch(/is a directory/);
    expect(await failureOfDoing(readCredentials(loop))).toMatchObject({
      code: "credentials_invalid",
      message: expect.stringMatching(/cannot be read \(ELOOP\)/),
      next: expect.stringContaining("chmod"),
    });
  });
});

test("http is for loopback alone, whatever the address", () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.ipV4(),
        fc.ipV4().map((ip) => ip.replace(/^\d+/, "127")),
      ),
      async (ip) => {
        const reading = read({ web: { ...CLIENT, token_uri: `http://${ip}/token` } });
        if (ip.startsWith("127.")) await reading;
        else expect((await failureOfDoing(reading)).code).toBe("credentials_invalid");
      },
    ),
    { numRuns: 50 },
  ));

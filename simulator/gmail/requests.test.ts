import { get, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { simulateGoogle } from "../google.ts";
import { exchange, READONLY, signIn } from "../visitor.ts";

const METADATA = "https://www.googleapis.com/auth/gmail.metadata";

describe("access", () => {
  test("needs a token, of the account that is asked for", async () => {
    await using google = await simulateGoogle({ messages: 20 });
    const gmail = await signIn(google);
    const call = async (user: string, headers: Record<string, string>) => {
      const response = await fetch(`${google.url}/gmail/v1/users/${user}/profile`, { headers });
      const body: { error?: { message: string } } = JSON.parse(await response.text());
      return [response.status, body.error?.message] as const;
    };
    expect((await call("me", {}))[0]).toBe(401);
    expect((await call("me", { authorization: "Bearer ya29.invented" }))[0]).toBe(401);
    const { access_token } = await exchange(google);
    const authorization = `Bearer ${String(access_token)}`;
    expect(await call("ADA%40example.com", { authorization })).toEqual([200, undefined]);
    expect(await call("bob@example.com", { authorization })).toEqual([403, "Delegation denied for ada@example.com"]);
    expect((await gmail("profile")).status).toBe(200);
  });

  test.each([
    ["https://www.googleapis.com/auth/gmail.labels", { labels: 200, profile: 403, messages: 403 }],
    [
      METADATA,
      {
        messages: 200,
        "messages?q=": 403,
        "messages/ID?format=metadata": 200,
        "messages/ID": 403,
        "messages/ID?format=raw": 403,
        "threads/ID": 403,
      },
    ],
    [`${READONLY} ${METADATA}`, { messages: 200, "messages?q=in:inbox": 403, "messages/ID": 403 }],
    ["https://mail.google.com/", { "messages/ID": 200, "messages?q=in:inbox": 200 }],
  ])("with %s reaches exactly what that gives", async (scope, expected) => {
    await using google = await simulateGoogle({ messages: 5 });
    const gmail = await signIn(google, { scope });
    const [id] = google.mailbox().ids();
    const statuses = Object.keys(expected).map(async (path) => [path, (await gmail(path.replace("ID", id!))).status]);
    expect(Object.fromEntries(await Promise.all(statuses))).toEqual(expected);
  });
});

describe("requests", () => {
  test("with unknown parameters or values are refused", async () => {
    await using google = await simulateGoogle({ messages: 20 });
    const gmail = await signIn(google);
    for (const path of [
      "messages?pageSize=5",
      "messages?includeSpamTrash=yes",
      "profile?x=1",
      "messages?fields=messages(id,subject)",
    ])
      expect([path, (await gmail(path)).status]).toEqual([path, 400]);
    const [id] = google.mailbox().ids();
    expect((await gmail(`messages/${id}?format=eml`)).status).toBe(400);
  });

  test("outside the API, or with another method, meet Google's page", async () => {
    await using google = await simulateGoogle({ messages: 1 });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/gmail/v1/users/me/drafts"],
      ["POST", "/gmail/v1/users/me/messages"],
    ] as const) {
      const response = await fetch(google.url + path, { method });
      expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("<!DOCTYPE html>")]);
    }
  });

  test("can ask for some fields, and get nothing else", async () => {
    await using google = await simulateGoogle({ messages: 20 });
    const gmail = await signIn(google);
    const [id] = google.mailbox().ids();
    expect(Object.keys((await gmail("messages?fields=nextPageToken,messages(id)&maxResults=2")).body)).toEqual([
      "messages",
      "nextPageToken",
    ]);
    expect((await gmail("messages?fields=messages/id&maxResults=1")).body).toEqual({
      messages: [{ id: expect.any(String) }],
    });
    expect((await gmail(`messages/${id}?fields=id,payload/partId,payload(filename)`)).body).toMatchObject({ id });
  });

  test("are answered compressed only to clients that say gzip twice", async () => {
    await using google = await simulateGoogle({ messages: 20 });
    const fetched = async (headers: Record<string, string>) => {
      const { access_token } = await exchange(google);
      const response = await new Promise<IncomingMessage>((resolve) =>
        get(
          `${google.url}/gmail/v1/users/me/profile`,
          { headers: { authorization: `Bearer ${String(access_token)}`, ...headers } },
          resolve,
        ),
      );
      return { encoding: response.headers["content-encoding"], body: await buffer(response) };
    };
    const both = await fetched({ "accept-encoding": "gzip", "user-agent": "exporter (gzip)" });
    expect(both.encoding).toBe("gzip");
    expect(JSON.parse(gunzipSync(both.body).toString())).toMatchObject({ emailAddress: "ada@example.com" });
    expect((await fetched({ "accept-encoding": "gzip", "user-agent": "exporter" })).encoding).toBeUndefined();
  });
});

test("malformed addresses are answered, not stumbled over", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  const gmail = await signIn(google);
  expect((await gmail("messages/%zz")).status).toBe(400);
  expect((await fetch(`${google.url}//%2f..//gmail`)).status).toBe(404);
});

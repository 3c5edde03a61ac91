import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { failureOf } from "../../../core/errors.ts";
import { EVERYTHING } from "../../../core/mail/filter.ts";
import { Secret } from "../../../core/secret.ts";
import { errorBody, NEVER, scriptedGmail, type Answer } from "../testing.ts";
import type { GmailClient } from "./client.ts";

const PROFILE: Answer = [200, { emailAddress: "ada@example.com", messagesTotal: 3, threadsTotal: 2, historyId: "42" }];
const UNAVAILABLE: Answer = [503, errorBody(503, "backendError", "The service is currently unavailable.")];
const QUOTA: Answer = [403, errorBody(403, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries'.")];
const UNAUTHORIZED: Answer = [401, errorBody(401, "authError", "Invalid Credentials")];
const profile = (client: GmailClient) => client.getProfile(NEVER);
const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

/** The first request that this call makes of a Gmail that answers so. */
const askedBy = async (call: (client: GmailClient) => Promise<unknown>, answer: unknown) => {
  await using gmail = await scriptedGmail(() => [200, answer]);
  await gmail.run(call);
  const { pathname, searchParams } = gmail.asked[0]!.url;
  searchParams.delete("prettyPrint");
  return { path: pathname.replace("/gmail/v1/users/me/", ""), query: searchParams.toString(), heard: gmail.heard[0] };
};

describe("what is asked", () => {
  const message = { id: "18c2", threadId: "18c1" };

  test("of each method is what Google's reference says, and the pacer hears its name", async () => {
    expect(await askedBy((client) => client.labelsList(NEVER), {})).toEqual({
      path: "labels",
      query: "",
      heard: "labels.list",
    });
    expect(await askedBy((client) => client.messagesGet("18/c2", NEVER), message)).toEqual({
      path: "messages/18%2Fc2",
      query: "format=full",
      heard: "messages.get",
    });
    expect(await askedBy((client) => client.threadsGet("18c1", NEVER), { messages: [message] })).toEqual({
      path: "threads/18c1",
      query: "format=full",
      heard: "threads.get",
    });
    expect(await askedBy((client) => client.attachmentsGet("18c2", "ANGj/_-", NEVER), { data: "YQ", size: 1 })).toEqual(
      {
        path: "messages/18c2/attachments/ANGj%2F_-",
        query: "",
        heard: "messages.attachments.get",
      },
    );
    expect(await askedBy((client) => client.messagesGetLabels("18c2", NEVER), { id: "18c2" })).toEqual({
      path: "messages/18c2",
      query: "format=minimal&fields=id%2ClabelIds",
      heard: "messages.get",
    });
    expect(await askedBy((client) => client.historyList("42", "next", NEVER), { historyId: "43" })).toEqual({
      path: "history",
      query: "startHistoryId=42&maxResults=500&pageToken=next",
      heard: "history.list",
    });
  });

  test("of a listing carries the whole filter, and nothing that was not given", async () => {
    const filter = { query: "from:ada & after:1700000000", labels: ["INBOX", "Label_1"], includeSpamTrash: true };
    const { query } = await askedBy((client) => client.messagesList(filter, "p2", NEVER), {});
    expect([...new URLSearchParams(query)]).toEqual([
      ["maxResults", "500"],
      ["fields", "nextPageToken,messages(id,threadId)"],
      ["q", "from:ada & after:1700000000"],
      ["labelIds", "INBOX"],
      ["labelIds", "Label_1"],
      ["includeSpamTrash", "true"],
      ["pageToken", "p2"],
    ]);
    const all = await askedBy((client) => client.messagesList(EVERYTHING, undefined, NEVER), {});
    expect([...new URLSearchParams(all.query).keys()]).toEqual(["maxResults", "fields"]);
  });
});

test("what Google could not do is tried again, each time with a turn of its own", async () => {
  await using gmail = await scriptedGmail((_, count) => (count < 3 ? UNAVAILABLE : PROFILE));
  expect(await gmail.run(profile)).toMatchObject({ emailAddress: "ada@example.com", historyId: "42" });
  expect(gmail.heard.join(" ")).toBe("getProfile done getProfile done getProfile accepted done");
});

test("a refusal for quota is told to the pacer, and costs no attempt", async () => {
  await using gmail = await scriptedGmail((_, count) => (count <= 8 ? QUOTA : PROFILE));
  await gmail.run(profile);
  expect(gmail.heard.filter((word) => word === "quota_exceeded")).toHaveLength(8);
  expect(gmail.heard.slice(-3)).toEqual(["getProfile", "accepted", "done"]);
});

test("a final answer counts as got through", async () => {
  await using gmail = await scriptedGmail(() => [404, errorBody(404, "notFound", "Requested entity was not found.")]);
  expect(await failure(gmail.run((client) => client.threadsGet("18c2", NEVER)))).toMatchObject({ code: "not_found" });
  expect(gmail.heard).toEqual(["threads.get", "accepted", "done"]);
});

describe("an answer that finds no room in memory", () => {
  const message = { id: "18c2", threadId: "18c1" };

  test("leaves its place to others, and the pacer hears before that it got through, once", async () => {
    await using gmail = await scriptedGmail(() => [200, message]);
    let waits = 0;
    const take = (): Promise<void> => {
      waits += 1;
      return Promise.resolve();
    };
    const intake = { take, reserve: () => undefined, keep: () => {} };
    await gmail.run((client) => client.messagesGet("18c2", NEVER, intake));
    expect(waits).toBeGreaterThan(0);
    expect(gmail.heard.slice(0, 3)).toEqual(["messages.get", "accepted", "done"]);
    expect(gmail.heard.filter((word) => word === "accepted")).toHaveLength(1);
  });

  test("is waited for only where it is good: a refusal is heard at once", async () => {
    await using gmail = await scriptedGmail((_, count) => (count === 1 ? QUOTA : [200, message]));
    const isRefused = (): boolean => gmail.heard.includes("quota_exceeded");
    const take = (): Promise<void> | undefined => (isRefused() ? undefined : new Promise(() => {}));
    const intake = { take, reserve: () => undefined, keep: () => {} };
    await gmail.run((client) => client.messagesGet("18c2", NEVER, intake));
    expect(gmail.heard).toEqual(["messages.get", "quota_exceeded", "done", "messages.get", "accepted", "done"]);
  });
});

test("an answer cut off in the middle is read again, and quoted nowhere", async () => {
  await using gmail = await scriptedGmail((_, count) =>
    count === 1 ? [200, '{"id":"18c2","snippet":"secr'] : PROFILE,
  );
  await gmail.run(profile);
  await using torn = await scriptedGmail(() => [200, '{"snippet":"secret']);
  const error: unknown = await torn.run(profile).catch((caught: unknown) => caught);
  expect(failureOf(error)).toMatchObject({ code: "malformed_response", outage: true });
  expect(inspect(error, { depth: 10 })).not.toContain("secret");
});

test("one message that breaks Google is given up, while the others come", async () => {
  await using gmail = await scriptedGmail(({ url }) => {
    if (url.pathname.endsWith("/bad")) return [500, errorBody(500, "backendError", "Backend Error")];
    return url.pathname.endsWith("/profile") ? PROFILE : [200, { id: "good" }];
  });
  const both = gmail.run((client) => {
    const others = Array.from({ length: 3 }, () => client.messagesGet("good", NEVER));
    return Promise.all([failure(client.messagesGet("bad", NEVER)), ...others]);
  });
  const [bad] = await both;
  expect(bad).toMatchObject({ code: "server_error", attempts: 6 });
  expect(bad).not.toHaveProperty("outage");
});

describe("a token that Gmail refuses", () => {
  test("is replaced once, and the call goes on", async () => {
    const stale: (string | undefined)[] = [];
    await using gmail = await scriptedGmail(({ token }) => (token === "Bearer old" ? UNAUTHORIZED : PROFILE), {
      accessToken: (refused) => {
        stale.push(refused?.reveal());
        return Promise.resolve(new Secret(refused ? "new" : "old"));
      },
    });
    await gmail.run(profile);
    expect(stale).toEqual([undefined, "old"]);
    expect(gmail.asked.map(({ token }) => token)).toEqual(["Bearer old", "Bearer new"]);
    expect(gmail.heard).toEqual(["getProfile", "done", "getProfile", "accepted", "done"]);
  });

  test("and whose successor it refuses too, is a consent withdrawn", async () => {
    await using gmail = await scriptedGmail(() => UNAUTHORIZED);
    expect(await failure(gmail.run(profile))).toMatchObject({ code: "consent_revoked", retry: "sign_in" });
    expect(gmail.asked).toHaveLength(6);
  });
});

test("where there is no token no turn is taken: what was never sent is not counted", async () => {
  await using gmail = await scriptedGmail(() => PROFILE, {
    accessToken: () => Promise.reject(new Error("no grant")),
  });
  await expect(gmail.run(profile)).rejects.toThrow("no grant");
  expect(gmail.heard).toEqual([]);
});

test("a turn is given back when the call is stopped", async () => {
  const stop = new AbortController();
  await using slow = await scriptedGmail(() => {
    stop.abort(new Error("stopped by hand"));
    return PROFILE;
  });
  await expect(slow.run((client) => client.getProfile(stop.signal))).rejects.toThrow("stopped by hand");
  expect(slow.heard).toEqual(["getProfile", "done"]);
});

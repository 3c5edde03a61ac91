import { describe, expect, test } from "vitest";

import { textIn } from "../../../test/messages.ts";
import { failureOf } from "../../core/errors.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import { TEXT_ALONE, type Change, type MailboxSource, type Reading } from "../../core/ports/mailbox-source.ts";
import { errorBody, NEVER, scriptedGmail, type Answer, type Asked } from "./testing.ts";

const NOT_FOUND: Answer = [404, errorBody(404, "notFound", "Requested entity was not found.")];
const INVALID: Answer = [400, errorBody(400, "invalidArgument", "Invalid attachment token")];
const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));
const base64url = (text: string): string => Buffer.from(text).toString("base64url");

async function withSource<T>(script: (asked: Asked) => Answer, work: (source: MailboxSource) => Promise<T>) {
  await using gmail = await scriptedGmail(script);
  const result = await gmail.run((_, source) => work(source));
  return { result, asked: gmail.asked.map(({ url }) => url.pathname.replace("/gmail/v1/users/me/", "")) };
}

/** Reads these messages of one conversation: how each ended. */
const reading =
  (...ids: string[]) =>
  async (source: MailboxSource): Promise<Reading[]> => {
    const steps = await Array.fromAsync(source.read([{ threadId: "t", ids }], TEXT_ALONE, NEVER));
    return steps.flatMap(({ ended }) => ended);
  };

/** The text of the parts of a message that was read. */
const textsOf = (one: Reading | undefined): (string | undefined)[] | undefined =>
  one?.outcome === "read" ? one.message.root.parts.map(textIn) : undefined;

const pageOf = ({ url }: Asked): string => url.searchParams.get("pageToken") ?? "first";
const listed = async (pages: Readonly<Record<string, unknown>>) => {
  const { result } = await withSource(
    (asked) => [200, pages[pageOf(asked)]],
    async (source) => {
      const all: (readonly Ref[])[] = [];
      for await (const refs of source.list(EVERYTHING, NEVER)) all.push(refs);
      return all;
    },
  );
  return result;
};

const ref = (id: string): Ref => ({ id, threadId: id });

describe("a listing", () => {
  test("goes on behind an empty page that names a next one", async () => {
    const pages = {
      first: { messages: [ref("a"), ref("b")], nextPageToken: "2" },
      2: { nextPageToken: "3", resultSizeEstimate: 201 },
      3: { messages: [ref("c")] },
    };
    expect(await listed(pages)).toEqual([[ref("a"), ref("b")], [], [ref("c")]]);
  });

  test("of an empty mailbox is one empty page", async () => {
    expect(await listed({ first: { resultSizeEstimate: 0 } })).toEqual([[]]);
  });

  test("that leads back to a page it has given ends instead of going on for ever", async () => {
    const pages = { first: { nextPageToken: "2" }, 2: { nextPageToken: "3" }, 3: { nextPageToken: "2" } };
    expect(await failure(listed(pages))).toMatchObject({ code: "page_token_invalid" });
  });
});

/** A message as Gmail leaves a large text out of it; `n` tells one reading from another. */
const withTextElsewhere = (id: string, n: number) => ({
  id,
  threadId: "t",
  payload: {
    mimeType: "multipart/mixed",
    parts: [
      { partId: "0", mimeType: "text/html", body: { attachmentId: `html-${id}-${n}`, size: 9 } },
      { partId: "1", mimeType: "application/pdf", filename: "a.pdf", body: { attachmentId: `pdf-${id}`, size: 5 } },
    ],
  },
});

/** Gmail with a conversation of these messages; `stale` ids of text are those it no longer knows. */
const leavingTextOut = (members: readonly string[], stale: readonly string[], whenStale: Answer) => {
  const reads = new Map<string, number>();
  const message = (id: string) => {
    reads.set(id, (reads.get(id) ?? 0) + 1);
    return withTextElsewhere(id, reads.get(id)!);
  };
  return ({ url }: Asked): Answer => {
    const [, id = "", attachment] = /messages\/([^/]+)(?:\/attachments\/(.+))?$/.exec(url.pathname) ?? [];
    if (url.pathname.includes("/threads/")) return [200, { id: "t", messages: members.map(message) }];
    if (attachment === undefined) return [200, message(id)];
    return stale.includes(attachment) ? whenStale : [200, { data: base64url(`text of ${attachment}`), size: 9 }];
  };
};

describe("a message", () => {
  test("comes with the text that Gmail left out of it, and no attachment", async () => {
    const { result, asked } = await withSource(leavingTextOut(["m"], [], INVALID), reading("m"));
    expect(textsOf(result[0])).toEqual(["text of html-m-1", undefined]);
    expect(asked).toEqual(["messages/m", "messages/m/attachments/html-m-1"]);
  });

  test.each([
    ["400", INVALID],
    ["404", NOT_FOUND],
  ])("is read once more when its text's id has gone stale (%s)", async (_, whenStale) => {
    const { result, asked } = await withSource(leavingTextOut(["m"], ["html-m-1"], whenStale), reading("m"));
    expect(textsOf(result[0])).toEqual(["text of html-m-2", undefined]);
    expect(asked).toEqual([
      "messages/m",
      "messages/m/attachments/html-m-1",
      "messages/m",
      "messages/m/attachments/html-m-2",
    ]);
  });

  test("whose text Gmail never gives is failed, not gone", async () => {
    const script = leavingTextOut(["m"], ["html-m-1", "html-m-2"], NOT_FOUND);
    const { result } = await withSource(script, reading("m"));
    expect(result).toEqual([
      { outcome: "failed", id: "m", reason: "Gmail does not give out the text of this message.", attempts: 1 },
    ]);
  });

  const leaf = (body: object) => ({ id: "m", threadId: "t", payload: { mimeType: "text/plain", body } });

  test("whose text was lost on the way is read again, and failed when it never comes; never empty", async () => {
    const lost = leaf({ size: 9 });
    let reads = 0;
    const came = await withSource(
      () => [200, (reads += 1) === 1 ? lost : leaf({ size: 4, data: base64url("text") })],
      reading("m"),
    );
    expect(came.result[0]).toMatchObject({
      outcome: "read",
      message: { root: { content: { kept: "here", size: 4 } } },
    });
    const never = await withSource(() => [200, lost], reading("m"));
    expect(never.result).toMatchObject([{ outcome: "failed", id: "m" }]);
    expect(never.asked).toHaveLength(2);
    const empty = await withSource(() => [200, leaf({ size: 0 })], reading("m"));
    expect(empty.result).toMatchObject([{ outcome: "read" }]);
  });

  test("within a conversation has all its text too; of members that nobody wanted none is fetched", async () => {
    const script = leavingTextOut(["l", "m", "n"], ["html-m-1"], INVALID);
    const { result, asked } = await withSource(script, reading("m", "n"));
    expect(result.map(textsOf)).toEqual([
      ["text of html-m-2", undefined],
      ["text of html-n-1", undefined],
    ]);
    expect(asked.filter((path) => path.includes("html-l"))).toEqual([]);
  });

  test("within a conversation whose text cannot be read is failed alone, and the others are not read again", async () => {
    const script = leavingTextOut(["l", "m", "n"], ["html-m-1", "html-m-2"], NOT_FOUND);
    const { result, asked } = await withSource(script, reading("l", "m", "n"));
    expect(result.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual(["l read", "m failed", "n read"]);
    expect(asked.filter((path) => !path.includes("attachments"))).toEqual(["threads/t", "messages/m"]);
  });

  test("is gone when that was said four times, and the next time at once", async () => {
    const { result, asked } = await withSource(
      () => NOT_FOUND,
      async (source) => [await reading("m")(source), await reading("m")(source)],
    );
    expect(result).toEqual([[{ outcome: "gone", id: "m" }], [{ outcome: "gone", id: "m" }]]);
    expect(asked).toHaveLength(4 + 1);
  });

  test("that is not found for some seconds, as new mail is, is read", async () => {
    let asked = 0;
    const { result } = await withSource(() => ((asked += 1) < 4 ? NOT_FOUND : [200, leaf({ size: 0 })]), reading("m"));
    expect(result).toMatchObject([{ outcome: "read", id: "m" }]);
  });

  const FORBIDDEN: Answer = [403, errorBody(403, "forbidden", "The caller does not have permission")];

  test("that is forbidden for ever is failed, where the account may be read; else it is the account", async () => {
    const one = await withSource(
      ({ url }) => (url.pathname.includes("/messages/") ? FORBIDDEN : [200, PROFILE]),
      reading("m"),
    );
    expect(one.result).toMatchObject([{ outcome: "failed", id: "m", reason: expect.stringContaining("not allow") }]);
    expect(one.asked).toEqual([...Array.from({ length: 4 }, () => "messages/m"), "profile"]);
    const all = await failure(withSource(() => FORBIDDEN, reading("m")));
    expect(all).toMatchObject({ code: "forbidden", retry: "never" });
  });
});

const PROFILE = { emailAddress: "ada@example.com", messagesTotal: 1, threadsTotal: 1, historyId: "9" };

const added = (id: string) => ({ messagesAdded: [{ message: { id, threadId: id, labelIds: ["INBOX"] } }] });

describe("sizes", () => {
  const weighed = async (answerOf: (id: string) => Answer) => {
    const ids = ["a", "b", "c", "d"];
    const pending = [{ threadId: "t", ids }];
    const script = ({ url }: Asked): Answer => answerOf(url.pathname.split("/").at(-1)!);
    return withSource(script, async (source) => {
      await source.weigh(pending, NEVER);
      return (await source.cost(pending, TEXT_ALONE)).bytes;
    });
  };
  const sizeOf = (id: string, sizeEstimate: number): Answer => [200, { id, threadId: "t", sizeEstimate }];

  test("are those of the messages that told theirs: one that is gone takes nothing from the others", async () => {
    const { result } = await weighed((id) => (id === "b" ? NOT_FOUND : sizeOf(id, 3_000)));
    expect(result).toBe(12_000);
  });

  test("are not asked for any more where the account cannot be read", async () => {
    const unauthorized: Answer = [401, errorBody(401, "authError", "Invalid Credentials")];
    await expect(weighed(() => unauthorized)).rejects.toThrow();
  });
});

test("without what is foreseen of attachments they are read all the same: a search that Gmail does not take stops nothing", async () => {
  const want = { attachments: true, originals: false };
  const { result } = await withSource(
    () => INVALID,
    async (source) => {
      await source.foresee(EVERYTHING, want, NEVER);
      return source.cost([{ threadId: "t", ids: ["a"] }], want);
    },
  );
  expect(result.calls).toBe(1);
});

test("changes are read as they are pulled, a page at a time", async () => {
  let pages = 0;
  const { asked } = await withSource(
    () => [200, { history: [added(`a${(pages += 1)}`)], nextPageToken: String(pages), historyId: "50" }],
    async (source) => {
      for await (const change of source.changes({ source: "gmail-api", value: "42" }, NEVER))
        if (change.change === "added" && change.ref.id === "a2") return;
    },
  );
  expect(asked).toEqual(["history", "history"]);
});

test("a history that cannot be read is asked for again, and has no cursor when that does not help; the pages before are told", async () => {
  const told: Change[] = [];
  const broken = { history: [{ id: "51", messagesAdded: [{ message: {} }] }], historyId: "51" };
  const work = withSource(
    (asked) => {
      if (asked.url.pathname.endsWith("profile")) return [200, PROFILE];
      return [200, pageOf(asked) === "first" ? { history: [added("a")], nextPageToken: "2", historyId: "50" } : broken];
    },
    async (source) => {
      for await (const change of source.changes({ source: "gmail-api", value: "42" }, NEVER)) told.push(change);
    },
  );
  expect(await failure(work)).toMatchObject({ code: "malformed_response", retry: "backoff" });
  expect(told).toEqual([{ change: "added", ref: ref("a"), labelIds: ["INBOX"] }]);
});

describe("the labels of messages", () => {
  const labelsOf = (answers: Readonly<Record<string, Answer>>) =>
    withSource(
      ({ url }) => answers[url.pathname.split("/").at(-1)!]!,
      (source) => Array.fromAsync(source.readLabels(Object.keys(answers), NEVER)),
    );

  test("come without the message, in the order asked for, also that there are none", async () => {
    const { result, asked } = await labelsOf({ b: [200, { id: "b", labelIds: ["INBOX"] }], a: [200, { id: "a" }] });
    expect(result).toEqual([
      { id: "b", labelIds: ["INBOX"] },
      { id: "a", labelIds: [] },
    ]);
    expect(asked.toSorted()).toEqual(["messages/a", "messages/b"]);
  });

  test("of one that is not found are asked for again before it is gone, and of one known to be gone but once", async () => {
    const { result, asked } = await withSource(
      () => NOT_FOUND,
      async (source) => [
        ...(await Array.fromAsync(source.readLabels(["m"], NEVER))),
        ...(await Array.fromAsync(source.readLabels(["m"], NEVER))),
      ],
    );
    expect(result).toEqual([
      { id: "m", gone: true },
      { id: "m", gone: true },
    ]);
    expect(asked).toHaveLength(5);
  });

  test("that another message answers with, or that cannot be read, are not told; the others are", async () => {
    const { result } = await labelsOf({
      a: [200, { id: "z", labelIds: ["INBOX"] }],
      b: INVALID,
      c: [200, { id: "c", labelIds: ["STARRED"] }],
    });
    expect(result).toEqual([
      { id: "a", failed: expect.stringContaining("another message") },
      { id: "b", failed: expect.any(String) },
      { id: "c", labelIds: ["STARRED"] },
    ]);
  });
});

test("what was added is read to the last page, whose cursor is the one to keep", async () => {
  const pages: Readonly<Record<string, unknown>> = {
    first: { history: [added("a")], nextPageToken: "2", historyId: "50" },
    2: { nextPageToken: "3", historyId: "51" },
    3: { history: [added("b")], historyId: "52" },
  };
  const { result } = await withSource(
    (asked) => [200, pages[pageOf(asked)]],
    (source): Promise<Change[]> => Array.fromAsync(source.changes({ source: "gmail-api", value: "42" }, NEVER)),
  );
  expect(result).toEqual([
    { change: "added", ref: ref("a"), labelIds: ["INBOX"] },
    { change: "added", ref: ref("b"), labelIds: ["INBOX"] },
    { change: "cursor", cursor: { source: "gmail-api", value: "52" } },
  ]);
});

describe("a refusal that may pass", () => {
  const PRECONDITION: Answer = [400, errorBody(400, "failedPrecondition", "Precondition check failed.")];
  const BAD_REQUEST: Answer = [400, errorBody(400, "badRequest", "Bad Request")];
  const FORBIDDEN: Answer = [403, errorBody(403, "forbidden", "The caller does not have permission")];
  const answers: Readonly<Record<string, unknown>> = {
    profile: PROFILE,
    labels: { labels: [{ id: "Label_1", name: "Work" }] },
    messages: { messages: [ref("a")] },
    history: { historyId: "52" },
  };
  const calls: Readonly<Record<string, (source: MailboxSource) => Promise<unknown>>> = {
    profile: (source) => source.profile(NEVER),
    labels: (source) => source.labels(NEVER),
    messages: (source) => Array.fromAsync(source.list(EVERYTHING, NEVER)),
    history: (source) => Array.fromAsync(source.changes({ source: "gmail-api", value: "42" }, NEVER)),
  };
  const refusals = { PRECONDITION, BAD_REQUEST, FORBIDDEN };
  const cases = Object.keys(calls).flatMap((call) => Object.keys(refusals).map((name) => [call, name] as const));

  test.each(cases)("of %s, %s, is asked about again", async (call, name) => {
    let asked = 0;
    const refusal = refusals[name as keyof typeof refusals];
    const done = await withSource(() => ((asked += 1) < 4 ? refusal : [200, answers[call]]), calls[call]!);
    expect(done.asked).toHaveLength(4);
  });

  test.each([
    ["profile", "PRECONDITION", "no_mailbox"],
    ["messages", "BAD_REQUEST", "no_mailbox"],
    ["labels", "FORBIDDEN", "forbidden"],
    ["history", "PRECONDITION", "bad_request"],
  ] as const)("of %s, %s, is believed within two minutes when it repeats: %s", async (call, name, code) => {
    await using gmail = await scriptedGmail(() => refusals[name]);
    const begun = gmail.clock.now();
    const given = await failure(gmail.run((_, source) => calls[call]!(source)));
    expect(given).toMatchObject({ code, retry: "never" });
    if (code === "no_mailbox") expect(given?.next).toMatch(/no Gmail, is suspended, or its administrator/);
    expect(gmail.asked).toHaveLength(4);
    expect(gmail.clock.now() - begun).toBeLessThan(30_000);
  });

  test("on a later page leaves the pages before it as they are: the listing goes on from the page it had", async () => {
    let refused = false;
    const { result, asked } = await withSource(
      (one) => {
        if (pageOf(one) === "first") return [200, { messages: [ref("a")], nextPageToken: "2" }];
        if (!refused) {
          refused = true;
          return FORBIDDEN;
        }
        return [200, { messages: [ref("b")] }];
      },
      (source) => Array.fromAsync(source.list(EVERYTHING, NEVER)),
    );
    expect(result).toEqual([[ref("a")], [ref("b")]]);
    expect(asked).toHaveLength(3);
  });

  test("is not one that names the field that is wrong", async () => {
    const error = errorBody(400, "badRequest", "Invalid value", {
      errors: [
        { domain: "global", reason: "badRequest", message: "Invalid value", location: "q", locationType: "parameter" },
      ],
    });
    await using gmail = await scriptedGmail(() => [400, error]);
    expect(await failure(gmail.run((_, source) => calls["messages"]!(source)))).toMatchObject({ code: "bad_request" });
    expect(gmail.asked).toHaveLength(1);
  });
});

describe("a call that fails while no other goes on", () => {
  const BROKEN: Answer = [500, errorBody(500, "backendError", "Backend Error")];

  test("is at fault itself where the profile can be read: the message is failed", async () => {
    const { result, asked } = await withSource(
      ({ url }) => (url.pathname.includes("/messages/") ? BROKEN : [200, PROFILE]),
      reading("m"),
    );
    expect(result).toMatchObject([{ outcome: "failed", id: "m", attempts: 6 }]);
    expect(asked.filter((path) => path === "profile")).toHaveLength(1);
  });

  test("is an outage where the profile cannot be read either, after ten minutes", async () => {
    await using gmail = await scriptedGmail(() => BROKEN);
    const begun = gmail.clock.now();
    expect(await failure(gmail.run((_, source) => reading("m")(source)))).toMatchObject({ outage: true });
    expect(gmail.clock.now() - begun).toBeGreaterThanOrEqual(600_000);
    expect(gmail.clock.now() - begun).toBeLessThan(660_000);
  });
});

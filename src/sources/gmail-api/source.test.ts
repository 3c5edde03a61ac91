import { describe, expect, test } from "vitest";

import { textIn } from "../../../test/messages.ts";
import { EVERYTHING } from "../../core/mail/filter.ts";
import type { Ref } from "../../core/mail/ref.ts";
import { TEXT_ALONE, type Reading } from "../../core/ports/mailbox-source.ts";
import {
  errorBody,
  failure,
  FORBIDDEN,
  INVALID,
  NEVER,
  NOT_FOUND,
  pageOf,
  PROFILE,
  reading,
  ref,
  withSource,
  type Answer,
  type Asked,
} from "./testing.ts";

const base64url = (text: string): string => Buffer.from(text).toString("base64url");

/** The text of the parts of a message that was read. */
const textsOf = (one: Reading | undefined): (string | undefined)[] | undefined =>
  one?.outcome === "read" ? one.message.root.parts.map(textIn) : undefined;

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

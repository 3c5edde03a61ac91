import { describe, expect, test } from "vitest";
import { failureOf } from "../../core/errors.ts";
import { textIn } from "../../../test/messages.ts";
import { EVERYTHING, type Ref } from "../../core/mailbox.ts";
import { gmailSource } from "./source.ts";
import { errorBody, NEVER, scriptedGmail, type Answer, type Asked } from "./testing.ts";

const NOT_FOUND: Answer = [404, errorBody(404, "notFound", "Requested entity was not found.")];
const INVALID: Answer = [400, errorBody(400, "invalidArgument", "Invalid attachment token")];
const failure = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));
const base64url = (text: string): string => Buffer.from(text).toString("base64url");

async function withSource<T>(
  script: (asked: Asked) => Answer,
  work: (source: ReturnType<typeof gmailSource>) => Promise<T>,
) {
  await using gmail = await scriptedGmail(script);
  const result = await gmail.run((client) => work(gmailSource(client)));
  return { result, asked: gmail.asked.map(({ url }) => url.pathname.replace("/gmail/v1/users/me/", "")) };
}

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

/** Gmail as it leaves a large text out; `stale` ids are those it no longer knows. */
const leavingTextOut = (stale: readonly string[], whenStale: Answer) => {
  let reads = 0;
  return ({ url }: Asked): Answer => {
    const attachment = url.pathname.split("/attachments/")[1];
    if (attachment !== undefined)
      return stale.includes(attachment) ? whenStale : [200, { data: base64url(`text of ${attachment}`), size: 9 }];
    reads += 1;
    const payload = {
      mimeType: "multipart/mixed",
      parts: [
        { partId: "0", mimeType: "text/html", body: { attachmentId: `html-${reads}`, size: 9 } },
        {
          partId: "1",
          mimeType: "application/pdf",
          filename: "a.pdf",
          body: { attachmentId: `pdf-${reads}`, size: 5 },
        },
      ],
    };
    const message = { id: "m", threadId: "t", payload };
    return [200, url.pathname.includes("/threads/") ? { id: "t", messages: [message] } : message];
  };
};

describe("a message", () => {
  test("brings the text that Gmail left out of it, and no attachment", async () => {
    const { result, asked } = await withSource(leavingTextOut([], INVALID), (source) => source.message("m", NEVER));
    expect(result.root.parts.map(textIn)).toEqual(["text of html-1", undefined]);
    expect(asked).toEqual(["messages/m", "messages/m/attachments/html-1"]);
  });

  test.each([
    ["400", INVALID],
    ["404", NOT_FOUND],
  ])("is read once more when its text's id has gone stale (%s)", async (_, whenStale) => {
    const { result, asked } = await withSource(leavingTextOut(["html-1"], whenStale), (source) =>
      source.message("m", NEVER),
    );
    expect(textIn(result.root.parts[0]!)).toBe("text of html-2");
    expect(asked).toEqual([
      "messages/m",
      "messages/m/attachments/html-1",
      "messages/m",
      "messages/m/attachments/html-2",
    ]);
  });

  test("whose text Gmail never gives is not taken for gone", async () => {
    const script = leavingTextOut(["html-1", "html-2"], NOT_FOUND);
    const given = await failure(withSource(script, (source) => source.message("m", NEVER)));
    expect(given).toMatchObject({ code: "bad_request", retry: "never" });
  });

  test("within a conversation is brought whole too", async () => {
    const { result } = await withSource(leavingTextOut(["html-1"], INVALID), (source) => source.thread("t", NEVER));
    expect(result.map(({ root }) => textIn(root.parts[0]!))).toEqual(["text of html-2"]);
  });

  test("that is gone says so", async () => {
    expect(
      await failure(
        withSource(
          () => NOT_FOUND,
          (source) => source.message("m", NEVER),
        ),
      ),
    ).toMatchObject({
      code: "not_found",
    });
  });
});

const added = (id: string) => ({ messagesAdded: [{ message: { id, threadId: id, labelIds: ["INBOX"] } }] });

describe("what was added", () => {
  test("is read to the last page, whose cursor is the one to keep", async () => {
    const pages: Readonly<Record<string, unknown>> = {
      first: { history: [added("a")], nextPageToken: "2", historyId: "50" },
      2: { nextPageToken: "3", historyId: "51" },
      3: { history: [added("b")], historyId: "52" },
    };
    const { result } = await withSource(
      (asked) => [200, pages[pageOf(asked)]],
      (source) => source.added("42", NEVER),
    );
    expect(result.historyId).toBe("52");
    expect(result.refs.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("since a cursor that has expired is not found", async () => {
    expect(
      await failure(
        withSource(
          () => NOT_FOUND,
          (source) => source.added("1", NEVER),
        ),
      ),
    ).toMatchObject({
      code: "not_found",
    });
  });
});

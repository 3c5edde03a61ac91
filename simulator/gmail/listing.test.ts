import * as fc from "fast-check";
import { expect, test } from "vitest";

import { simulateGoogle } from "../google.ts";
import { listAll, signIn } from "../visitor.ts";

const hidden = (labelIds: readonly string[]) => labelIds.includes("SPAM") || labelIds.includes("TRASH");

test("pages bring every message once, newest first, without spam and trash unless asked for", async () => {
  await using google = await simulateGoogle({ messages: 130 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const ids = mailbox.ids();
  const visible = ids.filter((id) => !hidden(mailbox.truth(id).labelIds));
  expect((await listAll(gmail, "messages?maxResults=7")).map(({ id }) => id)).toEqual(visible);
  expect((await listAll(gmail, "messages?includeSpamTrash=true")).map(({ id }) => id)).toEqual(ids);
  const dates = ids.map((id) => mailbox.truth(id).internalDate);
  expect(dates).toEqual(dates.toSorted((a, b) => b - a));
  expect((await gmail("profile")).body).toMatchObject({ messagesTotal: 130, emailAddress: "ada@example.com" });
});

test("a page has 100 entries unless asked for, 500 at most, and at least one", async () => {
  await using google = await simulateGoogle({ messages: 700, bodyBytes: 100 });
  const gmail = await signIn(google);
  expect((await gmail("messages")).body).toMatchObject({ messages: { length: 100 }, resultSizeEstimate: 201 });
  expect((await gmail("messages?maxResults=5000")).body.messages).toHaveLength(500);
  for (const wrong of ["0", "-1", "many"]) expect((await gmail(`messages?maxResults=${wrong}`)).status).toBe(400);
});

test("an empty page has no messages key", async () => {
  await using google = await simulateGoogle({ messages: 0 });
  const gmail = await signIn(google);
  expect((await gmail("messages")).body).toEqual({ resultSizeEstimate: 0 });
  expect((await gmail("threads")).body).toEqual({ resultSizeEstimate: 0 });
});

test("a page token opens only with the query it was made for", async () => {
  await using google = await simulateGoogle({ messages: 30 });
  const gmail = await signIn(google);
  const token = (await gmail("messages?maxResults=5&q=is:read")).body.nextPageToken;
  expect((await gmail(`messages?maxResults=5&q=is:read&pageToken=${token}`)).status).toBe(200);
  for (const path of [
    `messages?pageToken=${token}`,
    `threads?q=is:read&pageToken=${token}`,
    "messages?pageToken=123",
  ]) {
    const { status, body } = await gmail(path);
    expect([status, body.error.message, body.error.errors[0]!.reason]).toEqual([
      400,
      "Invalid pageToken",
      "invalidArgument",
    ]);
  }
});

test("labels narrow a listing together, and unknown ones are refused", async () => {
  await using google = await simulateGoogle({ messages: 120 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const carrying = (...labels: string[]) =>
    mailbox.ids().filter((id) => labels.every((label) => mailbox.truth(id).labelIds.includes(label)));
  const listed = async (path: string) => (await listAll(gmail, path)).map(({ id }) => id);
  expect(await listed("messages?labelIds=INBOX&labelIds=UNREAD")).toEqual(carrying("INBOX", "UNREAD"));
  expect(await listed("messages?labelIds=SPAM")).toEqual(carrying("SPAM"));
  const { status, body } = await gmail("messages?labelIds=Label_404");
  expect([status, body.error.message]).toEqual([400, "Invalid label: Label_404"]);
});

test("q searches as on the web, as far as the simulator knows it", async () => {
  await using google = await simulateGoogle({ messages: 120 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const truths = mailbox.ids().map((id) => mailbox.truth(id));
  const visible = truths.filter(({ labelIds }) => !hidden(labelIds));
  const found = async (q: string) => (await listAll(gmail, `messages?q=${encodeURIComponent(q)}`)).map(({ id }) => id);
  const middle = truths[60]!;
  const expectFound = async (q: string, wanted: typeof truths) =>
    expect([q, await found(q)]).toEqual([q, wanted.map(({ id }) => id)]);

  await expectFound("in:anywhere", truths);
  await expectFound(
    "in:trash",
    truths.filter(({ labelIds }) => labelIds.includes("TRASH")),
  );
  await expectFound(
    "is:unread -in:chats",
    visible.filter(({ labelIds }) => labelIds.includes("UNREAD") && !labelIds.includes("CHAT")),
  );
  await expectFound(
    "label:travel-lisbon",
    visible.filter(({ labelIds }) => labelIds.includes("Label_2")),
  );
  await expectFound(
    "from:grace@example.com",
    visible.filter(({ from }) => from.includes("grace@example.com")),
  );
  await expectFound(
    "has:attachment subject:invoice",
    visible.filter(
      ({ subject, attachments }) => /invoice/i.test(subject) && attachments.some(({ filename }) => filename !== ""),
    ),
  );
  await expectFound(
    `after:${Math.ceil(middle.internalDate / 1000)}`,
    visible.filter(({ internalDate }) => internalDate >= Math.ceil(middle.internalDate / 1000) * 1000),
  );
  await expectFound(
    "before:2026/09/25",
    visible.filter(({ internalDate }) => internalDate < Date.UTC(2026, 8, 25, 7)),
  );
  await expectFound(
    `rfc822msgid:${middle.messageId || "none"}`,
    visible.filter(({ messageId }) => messageId !== "" && messageId === middle.messageId),
  );
  expect((await found("garden")).length).toBeGreaterThan(0);
  expect((await gmail("messages?q=larger:5M")).status).toBe(400);
});

test("conversations are listed once, by their newest message", async () => {
  await using google = await simulateGoogle({ messages: 100, messagesPerThread: 4 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const ids = mailbox
    .ids()
    .map((id) => mailbox.truth(id))
    .filter(({ labelIds }) => !hidden(labelIds))
    .map(({ threadId }) => threadId);
  const { body } = await gmail("threads?maxResults=500");
  expect(body.threads.map(({ id }) => id)).toEqual([...new Set(ids)]);
});

test("whatever comes and goes between pages, what stays is listed", async () => {
  await using google = await simulateGoogle({ messages: 40 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const step = fc.record({ add: fc.integer({ min: 0, max: 3 }), removeAt: fc.option(fc.integer({ min: 0, max: 60 })) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
      while (mailbox.size < 40) mailbox.add();
      const stays = new Set(mailbox.ids());
      const listed = new Set<string>();
      let token: string | undefined;
      for (let i = 0; ; i++) {
        const { body } = await gmail(
          `messages?includeSpamTrash=true&maxResults=6${token === undefined ? "" : `&pageToken=${token}`}`,
        );
        for (const { id } of body.messages ?? []) listed.add(id);
        token = body.nextPageToken;
        if (token === undefined) break;
        for (let n = steps[i]?.add ?? 0; n > 0; n--) mailbox.add();
        const victim = mailbox.ids()[steps[i]?.removeAt ?? -1];
        if (victim !== undefined) {
          mailbox.remove(victim);
          stays.delete(victim);
        }
      }
      for (const id of stays) expect(listed).toContain(id);
    }),
    { numRuns: 30 },
  );
});

test("mail that arrives during a listing pushes listed messages onto the next page", async () => {
  await using google = await simulateGoogle({ messages: 20 });
  const gmail = await signIn(google);
  const first = (await gmail("messages?includeSpamTrash=true&maxResults=5")).body;
  google.mailbox().add();
  const second = (await gmail(`messages?includeSpamTrash=true&maxResults=5&pageToken=${first.nextPageToken}`)).body;
  expect(second.messages[0]!.id).toBe(first.messages[4]!.id);
});

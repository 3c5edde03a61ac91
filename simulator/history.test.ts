import { expect, test } from "vitest";

import { simulateGoogle } from "./google.ts";
import { signIn } from "./visitor.ts";

test("history tells, in order, what happened after the id it starts from", async () => {
  await using google = await simulateGoogle({ messages: 10 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const start = (await gmail("profile")).body.historyId;
  const nothing = (await gmail(`history?startHistoryId=${start}`)).body;
  expect(nothing).toEqual({ historyId: start });

  const id = mailbox.add({ labelIds: ["INBOX"] });
  mailbox.setLabels(id, ["INBOX", "STARRED"]);
  mailbox.setLabels(id, ["STARRED"]);
  const [old] = mailbox.ids().slice(-1);
  mailbox.remove(old!);

  const { history, historyId } = (await gmail(`history?startHistoryId=${start}`)).body;
  const message = { id, threadId: id };
  expect(history).toMatchObject([
    { messages: [message], messagesAdded: [{ message: { ...message, labelIds: ["INBOX"] } }] },
    { labelsAdded: [{ message: { ...message, labelIds: ["INBOX", "STARRED"] }, labelIds: ["STARRED"] }] },
    { labelsRemoved: [{ message: { ...message, labelIds: ["STARRED"] }, labelIds: ["INBOX"] }] },
    { messagesDeleted: [{ message: { id: old } }] },
  ]);
  expect(historyId).toBe(mailbox.historyId);
  const ids = history.map((record) => BigInt(String(record["id"])));
  expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
  const afterFirst = (await gmail(`history?startHistoryId=${ids[0]}`)).body.history;
  expect(afterFirst).toHaveLength(3);
});

test("a filtered page can be empty and still have a next one", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const start = mailbox.historyId;
  const [id] = mailbox.ids();
  for (let i = 0; i < 3; i++) mailbox.setLabels(id!, i % 2 === 0 ? ["STARRED"] : []);
  const added = mailbox.add({ labelIds: ["INBOX"] });

  const first = (await gmail(`history?startHistoryId=${start}&historyTypes=messageAdded&maxResults=2`)).body;
  expect(first).not.toHaveProperty("history");
  const found: unknown[] = [];
  for (let token = first.nextPageToken; token !== undefined;) {
    const page = (
      await gmail(`history?startHistoryId=${start}&historyTypes=messageAdded&maxResults=2&pageToken=${token}`)
    ).body;
    found.push(...(page.history ?? []));
    token = page.nextPageToken;
  }
  expect(found).toMatchObject([{ messagesAdded: [{ message: { id: added } }] }]);
});

test("history that is forgotten, or never was, is 404", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const current = mailbox.historyId;
  const status = async (id: string | number) => (await gmail(`history?startHistoryId=${id}`)).status;
  expect(await status(current)).toBe(200);
  expect(await status(Number(current) - 1_000)).toBe(404);
  expect(await status(Number(current) + 1)).toBe(404);
  expect(await status("")).toBe(400);
  expect(await status("abc")).toBe(400);

  mailbox.expireHistory();
  const { status: idle, body } = await gmail(`history?startHistoryId=${current}`);
  expect([idle, body.error.errors[0]!.reason]).toEqual([404, "notFound"]);
  mailbox.add();
  expect(await status(mailbox.historyId)).toBe(200);
});

test("history ids soon grow a digit, so they cannot be compared as text", async () => {
  await using google = await simulateGoogle({ messages: 50 });
  const mailbox = google.mailbox();
  const before = mailbox.historyId;
  for (let i = 0; i < 100; i++) mailbox.add();
  expect(BigInt(mailbox.historyId) > BigInt(before)).toBe(true);
  expect(mailbox.historyId > before).toBe(false);
});

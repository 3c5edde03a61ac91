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

/** Everything that the history tells since this id, page by page. */
async function historySince(gmail: Awaited<ReturnType<typeof signIn>>, start: string, query = "") {
  const pages: Record<string, unknown>[][] = [];
  for (let token: string | undefined = ""; token !== undefined;) {
    const page: Awaited<ReturnType<typeof gmail>>["body"] = (
      await gmail(`history?startHistoryId=${start}${query}${token && `&pageToken=${token}`}`)
    ).body;
    pages.push([...(page.history ?? [])]);
    token = page.nextPageToken;
  }
  return pages;
}

/** What entries tell, as `what id labels`. */
const told = (entries: readonly Record<string, unknown>[]) =>
  entries.map((entry) => {
    const what = Object.keys(entry).find((key) => key !== "id" && key !== "messages")!;
    const [{ message }] = entry[what] as [{ message: { id: string; labelIds?: string[] } }];
    return `${what} ${message.id} ${message.labelIds?.join() ?? "-"}`;
  });

test("mail that is moved to the trash, to spam and out of them changes its labels; a draft that is edited is another message", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const id = mailbox.add({ labelIds: ["INBOX", "STARRED"] });
  const draft = mailbox.add({ labelIds: ["DRAFT"], subject: "One" });
  const start = mailbox.historyId;
  mailbox.moveTo(id, "TRASH");
  mailbox.moveTo(id, "SPAM");
  mailbox.moveTo(id, "ARCHIVE");
  const edited = mailbox.editDraft(draft, { subject: "Two" });
  expect(told((await historySince(gmail, start)).flat())).toEqual([
    `labelsAdded ${id} INBOX,STARRED,TRASH`,
    `labelsRemoved ${id} STARRED,TRASH`,
    `labelsAdded ${id} STARRED,TRASH,SPAM`,
    `labelsRemoved ${id} STARRED,SPAM`,
    `labelsRemoved ${id} STARRED`,
    `messagesAdded ${edited} DRAFT`,
    `messagesDeleted ${draft} DRAFT`,
  ]);
  expect(mailbox.labelIds(id)).toEqual(["STARRED"]);
  expect(mailbox.truth(edited)).toMatchObject({ subject: "Two", threadId: mailbox.truth(draft).threadId });
  expect((await gmail(`messages/${draft}?format=minimal`)).status).toBe(404);
  expect(() => mailbox.editDraft(id)).toThrow("no draft");
});

test("labels that are made, renamed and removed are told by labels.list alone; a removed one is on no message", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const names = async () => new Map((await gmail("labels")).body.labels.map(({ id, name }) => [id, name]));
  const label = mailbox.makeLabel("Taxes");
  const other = mailbox.makeLabel("Taxes/2026");
  const id = mailbox.add({ labelIds: ["INBOX", label, other] });
  const start = mailbox.historyId;
  expect([(await names()).get(label), (await names()).get(other)]).toEqual(["Taxes", "Taxes/2026"]);
  mailbox.renameLabel(label, "Old taxes");
  mailbox.removeLabel(other);
  expect([(await names()).get(label), (await names()).has(other)]).toEqual(["Old taxes", false]);
  expect((await gmail(`messages/${id}?format=minimal`)).body.labelIds).toEqual(["INBOX", label]);
  expect((await gmail(`messages?labelIds=${other}`)).status).toBe(400);
  expect(await historySince(gmail, start)).toEqual([[]]);
  expect(() => mailbox.renameLabel("INBOX", "In")).toThrow("no label INBOX of their own");
  expect(() => mailbox.makeLabel("old TAXES")).toThrow("already");

  mailbox.removeLabel(label, true);
  expect(told((await historySince(gmail, start)).flat())).toEqual([`labelsRemoved ${id} INBOX`]);
});

test("history expires up to the current id, or before it", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const status = async (id: string) => (await gmail(`history?startHistoryId=${id}`)).status;
  const before = mailbox.historyId;
  const id = mailbox.add({ labelIds: ["INBOX"] });
  mailbox.expireHistory("past");
  const current = mailbox.historyId;
  expect([await status(before), await status(current)]).toEqual([404, 200]);
  mailbox.moveTo(id, "TRASH");
  expect(told((await historySince(gmail, current)).flat())).toHaveLength(2);
  mailbox.expireHistory();
  expect([await status(current), await status(mailbox.historyId)]).toEqual([404, 404]);
});

test("history contradicts itself on demand: forged entries, pages from behind, a page without entries, messages without labels", async () => {
  await using google = await simulateGoogle({ messages: 5 });
  const gmail = await signIn(google);
  const mailbox = google.mailbox();
  const start = mailbox.historyId;
  const [id] = mailbox.ids();
  const threadId = mailbox.truth(id!).threadId;
  mailbox.setLabels(id!, ["STARRED"]);
  const changes = (await historySince(gmail, start)).flat().length;
  mailbox.forgeHistory({ change: "messageDeleted", message: { id: id!, threadId } });
  mailbox.forgeHistory({ change: "messageAdded", message: { id: id!, threadId, labelIds: ["INBOX"] } });
  mailbox.forgeHistory({ change: "labelAdded", message: { id: "18c0", threadId: "18c0" }, labelIds: ["INBOX"] });
  const straight = await historySince(gmail, start, "&maxResults=2");
  const all = straight.flat();
  expect(told(all).slice(changes)).toEqual([
    `messagesDeleted ${id} -`,
    `messagesAdded ${id} INBOX`,
    `labelsAdded 18c0 -`,
  ]);
  expect(mailbox.ids()).toContain(id);

  google.faults.add({ kind: "reversedPages", times: 1 });
  const reversed = await historySince(gmail, start, "&maxResults=2");
  expect(reversed[0]).toEqual(all.slice(-2));
  expect(reversed.toReversed().flat()).toEqual(all);
  expect(await historySince(gmail, start, "&maxResults=2")).toEqual(straight);

  google.faults.add({ kind: "emptyPage", times: 1, method: "history.list" });
  expect(await historySince(gmail, start)).toEqual([[], all]);
  google.faults.add({ kind: "withoutLabelIds", times: 1 });
  expect(told((await historySince(gmail, start)).flat()).every((line) => line.endsWith(" -"))).toBe(true);
});

test("labels.list is empty once or always, and a listing by a label is refused, on demand", async () => {
  await using google = await simulateGoogle({ messages: 20 });
  const gmail = await signIn(google);
  google.faults.add({ kind: "emptyLabels", times: 1 });
  expect((await gmail("labels")).body.labels).toBeUndefined();
  expect((await gmail("labels")).body.labels.length).toBeGreaterThan(10);
  google.faults.add({ kind: "emptyLabels" }, { kind: "invalidLabel", labelId: "STARRED" });
  for (let i = 0; i < 3; i++) expect((await gmail("labels")).body.labels).toBeUndefined();
  expect((await gmail("messages?labelIds=STARRED")).body.error).toMatchObject({ message: "Invalid label: STARRED" });
  expect((await gmail("messages?labelIds=INBOX")).status).toBe(200);
  expect((await gmail("messages")).status).toBe(200);
});

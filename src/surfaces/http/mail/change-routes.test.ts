import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { record, writeChanges } from "../../../../test/written-export.ts";
import type { ChangeEntry } from "../../../core/export/change.ts";
import { stageRoutes } from "./testing.ts";

const on = (day: number): string => `2026-11-${String(day).padStart(2, "0")}T02:00:00.000Z`;
const [BEGUN_AT, RENAMED_AT] = [on(1), on(20)];

/** A message came on each of some days; one of them has a label that was renamed, and was deleted in the end. */
const CHANGES: readonly ChangeEntry[] = [
  { at: BEGUN_AT, change: "begun", historyId: "1", names: [["Label_1", "Travel/Lisbon"]] },
  ...Array.from({ length: 12 }, (_, n): ChangeEntry => {
    return { at: on(n + 2), id: `18c${n}`, change: "added", labels: n === 3 ? ["Label_1"] : ["INBOX"], historyId: "2" };
  }),
  { at: RENAMED_AT, change: "label", label: "Label_1", name: "Reisen", was: "Travel/Lisbon" },
  {
    at: RENAMED_AT,
    id: "18c3",
    change: "labels",
    labels: ["Label_1", "TRASH"],
    labelsBefore: ["Label_1"],
    historyId: "3",
  },
  { at: on(21), id: "18c4", change: "deleted", labels: ["INBOX"], historyId: "4" },
];

let w: Awaited<ReturnType<typeof stageRoutes>>;
beforeAll(async () => {
  w = await stageRoutes();
  await w.write({ 1: [record("18c3", { Subject: "Tickets", From: "Ada <ada@example.com>" }), record("18c5")] });
  await writeChanges(w.directory, CHANGES);
});
afterAll(() => w[Symbol.asyncDispose]());

type Page = { changes: Record<string, unknown>[]; next_cursor: string | null };

const ask = async (query = ""): Promise<Page> => {
  const { status, bytes } = await w.ask(`../changes${query}`);
  expect(status).toBe(200);
  return JSON.parse(bytes.toString()) as Page;
};

test("tells changes newest first, with the names of then and what the message is about", async () => {
  const { changes, next_cursor } = await ask();
  expect(next_cursor).toBeNull();
  expect(changes.map(({ at }) => at)).toEqual(CHANGES.map(({ at }) => at).toReversed());
  expect(changes.slice(0, 3)).toEqual([
    {
      at: on(21),
      change: "deleted",
      id: "18c4",
      subject: null,
      from: null,
      labels: ["INBOX"],
      label_names: ["INBOX"],
      labels_before: [],
      label_names_before: [],
      label: null,
    },
    {
      at: RENAMED_AT,
      change: "labels",
      id: "18c3",
      subject: "Tickets",
      from: "Ada <ada@example.com>",
      labels: ["Label_1", "TRASH"],
      label_names: ["Reisen", "TRASH"],
      labels_before: ["Label_1"],
      label_names_before: ["Reisen"],
      label: null,
    },
    expect.objectContaining({
      change: "label",
      id: null,
      label: { id: "Label_1", name: "Reisen", was: "Travel/Lisbon" },
    }),
  ]);
  expect(changes.find(({ change, id }) => change === "added" && id === "18c3")).toMatchObject({
    label_names: ["Travel/Lisbon"],
  });
  expect(changes.at(-1)).toMatchObject({ change: "begun", id: null, label: null });
});

test.each([1, 4, 7, 8, 15, 16])("pages of %i are all there is, each once", async (limit) => {
  const told: unknown[] = [];
  let cursor = "";
  for (;;) {
    const page = await ask(`?limit=${limit}${cursor}`);
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    told.push(...page.changes);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  expect(told).toEqual((await ask("?limit=200")).changes);
});

test("words are looked for in ids, kinds and names of labels, and since leaves out what is older", async () => {
  const idsOf = async (query: string): Promise<unknown[]> =>
    (await ask(query)).changes.map(({ id, change }) => id ?? change);
  expect(await idsOf("?q=lisbon")).toEqual(["label", "18c3"]);
  expect(await idsOf("?q=reisen")).toEqual(["18c3", "label"]);
  expect(await idsOf("?q=18C3+ADDED")).toEqual(["18c3"]);
  expect(await idsOf("?q=trash")).toEqual(["18c3"]);
  expect(await idsOf("?q=nothing")).toEqual([]);
  expect(await idsOf("?since=2026-11-20")).toEqual(["18c4", "18c3", "label"]);
  expect(await idsOf(`?since=${encodeURIComponent("2026-11-21T03:00:00+01:00")}`)).toEqual(["18c4"]);
});

test("what cannot be asked is refused, and a cursor belongs to its question", async () => {
  const { next_cursor } = await ask("?limit=1&q=added");
  expect((await w.ask(`../changes?limit=1&q=added&cursor=${next_cursor}`)).status).toBe(200);
  for (const query of [
    "since=yesterday",
    "limit=0",
    "limit=201",
    "more=1",
    "cursor=x",
    `q=other&cursor=${next_cursor}`,
  ])
    expect((await w.ask(`../changes?${query}`)).status, query).toBe(422);
  expect((await w.ask("../../none/changes")).status).toBe(404);
});

test("a file that is not what was written is told as such, and an export without changes has none", async () => {
  await using other = await stageRoutes();
  expect(JSON.parse((await other.ask("../changes")).bytes.toString())).toEqual({ changes: [], next_cursor: null });
  await other.write({ 1: [record("18c3")] });
  expect(JSON.parse((await other.ask("../changes")).bytes.toString())).toEqual({ changes: [], next_cursor: null });
  await writeChanges(other.directory, CHANGES);
  await writeFile(join(other.directory, "changes.ndjson"), "{}\n");
  expect(await other.ask("../changes")).toMatchObject({ status: 409, code: "directory_damaged" });
});

test("another account's changes in the same directory are nobody's here", async () => {
  await using other = await stageRoutes();
  await other.write({ 1: [record("18c3")] });
  await writeChanges(other.directory, CHANGES, { email: "bob@example.com" });
  expect(JSON.parse((await other.ask("../changes")).bytes.toString())).toEqual({ changes: [], next_cursor: null });
});

import { createHash } from "node:crypto";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { ExportRecord } from "../src/core/mail/record.ts";
import { api, expectProblem } from "./api.ts";
import { recordsIn } from "./exported.ts";
import {
  ADA,
  begin,
  BOB,
  inTheMiddle,
  reaches,
  signIn,
  stage,
  stageSignedIn,
  standstill,
  type Stage,
} from "./stage.ts";
import { until } from "./wait.ts";

type Row = Readonly<{
  id: string;
  thread_id: string;
  date: string | null;
  from: string;
  to: string;
  subject: string;
  snippet: string;
  labels: readonly string[];
  label_names: readonly string[];
  size_estimate: number;
  attachments: number;
  deleted_at: string | null;
}>;
type Page = Readonly<{
  index: Readonly<{ files: number; of: number; complete: boolean }>;
  total: number;
  records: readonly Row[];
  next_cursor: string | null;
}>;

let w: Stage;
let id: string;
let exported: readonly ExportRecord[];
let hostile: string;
let plain: string;
let huge: string;

beforeAll(async () => {
  w = await stageSignedIn({
    accounts: [
      { email: ADA, messages: 250 },
      { email: BOB, messages: 3 },
    ],
  });
  const mailbox = w.google.mailbox(ADA);
  hostile = mailbox.add({
    subject: "Zwölf Kätzchen",
    html: `<script>alert(1)</script><p onclick="alert(1)" style="background:url(https://e.example/1.png)">Miau</p>
      <img src="https://e.example/2.png" alt="A cat"><img src="cid:3" alt="A kitten"><a href="https://e.example/4">more</a>`,
  });
  plain = mailbox.add({ subject: "Nothing but text", plain: "Hello" });
  huge = mailbox.add({ subject: "A long one", html: `<p>${"long ".repeat(600_000)}</p>` });
  id = await begin(w, { batch_size: 60 });
  const { output_directory } = await reaches(w, id, "completed");
  exported = await recordsIn(output_directory);
});
afterAll(() => w[Symbol.asyncDispose]());

const list = async (
  query: Readonly<Record<string, string>> = {},
  from: Pick<Stage, "get"> = w,
  of = id,
): Promise<Page> => {
  const { status, text, body } = await from.get(`/exports/${of}/records?${new URLSearchParams(query).toString()}`);
  expect(status, text).toBe(200);
  return body as unknown as Page;
};

const indexed = (files = Math.ceil(exported.length / 60)) => ({ files, of: files, complete: true });

/** All pages once all is indexed. */
const all = async (query: Readonly<Record<string, string>> = {}): Promise<Row[]> => {
  await until(async () => (await list()).index.complete);
  const rows: Row[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Page = await list({ ...query, ...(cursor ? { cursor } : {}) });
    rows.push(...page.records);
    cursor = page.next_cursor;
    expect(page.total).toBeGreaterThanOrEqual(rows.length);
  }
  return rows;
};

const idsOf = (rows: readonly Row[]): string[] => rows.map((row) => row.id).toSorted();
const idsWhere = (wanted: (record: ExportRecord) => boolean): string[] =>
  exported
    .filter(wanted)
    .map((record) => record["Message-ID"])
    .toSorted();

describe("the table", () => {
  test("has every message that was exported, newest first or oldest first, page by page", async () => {
    const rows = await all({ limit: "37" });
    expect(idsOf(rows)).toEqual(idsWhere(() => true));
    const dates = rows.map(({ date }) => date ?? "");
    expect(dates).toEqual(dates.toSorted().toReversed());
    const oldest = await all({ limit: "200", order: "oldest" });
    expect(oldest.map((row) => row.id)).toEqual(rows.map((row) => row.id).toReversed());
    expect((await list()).index).toEqual(indexed());
  });

  test("shows of each what its record says", async () => {
    const records = new Map(exported.map((record) => [record["Message-ID"], record]));
    for (const row of await all({ limit: "200" })) {
      const record = records.get(row.id)!;
      expect(row).toEqual({
        id: record["Message-ID"],
        thread_id: record["Thread-ID"],
        date: record["Internal-Date"] || null,
        from: cut(record.From),
        to: cut(record.To),
        subject: cut(record.Subject),
        snippet: cut(record.Snippet),
        labels: record.Labels,
        label_names: record["Label-Names"],
        size_estimate: record["Size-Estimate"],
        attachments: record.Attachments.length,
        deleted_at: null,
      });
    }
  });

  test("finds messages by words, label and day", async () => {
    expect(idsOf(await all({ search: "katz zwolf" }))).toEqual([hostile]);
    expect(idsOf(await all({ subject: "KÄTZCHEN" }))).toEqual([hostile]);
    expect(idsOf(await all({ from: "katz" }))).toEqual([]);
    expect(idsOf(await all({ label: "INBOX" }))).toEqual(idsWhere(({ Labels }) => Labels.includes("INBOX")));
    const label = exported.flatMap((record) => record["Label-Names"]).find((name) => name.includes("/"));
    expect(idsOf(await all({ label: label! }))).toEqual(idsWhere((record) => record["Label-Names"].includes(label!)));
    const days = exported.map((record) => record["Internal-Date"].slice(0, 10)).toSorted();
    const [after, before] = [days[60]!, days[120]!];
    expect(idsOf(await all({ after, before }))).toEqual(
      idsWhere((record) => record["Internal-Date"] >= after && record["Internal-Date"] < before),
    );
  });

  test("refuses what it cannot understand, a cursor that was changed or is another list's among it", async () => {
    const { next_cursor } = await list({ limit: "5" });
    for (const query of [
      "limit=0",
      "limit=201",
      "order=random",
      "after=2024-13-01",
      "before=yesterday",
      "label=",
      `search=${"a".repeat(501)}`,
      "sort=date",
      "cursor=x",
      `cursor=${next_cursor!.slice(0, -2)}`,
      `cursor=${next_cursor}&search=cat`,
    ])
      expectProblem(await w.get(`/exports/${id}/records?${query}`), 422, "invalid_fields");
    expect((await list({ limit: "9", cursor: next_cursor! })).records).toHaveLength(9);
    expectProblem(await w.get("/exports/none/records"), 404, "export_unknown");
    expectProblem(await w.get("/exports/none/statistics"), 404, "export_unknown");
  });
});

describe("a message", () => {
  test("comes exactly as it was exported", async () => {
    await all();
    for (const record of exported.slice(0, 20)) {
      const answer = await w.get(`/exports/${id}/records/${record["Message-ID"]}`);
      expect([answer.status, answer.type]).toEqual([200, "application/json"]);
      expect(answer.text).toBe(JSON.stringify(record));
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
    }
  });

  test("that is not there is not found, whatever its id looks like", async () => {
    await all();
    for (const name of ["0", "..%2f..%2fmanifest.json", "__proto__", "%00", "'%20OR%201=1--", "a%ed%a0%80"])
      for (const path of [name, `${name}/html`]) {
        const answer = await w.get(`/exports/${id}/records/${path}`);
        if (answer.status !== 400) expectProblem(answer, 404, "no_such_message");
      }
  });

  test("has its html shown as something that does nothing", async () => {
    await all();
    const answer = await w.get(`/exports/${id}/records/${hostile}/html`);
    expect([answer.status, answer.type]).toEqual([200, "text/html"]);
    const { "content-security-policy": policy, ...headers } = Object.fromEntries(answer.headers);
    expect(policy).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox",
    );
    expect(headers).toMatchObject({
      "x-frame-options": "SAMEORIGIN",
      "x-content-type-options": "nosniff",
      "x-dns-prefetch-control": "off",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-store",
      "x-blocked-remote-content": "2",
      "x-absent-inline-images": "1",
    });
    expect(answer.text).toContain("Miau");
    expect(answer.text).toContain("A cat");
    expect(answer.text).toContain('<a title="https://e.example/4">more</a>');
    expect(answer.text).not.toMatch(/script|onclick|src=|href=|url\(/);
  });

  test("without html, or with more of it than can be made safe quickly, says so", async () => {
    await all();
    expectProblem(await w.get(`/exports/${id}/records/${plain}/html`), 404, "no_html");
    expectProblem(await w.get(`/exports/${id}/records/${huge}/html`), 413, "html_too_large");
  });
});

test("the charts add up to what was exported", async () => {
  await all();
  const { body } = await w.get(`/exports/${id}/statistics`);
  const charts = body as unknown as Readonly<{
    index: object;
    messages: number;
    bytes: number;
    months: readonly { month: string; messages: number }[];
    senders: readonly { address: string; messages: number }[];
    sizes: readonly { up_to_bytes: number | null; messages: number }[];
    labels: readonly { id: string; name: string; messages: number }[];
  }>;
  expect(charts).toMatchObject({
    index: indexed(),
    messages: exported.length,
    bytes: exported.reduce((sum, record) => sum + record["Size-Estimate"], 0),
    attachments: exported.flatMap(({ Attachments }) => Attachments).length,
  });
  const sum = (some: readonly { messages: number }[]): number => some.reduce((so, { messages }) => so + messages, 0);
  expect(sum(charts.months)).toBe(idsWhere((record) => record["Internal-Date"] !== "").length);
  expect(sum(charts.sizes)).toBe(exported.length);
  expect(charts.sizes.map((one) => one.up_to_bytes)).toEqual([1e4, 1e5, 1e6, 1e7, null]);
  expect(charts.senders.length).toBeLessThanOrEqual(20);
  expect(charts.labels.find((label) => label.id === "INBOX")).toEqual({
    id: "INBOX",
    name: "INBOX",
    messages: idsWhere(({ Labels }) => Labels.includes("INBOX")).length,
  });
});

test("messages can be read while the first file grows, and stay when it is finished", async () => {
  w.google.faults.add(standstill(40));
  const wanted = { attachments: true, formats: ["mbox"] };
  const running = await begin(w, { output_dir: "data/first", batch_size: 5_000, ...wanted });
  await inTheMiddle(w, running);
  const early = await until(async (note) => {
    const page = note(await list({ limit: "200" }, w, running));
    return page.index.complete && page.total > 0 && page;
  });
  expect(early.index).toEqual({ files: 0, of: 0, complete: true });
  const [row] = early.records;
  const read = () => w.get(`/exports/${running}/records/${row!.id}`);
  const first = await read();
  expect(first.status, first.text).toBe(200);
  expect(first.text).toContain(`"Message-ID":"${row!.id}"`);
  const full = early.records.find(({ attachments }) => attachments > 0) ?? row!;
  const seen = JSON.parse((await w.get(`/exports/${running}/records/${full.id}`)).text) as ExportRecord;
  /** What came with the message, and itself, by what its record says of them. */
  const files = [
    ["original", seen.Original!.sha256],
    ...seen.Attachments.map(({ sha256 }, n) => [`attachments/${n}`, sha256!] as const),
  ] as const;
  const hashes = (): Promise<string[]> =>
    Promise.all(
      files.map(async ([path]) => {
        const answer = await fetch(`${w.server.url}/exports/${running}/records/${full.id}/${path}`);
        expect([path, answer.status]).toEqual([path, 200]);
        return createHash("sha256")
          .update(Buffer.from(await answer.arrayBuffer()))
          .digest("hex");
      }),
    );
  expect(await hashes()).toEqual(files.map(([, sha256]) => sha256));
  await w.post(`/exports/${running}/pause`);
  await reaches(w, running, "paused");
  w.google.faults.clear();
  await w.post(`/exports/${running}/resume`);
  await reaches(w, running, "completed");
  const whenDone = await until(async (note) => {
    const page = note(await list({ limit: "200" }, w, running));
    return page.index.complete && page.total === exported.length && page;
  });
  expect(whenDone.index).toEqual({ files: 1, of: 1, complete: true });
  expect((await read()).text).toBe(first.text);
  expect(await hashes()).toEqual(files.map(([, sha256]) => sha256));
});

test("an export that runs can be looked through as far as it is on disk, and so can what comes after", async () => {
  w.google.faults.add(standstill(30));
  const running = await begin(w, { output_dir: "data/running", batch_size: 10 });
  await inTheMiddle(w, running);
  const finished = await until(async () => {
    const page = await list({ limit: "200" }, w, running);
    return page.index.complete && page.total > 0 && page;
  });
  expect(finished.total).toBeGreaterThanOrEqual(10 * finished.index.files);
  expect(finished.total).toBeLessThanOrEqual(10 * (finished.index.files + 1));
  expect(finished.total).toBeLessThan(exported.length);
  await w.post(`/exports/${running}/pause`);
  await reaches(w, running, "paused");
  w.google.faults.clear();
  await w.post(`/exports/${running}/resume`);
  await reaches(w, running, "completed");
  const page = await until(async () => {
    const now = await list({ limit: "200" }, w, running);
    return now.index.complete && now;
  });
  expect(page.total).toBe(exported.length);
});

test("an export whose directory became another's before it was opened shows nothing of that other", async () => {
  await all();
  w.google.faults.add({ kind: "503" });
  const foreign = await begin(w, { email: BOB, output_dir: "data/between" });
  const data = join(w.product.folder, "data");
  await cp(join(data, ADA), join(data, "between"), { recursive: true });
  w.google.faults.clear();
  expect(await reaches(w, foreign, "failed")).toMatchObject({ failure: { code: "directory_foreign" } });
  expect(await list({}, w, foreign)).toMatchObject({ index: { files: 0, of: 0 }, total: 0, records: [] });
  expect((await w.get(`/exports/${foreign}/statistics`)).body).toMatchObject({ messages: 0, senders: [], labels: [] });
  const message = `/exports/${foreign}/records/${hostile}`;
  expectProblem(await w.get(message), 404, "no_such_message");
  expectProblem(await w.get(`${message}/html`), 404, "no_such_message");
  expect((await all()).length).toBe(exported.length);
});

test("what is looked for is in no log, and the index goes on where a server before left it", async () => {
  await using other = await stage({ messages: 30 });
  await signIn(other.server, ADA);
  const one = await begin(other);
  await reaches(other, one, "completed");
  const before = await list({ search: "sesame" }, other, one);
  expect(other.server.output()).not.toContain("sesame");
  expect((await other.server.stop("SIGTERM")).code).toBe(0);
  await using again = await other.product.serve();
  expect(await list({ search: "sesame" }, api(again.url), one)).toEqual(before);
  const manifest = JSON.parse(await readFile(join(other.product.folder, "data", ADA, "manifest.json"), "utf8"));
  expect((await list({}, api(again.url), one)).total).toBe(manifest.total_emails);
});

/** As a row of the table shows it. */
function cut(text: string): string {
  return (text.length > 500 ? `${text.slice(0, 500)}…` : text).toWellFormed();
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { simulateGoogle } from "../simulator/google.ts";
import { faultOfRecord, type ExportRecord } from "../src/core/mail/record.ts";
import { api } from "./api.ts";
import { manifestIn, recordsIn } from "./exported.ts";
import { hostileGmail, type Forgery } from "./hostile-gmail.ts";
import { longestTurnMs, measureTurns } from "./longest-turn.ts";
import { install, type Server } from "./product.ts";
import { ADA, begin, listedIds, reaches, signIn } from "./stage.ts";

/** Mail that is made to break programs, through the whole product: what becomes of each, and what else goes on meanwhile. */

const MB = 1_000_000;
const ESC = "\u001b]0;owned\u0007\u001b[2J";
const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const leaf = (text: string): object => ({ mimeType: "text/plain", filename: "", body: { data: base64url(text) } });

function nested(depth: number): string {
  const open = '{"mimeType":"multipart/mixed","filename":"","parts":[';
  return open.repeat(depth) + JSON.stringify(leaf("bottom")) + "]}".repeat(depth);
}

/** Each refers to another. */
const PICTURES = `${Array.from({ length: (50 * MB) / 22 }, (_, n) => `<img src=cid:a${n}%20> `).join("")}<img src=cid:a&amp;b>`;

/** By name, a message's fields as JSON behind its id: some of this no object of JavaScript can hold. */
const HOSTILE = {
  "10,000 parts": JSON.stringify({
    payload: { mimeType: "multipart/mixed", parts: Array.from({ length: 10_000 }, (_, n) => leaf(`part ${n}`)) },
  }).slice(1),
  "parts nested 5,000 deep": `"payload":${nested(5_000)}}`,
  "50 MB of text": JSON.stringify({ payload: leaf("a line of 50 million \u{1f4e7}\n".repeat((50 * MB) / 26)) }).slice(
    1,
  ),
  "50 MB of html that refers to pictures": JSON.stringify({
    payload: {
      mimeType: "multipart/related",
      parts: [
        { ...leaf(PICTURES), mimeType: "text/html" },
        { mimeType: "image/png", headers: [{ name: "Content-ID", value: "<a&b>" }], body: { size: 1 } },
      ],
    },
  }).slice(1),
  "100,000 headers": JSON.stringify({
    payload: { ...leaf("x"), headers: Array.from({ length: 100_000 }, (_, n) => ({ name: `To`, value: `${n}@b.c` })) },
  }).slice(1),
  "a header of a megabyte": JSON.stringify({
    payload: { ...leaf("x"), headers: [{ name: "Subject", value: "=?utf-8?Q?a?= ".repeat(MB / 14) }] },
  }).slice(1),
  "control characters": JSON.stringify({
    payload: {
      ...leaf(`a\0b${ESC}`),
      headers: [{ name: "Subject", value: `one\r\nevent: forged\n\n{"level":60}\n\u2028${ESC}` }],
    },
    labelIds: ["FORGED"],
  }).slice(1),
  "half surrogate pairs": String.raw`"labelIds":["\ud800"],"snippet":"\udfff","payload":{"mimeType":"text/plain","filename":"\ud83d","headers":[{"name":"Subject","value":"\ude00\ud83d"}],"body":{"attachmentId":"\ud800"}}}`,
  "names that mean something to JavaScript": String.raw`"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"labelIds":["__proto__","constructor"],"payload":{"__proto__":{"polluted":1},"mimeType":"text/plain","filename":"__proto__","headers":[{"name":"__proto__","value":"x"},{"name":"constructor","value":"y"},{"name":"Subject","value":"__proto__"}],"body":{"data":"eA"}}}`,
  "nothing but depth": `"payload":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  "a gigabyte in a megabyte": "",
} as const;
type Name = keyof typeof HOSTILE;

/** A gigabyte of spaces. */
const BOMB = { headers: { "content-encoding": "gzip" }, bytes: gzipSync(Buffer.alloc(2 ** 30, " ")) };

const json = (text: string): Forgery => ({ headers: {}, bytes: Buffer.from(text) });

const LABELS = JSON.stringify({
  labels: [
    { id: "FORGED", name: `a\nb\r\ndata: {"state":"completed"}\n\n${ESC}` },
    { id: "__proto__", name: "constructor" },
    { id: "constructor", name: "__proto__" },
  ],
});

const stack = new AsyncDisposableStack();
const ids = new Map<Name, string>();
let records: ExportRecord[] = [];
let lines: string[] = [];
let server: Server;
let directory = "";
let expected: string[] = [];
let longestMs = 0;
let events = "";

const recordOf = (name: Name): ExportRecord => records.find((record) => record["Message-ID"] === ids.get(name))!;

beforeAll(async () => {
  const google = stack.use(await simulateGoogle({ messages: 30, messagesPerThread: 1 }));
  const names = Object.keys(HOSTILE) as Name[];
  for (const name of names) ids.set(name, google.mailbox().add({ subject: "x", plain: "x", labelIds: ["INBOX"] }));
  const forgeries = new Map<string, Forgery>([["labels", json(LABELS)]]);
  for (const [name, id] of ids)
    forgeries.set(
      `messages/${id}`,
      name === "a gigabyte in a megabyte" ? BOMB : json(`{"id":"${id}","threadId":"${id}",${HOSTILE[name]}`),
    );
  const gmail = stack.use(await hostileGmail(google, (resource) => forgeries.get(resource)));
  const product = stack.use(await install({ url: gmail.url, credentials: google.credentials }));
  server = stack.use(await product.serve(await measureTurns(product.folder)));
  await signIn(server, ADA);
  expected = listedIds({ google });

  const w = api(server.url);
  const id = await begin(w, { batch_size: 9 });
  const listening = fetch(`${server.url}/exports/${id}/events`).then((response) => response.text());
  await reaches(w, id, "completed_with_failures");
  longestMs = await longestTurnMs(product.folder);
  events = await listening;
  directory = join(product.folder, "data", ADA);
  records = await recordsIn(directory);
  const batches = (await readdir(directory)).filter((name) => name.startsWith("emails_batch_"));
  const texts = await Promise.all(batches.map((name) => readFile(join(directory, name), "utf8")));
  lines = texts.flatMap((text) => text.split("\n").slice(1, -2));
});
afterAll(() => stack.disposeAsync());

describe("an export of hostile mail", () => {
  test("has every message once; the one that cannot be read is named, with the reason", async () => {
    const { failed, complete, total_emails } = await manifestIn(directory);
    const bomb = ids.get("a gigabyte in a megabyte")!;
    expect(failed).toEqual([
      { id: bomb, reason: "Gmail's answer is larger than 80 MB.", attempts: expect.any(Number) as number },
    ]);
    expect({ complete, total_emails }).toEqual({ complete: false, total_emails: expected.length - 1 });
    expect(records.map((record) => record["Message-ID"]).toSorted()).toEqual(
      expected.filter((id) => id !== bomb).toSorted(),
    );
  });

  test("is one line of well-formed JSON a message", () => {
    expect(lines).toHaveLength(records.length);
    for (const line of lines) {
      expect(line.isWellFormed()).toBe(true);
      expect(faultOfRecord(JSON.parse(line.replace(/,$/, "")))).toBeUndefined();
    }
  });

  test("lets the server answer within a second all the while", () => {
    expect(longestMs).toBeGreaterThan(10);
    expect(longestMs).toBeLessThan(1_000);
  });

  test("writes one line a log entry, and one event an event", () => {
    const log = server.output().trimEnd().split("\n");
    for (const line of log.filter((one) => !one.startsWith("gmail-export listens")))
      expect(JSON.parse(line)).toMatchObject({
        level: expect.any(Number) as number,
        msg: expect.any(String) as string,
      });
    expect(server.output()).not.toMatch(/forged|owned|polluted/);
    expect(server.output()).not.toContain("\u001b");
    const fields = new Set(events.split("\n").map((line) => /^(id|event|data|retry|): ?/.exec(line)?.[1] ?? line));
    expect([...fields].toSorted()).toEqual(["", "data", "event", "id", "retry"]);
  });
});

describe("what becomes of", () => {
  test("10,000 parts: all of their text", () => {
    expect(recordOf("10,000 parts").Body.plain.split("\n")).toHaveLength(10_000);
  });

  test("parts nested 5,000 deep: the text at the bottom", () => {
    expect(recordOf("parts nested 5,000 deep").Body.plain).toBe("bottom");
    expect(recordOf("nothing but depth").Body).toEqual({ plain: "", html: "" });
  });

  test("50 MB of text: all of it", () => {
    expect(Buffer.byteLength(recordOf("50 MB of text").Body.plain)).toBeGreaterThan(49 * MB);
    const { Body, Attachments } = recordOf("50 MB of html that refers to pictures");
    expect(Buffer.byteLength(Body.html)).toBeGreaterThan(49 * MB);
    expect(Attachments).toMatchObject([{ contentId: "a&b", inline: true }]);
  });

  test("100,000 headers, and a header of a megabyte: all of them", () => {
    expect(recordOf("100,000 headers").To.split(", ")).toHaveLength(100_000);
    expect(recordOf("a header of a megabyte").Subject).toMatch(/^a{70000,} $/);
  });

  test("control characters: text like any other, but for line ends in a header", () => {
    const record = recordOf("control characters");
    expect(record.Subject).toBe(`one event: forged {"level":60} \u2028${ESC}`);
    expect(record.Body.plain).toBe(`a\0b${ESC}`);
    expect(record["Label-Names"]).toEqual([`a\nb\r\ndata: {"state":"completed"}\n\n${ESC}`]);
  });

  test("half surrogate pairs: U+FFFD, and the text behind such an id is missing with no text in its place", () => {
    expect(recordOf("half surrogate pairs")).toMatchObject({
      Subject: "\uFFFD\uFFFD",
      Snippet: "\uFFFD",
      Labels: ["\uFFFD"],
      Attachments: [{ id: "\uFFFD", filename: "\uFFFD" }],
    });
  });

  test("names that mean something to JavaScript: names", () => {
    expect(recordOf("names that mean something to JavaScript")).toMatchObject({
      Subject: "__proto__",
      Labels: ["__proto__", "constructor"],
      "Label-Names": ["constructor", "__proto__"],
      Attachments: [{ filename: "__proto__" }],
    });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { expectProblem } from "./api.ts";
import { ADA, begin, BOB, listedIds, reaches, stageSignedIn, type Stage } from "./stage.ts";

let w: Stage;
beforeAll(async () => void (w = await stageSignedIn({ messages: 120 })));
afterAll(() => w[Symbol.asyncDispose]());

/** Just enough of the answer to test it. */
type Estimate = Readonly<
  Record<"messages" | "conversations" | "calls" | "units" | "units_per_minute" | "minutes" | "share_of_day", number> &
    Record<"text" | "attachments" | "originals", Readonly<Record<"bytes", number>>>
>;

const estimate = async (body: object) => {
  const answer = await w.post("/exports/estimate", body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as unknown as Estimate;
};

test("an estimate tells beforehand what the export then costs, and fetches and writes nothing", async () => {
  const before = w.google.meter.units;
  const told = await estimate({ email: ADA });
  const listing = w.google.meter.units - before;
  expect(listing).toBe(15); // the mail, what has attachments, and chats
  expect(await readdir(join(w.product.folder, "data")).catch(() => [])).toEqual([]);
  expect((await w.get("/exports")).body.exports).toEqual([]);
  const rate = told.units_per_minute;
  expect(rate / 1e9, "the part of what is allowed that is used").toBeGreaterThanOrEqual(0.99);
  expect(rate / 1e9).toBeLessThan(1);
  expect(told).toEqual({
    messages: listedIds(w).length,
    conversations: new Set(listedIds(w).map((id) => w.google.mailbox().truth(id).threadId)).size,
    calls: expect.any(Number),
    units: expect.any(Number),
    tier: "2026",
    units_per_minute: rate,
    minutes: expect.closeTo(told.units / rate, 4),
    share_of_day: told.units / 80_000_000,
    text: { units: told.units, minutes: told.minutes },
    attachments: { units: expect.any(Number), minutes: expect.any(Number) },
    originals: { units: 20 * told.messages, minutes: expect.any(Number) },
  });
  const { quota } = await reaches(w, await begin(w), "completed");
  const { "messages.get": messages = 0, "threads.get": threads = 0 } = quota.calls;
  expect(told.calls).toBe(messages + threads);
  expect(told.units).toBe(20 * messages + 40 * threads);
});

test("how many bytes it reads is told where that is asked for, from the sizes of a few messages", async () => {
  const before = w.google.meter.units;
  const { text, attachments, originals } = await estimate({ email: ADA, max_emails: 10, sizes: true });
  expect(w.google.meter.units - before).toBe(15 + 20 * 10); // the listings, and each of the ten once
  const newest = listedIds(w).map((id) => w.google.mailbox().truth(id));
  newest.sort((a, b) => b.internalDate - a.internalDate);
  expect(originals.bytes).toBe(newest.slice(0, 10).reduce((sum, { sizeEstimate }) => sum + sizeEstimate, 0));
  expect(attachments.bytes).toBe(originals.bytes);
  expect(text.bytes).toBeLessThanOrEqual(originals.bytes);
  const whole = w.google.meter.units;
  await estimate({ email: ADA, sizes: true });
  expect(w.google.meter.units - whole).toBe(15 + 20 * 20); // no more, however many there are
});

test("of a directory that is there already it tells what completing that costs, which the export then does", async () => {
  expect(await estimate({ email: ADA })).not.toHaveProperty("completing");
  const told = await estimate({ email: ADA, attachments: true, formats: ["mbox"] });
  const { completing } = told as unknown as { completing: { messages: number; units: number; minutes: number } };
  expect(completing.messages).toBeGreaterThan(90);
  expect(completing.units).toBe(20 * completing.messages);
  w.google.meter.reset();
  const id = await begin(w, { attachments: true, formats: ["mbox"] });
  const done = await reaches(w, id, "completed");
  const of = completing.messages;
  expect(done).toMatchObject({ complete: true, attachments: true, formats: ["mbox"], failures: [] });
  expect(done.progress).toMatchObject({ completed: { done: of, of } });
  expect(w.google.meter.calls["messages.get"]! - of).toBeLessThanOrEqual(3); // what has no bytes is looked at once more
  expect(await estimate({ email: ADA, attachments: true, formats: ["mbox"] })).not.toHaveProperty("completing");
});

test("it is of the same mail that the export would bring", async () => {
  expect((await estimate({ email: ADA, max_emails: 7 })).messages).toBe(7);
  expect((await estimate({ email: ADA, include_spam_trash: true })).messages).toBe(120);
  expect((await estimate({ email: ADA, labels: ["TRASH"] })).messages).toBeLessThan(20);
});

test("labels go by name as well, and one that there is not is refused with those that there are", async () => {
  const byName = await begin(w, { labels: ["starred"], output_dir: "./data/starred" });
  expect(await reaches(w, byName, "completed")).toMatchObject({ labels: ["STARRED"] });
  expect((await w.get(`/exports/${byName}`)).body).toMatchObject({ complete: true });
  for (const path of ["/exports/estimate", "/export/gmail"]) {
    const refused = await w.post(path, { email: ADA, labels: ["Wrok"] });
    expectProblem(refused, 422, "label_unknown");
    expect(refused.text).toContain("Work");
  }
});

test("it is refused as the export is", async () => {
  const bodies = [
    { email: BOB },
    { email: "nobody" },
    { email: ADA, max_emails: 0, x: 1 },
    { email: ADA, output_dir: "../elsewhere" },
    "{",
    [],
  ];
  for (const body of bodies) {
    const [asked, done] = await Promise.all([w.post("/exports/estimate", body), w.post("/export/gmail", body)]);
    expect(asked.status).toBeGreaterThanOrEqual(400);
    expect([asked.status, { ...asked.body, request_id: "" }]).toEqual([done.status, { ...done.body, request_id: "" }]);
  }
  expectProblem(await w.post("/exports/estimate?x=1", { email: ADA }), 422, "invalid_fields");
});

test("when Google cannot be asked, it says so", async () => {
  w.google.faults.add({ kind: "apiDisabled" });
  expectProblem(await w.post("/exports/estimate", { email: ADA }), 503, "api_disabled");
  w.google.faults.clear();
});

import { expect, test } from "vitest";

import { until } from "../test/wait.ts";
import type { Fault } from "./faults.ts";
import { simulateGoogle, type SimulatedGoogle } from "./google.ts";
import { handClock, listAll, signIn } from "./visitor.ts";

async function withFaults(google: SimulatedGoogle, ...faults: Fault[]) {
  const gmail = await signIn(google);
  google.faults.add(...faults);
  return gmail;
}

test.each([
  ["500", 500, "backendError"],
  ["503", 503, "backendError"],
  ["429", 429, "rateLimitExceeded"],
  ["403quota", 403, "rateLimitExceeded"],
  ["401", 401, "authError"],
  ["dailyLimit", 403, "dailyLimitExceeded"],
  ["apiDisabled", 403, "accessNotConfigured"],
  ["domainPolicy", 403, "domainPolicy"],
] as const)("%s answers %d %s, as often as told", async (kind, status, reason) => {
  await using google = await simulateGoogle({ messages: 3 });
  const gmail = await withFaults(google, { kind, times: 2 });
  for (let i = 0; i < 2; i++) {
    const answer = await gmail("profile");
    expect([answer.status, answer.body.error.errors[0]!.reason]).toEqual([status, reason]);
  }
  expect((await gmail("profile")).status).toBe(200);
});

test("a fault keeps to its method, its message and its turn, and charges nothing", async () => {
  await using google = await simulateGoogle({ messages: 3 });
  const [one, other] = google.mailbox().ids();
  const gmail = await withFaults(google, { kind: "500", method: "messages.get", messageId: one!, afterCalls: 1 });
  const status = async (path: string) => (await gmail(path)).status;
  expect(await status("profile")).toBe(200);
  expect(await status(`messages/${one}`)).toBe(200);
  expect(await status(`messages/${one}`)).toBe(500);
  expect(await status(`messages/${other}`)).toBe(200);
  expect(google.meter).toMatchObject({ units: 41, refused: 0 });
  expect([google.meter.gets(one!), google.meter.gets(other!)]).toEqual([1, 1]);
  google.faults.clear();
  expect(await status(`messages/${one}`)).toBe(200);
});

const strikes = async () => {
  await using google = await simulateGoogle({ messages: 1 });
  const gmail = await withFaults(google, { kind: "503", rate: 0.3 });
  const statuses: number[] = [];
  for (let i = 0; i < 100; i++) statuses.push((await gmail("profile")).status);
  return statuses;
};

test("a rate strikes about that often, and at the same calls for the same seed", async () => {
  const first = await strikes();
  expect(first.filter((status) => status === 503).length).toBeGreaterThan(15);
  expect(first.filter((status) => status === 503).length).toBeLessThan(45);
  expect(await strikes()).toEqual(first);
});

test("the hint is in a header, the lock-out's end only in words", async () => {
  const clock = handClock();
  await using google = await simulateGoogle({ messages: 1, clock });
  const gmail = await withFaults(google, { kind: "429hint", seconds: 7, times: 1 }, { kind: "lockout", times: 1 });
  expect((await gmail("profile")).headers.get("retry-after")).toBe("7");

  const { body } = await gmail("profile");
  expect(body.error.message).toBe(
    `User-rate limit exceeded.  Retry after ${new Date(clock() + 900_000).toISOString()}`,
  );
  clock.advance(899_000);
  expect((await gmail("labels")).body.error.message).toContain(new Date(clock() + 900_000).toISOString());
  clock.advance(900_000);
  expect((await gmail("labels")).status).toBe(200);
  expect(google.meter.refused).toBe(3);
});

test("a gateway error is a page, not JSON", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  const gmail = await withFaults(google, { kind: "502html" });
  await expect(gmail("profile")).rejects.toThrow(/JSON/);
});

test("connections break before the answer, within it, or its JSON is cut", async () => {
  await using google = await simulateGoogle({ messages: 3 });
  const [id] = google.mailbox().ids();
  const gmail = await withFaults(
    google,
    { kind: "reset", times: 1 },
    { kind: "cutBody", times: 1 },
    { kind: "truncatedJson", times: 1 },
  );
  await expect(gmail(`messages/${id}`)).rejects.toThrow("fetch failed");
  await expect(gmail(`messages/${id}`)).rejects.toThrow("terminated");
  await expect(gmail(`messages/${id}`)).rejects.toThrow(SyntaxError);
  expect(google.meter.gets(id!)).toBe(0);
  expect((await gmail(`messages/${id}`)).status).toBe(200);
  expect(google.meter.gets(id!)).toBe(1);
});

test("a hanging call never answers, and does not keep the simulator from closing", async () => {
  const google = await simulateGoogle({ messages: 1 });
  const gmail = await withFaults(google, { kind: "hang" });
  const call = gmail("profile");
  const first = await Promise.race([
    call.catch(() => "ended"),
    new Promise((resolve) => setTimeout(resolve, 20, "silence")),
  ]);
  expect(first).toBe("silence");
  await google[Symbol.asyncDispose]();
  await expect(call).rejects.toThrow("fetch failed");
});

test("a reading waits until the faults are cleared, and is then as good as any; what is no reading does not wait", async () => {
  await using google = await simulateGoogle({ messages: 1 });
  const [id] = google.mailbox().ids();
  const gmail = await withFaults(google, { kind: "wait", afterCalls: 1 });
  const order: string[] = [];
  const read = async (name: string): Promise<void> =>
    void order.push(`${name}: ${(await gmail(`messages/${id}`)).status}`);
  await read("one");
  const waiting = read("another");
  await until(() => google.meter.calls["messages.get"] === 2);
  for (const path of ["profile", "messages"]) expect((await gmail(path)).status).toBe(200);
  expect(order).toEqual(["one: 200"]);
  google.faults.clear();
  await waiting;
  expect(order).toEqual(["one: 200", "another: 200"]);
  expect(google.meter.gets(id!)).toBe(2);
});

test("empty pages, repeated ids and refused tokens bend a listing without losing anything", async () => {
  await using google = await simulateGoogle({ messages: 50, bodyBytes: 10 });
  const gmail = await withFaults(
    google,
    { kind: "emptyPage", times: 2 },
    { kind: "duplicateIds", afterCalls: 1, times: 2 },
  );
  const listed = (await listAll(gmail, "messages?maxResults=10")).map(({ id }) => id);
  expect(listed.length).toBe(50 + 2 * 3);
  expect([...new Set(listed)]).toEqual(google.mailbox().ids());

  const token = (await gmail("messages?maxResults=10")).body.nextPageToken;
  google.faults.add({ kind: "badPageToken", times: 1 });
  expect((await gmail(`messages?maxResults=10&pageToken=${token}`)).body.error.message).toBe("Invalid pageToken");
  expect((await gmail(`messages?maxResults=10&pageToken=${token}`)).status).toBe(200);
});

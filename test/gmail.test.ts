import { describe, expect, test } from "vitest";

import { simulateGoogle, type Fault, type SimulatorOptions } from "../simulator/google.ts";
import { failureOf } from "../src/core/errors.ts";
import { createLedger } from "../src/core/export/ledger.ts";
import { EVERYTHING } from "../src/core/mail/filter.ts";
import type { Message } from "../src/core/mail/mail.ts";
import { TEXT_ALONE, type Change, type MailboxSource } from "../src/core/ports/mailbox-source.ts";
import { Secret } from "../src/core/secret.ts";
import { gmailClient } from "../src/sources/gmail-api/calls/client.ts";
import { createHttp } from "../src/sources/gmail-api/calls/http.ts";
import { createPacer, type PacerOptions } from "../src/sources/gmail-api/pace/pacer.ts";
import { createMemory } from "../src/sources/gmail-api/reading/memory.ts";
import { gmailSource } from "../src/sources/gmail-api/source.ts";
import { manualClock } from "./manual-clock.ts";
import { projectBudget } from "./project-budget.ts";
import { seeded } from "./quota-server.ts";

const NEVER = new AbortController().signal;
const ALL = { ...EVERYTHING, includeSpamTrash: true };

/** Real milliseconds for the sockets of this machine before time jumps on. */
const SETTLE_MS = 1;

/** Source, client, pacer and simulated Google, joined as in the program, on a clock that jumps. */
async function world(options: SimulatorOptions = {}, pacing: Partial<PacerOptions> = {}) {
  const clock = manualClock();
  const google = await simulateGoogle({ clock: clock.now, ...options });
  const http = createHttp(google.url, clock, { headersMs: 1_500 });
  const pacer = createPacer({ clock, tier: "auto", maxInFlight: 10, project: projectBudget(clock), ...pacing });
  let token: Secret | undefined;
  const accessToken = async (stale: Secret | undefined): Promise<Secret> => {
    if (!token || stale) token = await signIn(google.url, google.credentials);
    return token;
  };
  const client = gmailClient({ http, accessToken, pacer, clock, random: seeded(3) });
  const source = gmailSource({ client, pacer, memory: createMemory(96 << 20), width: 20 });
  return {
    google,
    clock,
    pacer,
    run: <T>(work: (source: MailboxSource) => Promise<T>): Promise<T> => clock.run(work(source), SETTLE_MS),
    async [Symbol.asyncDispose]() {
      await http.close();
      await google[Symbol.asyncDispose]();
    },
  };
}

async function signIn(url: string, credentials: Record<string, unknown>): Promise<Secret> {
  const { client_id, client_secret } = stringsIn(credentials["installed"]);
  const redirect_uri = "http://127.0.0.1:9/callback";
  const scope = "https://www.googleapis.com/auth/gmail.readonly";
  const asked = new URLSearchParams({ client_id: client_id!, redirect_uri, scope, response_type: "code" });
  const consented = await fetch(`${url}/o/oauth2/v2/auth?${asked.toString()}`, { redirect: "manual" });
  const code = new URL(consented.headers.get("location")!).searchParams.get("code")!;
  const body = new URLSearchParams({
    code,
    client_id: client_id!,
    client_secret: client_secret!,
    redirect_uri,
    grant_type: "authorization_code",
  });
  const answer = await fetch(`${url}/token`, { method: "POST", body });
  return new Secret(stringsIn(await answer.json())["access_token"]!);
}

function stringsIn(value: unknown): Record<string, string> {
  const fields = Object.entries(value ?? {}).filter(([, field]) => typeof field === "string");
  return Object.fromEntries(fields);
}

/** Lists everything and reads it. */
async function readAll(source: MailboxSource) {
  const ledger = createLedger();
  for await (const refs of source.list(ALL, NEVER)) for (const ref of refs) ledger.add(ref);
  const read = new Map<string, Message>();
  for await (const { ended } of source.read(ledger.pending(), TEXT_ALONE, NEVER))
    for (const one of ended) if (one.outcome === "read") read.set(one.id, one.message);
  return read;
}

const FAULTS: readonly Fault[] = [
  { kind: "500", rate: 0.05 },
  { kind: "502html", rate: 0.03 },
  { kind: "503", rate: 0.03 },
  { kind: "429", rate: 0.02 },
  { kind: "429hint", rate: 0.01 },
  { kind: "403quota", rate: 0.02 },
  { kind: "reset", rate: 0.03 },
  { kind: "cutBody", rate: 0.03 },
  { kind: "truncatedJson", rate: 0.03 },
  { kind: "401", rate: 0.02 },
  { kind: "emptyPage", times: 1 },
  { kind: "duplicateIds" },
  { kind: "hang", times: 1, afterCalls: 20 },
  { kind: "lockout", times: 1, afterCalls: 60, seconds: 60 },
];

test("every message comes through a Google at its worst", async () => {
  await using w = await world({ messages: 1_200, messagesPerThread: 3 }, { unitsPerMinute: 1e9 });
  w.google.faults.add(...FAULTS);
  const read = await w.run((source) => readAll(source));
  expect([...read.keys()].toSorted()).toEqual(w.google.mailbox().ids().toSorted());
});

describe("under Google's quota", () => {
  test.each([
    ["2026", 6_000, "sliding", 800, 3],
    ["2026", 6_000, "fixed", 800, 3],
    ["2026", 6_000, "bucket", 800, 1],
    ["legacy", 15_000, "sliding", 3_000, 3],
  ] as const)("%s, %d units a minute, %s: as fast as it can be, with next to no refusal", async (...given) => {
    const [tier, unitsPerMinute, shape, messages, messagesPerThread] = given;
    await using w = await world({ messages, messagesPerThread, quota: { tier, unitsPerMinute, shape } });
    const begun = w.clock.now();
    const read = await w.run((source) => readAll(source));
    expect(read.size).toBe(messages);
    const { units, refused } = w.google.meter;
    // From cold a minute's units may go at once; the first minute is also what learning the tier may cost.
    expect(w.clock.now() - begun).toBeLessThan((units / unitsPerMinute + 1) * 60_000);
    expect(refused).toBeLessThanOrEqual(3);
    expect(w.pacer.spent().tier).toBe(tier);
    expect(w.pacer.spent().units).toBeGreaterThanOrEqual(units);
  });
});

test("an account without Gmail's API is told where to switch it on, at once", async () => {
  await using w = await world();
  w.google.faults.add({ kind: "apiDisabled" });
  const error: unknown = await w.run((source) => source.profile(NEVER)).catch((caught: unknown) => caught);
  expect(failureOf(error)).toMatchObject({ code: "api_disabled", retry: "never" });
});

test("what was added since a cursor is found, and an expired cursor is said to be", async () => {
  await using w = await world({ messages: 20 });
  const { cursor } = await w.run((source) => source.profile(NEVER));
  const added = w.google.mailbox().add({ subject: "new" });
  const since = (source: MailboxSource): Promise<Change[]> => Array.fromAsync(source.changes(cursor, NEVER));
  expect(await w.run(since)).toMatchObject([
    { change: "added", ref: { id: added } },
    { change: "cursor", cursor: { source: "gmail-api", value: w.google.mailbox().historyId } },
  ]);
  w.google.mailbox().expireHistory();
  const error: unknown = await w.run(since).catch((caught: unknown) => caught);
  expect(failureOf(error)).toMatchObject({ code: "not_found" });
});

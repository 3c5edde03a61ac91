import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { Fault } from "../simulator/google.ts";
import { failureOf, type Failure } from "../src/core/errors.ts";
import { afterFailure } from "../src/core/export/after-failure.ts";
import type { Progress } from "../src/core/export/job.ts";
import type { Manifest } from "../src/core/export/manifest.ts";
import { verify } from "../src/pipeline/verify.ts";
import { expectAccountsFor } from "./accounts-for.ts";
import { conversationsIn } from "./conversations.ts";
import { idsOnDisk, manifestIn } from "./exported.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import { readDirectory } from "./on-disk.ts";
import { seededRandom } from "./random.ts";

const MINUTE = 60_000;
const NEVER = new AbortController().signal;

/** Does something once, when so many messages are on disk. */
function once(exported: number, act: () => unknown): (progress: Progress) => void {
  let done = false;
  return (progress) => {
    if (done || progress.stage !== "fetching" || progress.exported < exported) return;
    done = true;
    act();
  };
}

/** Gmail may refuse a fresh token as well, by chance: that stops an export as a withdrawn grant does, and it goes on alike. */
async function runAgainAfterSignIn(w: InProcess, onProgress?: (progress: Progress) => void): Promise<Manifest> {
  for (;;) {
    try {
      return await w.run(onProgress);
    } catch (error) {
      if (failureOf(error)?.retry !== "sign_in") throw error;
      await w.signIn();
    }
  }
}

describe("one fault at a time, at five calls in a hundred", () => {
  test.each<Fault["kind"]>([
    "500",
    "502html",
    "503",
    "429",
    "429hint",
    "403quota",
    "reset",
    "cutBody",
    "truncatedJson",
    "hang",
    "401",
  ])("%s", async (kind) => {
    await using w = await inProcess();
    w.google.faults.add({ kind, rate: 0.05 });
    const manifest = await runAgainAfterSignIn(w);
    w.google.faults.clear();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });
});

describe("what goes wrong in its own way", () => {
  test("connections are refused for a minute and a half", async () => {
    await using w = await inProcess();
    let away: Promise<void> | undefined;
    const manifest = await w.run(once(80, () => (away = w.awayFor(1.5 * MINUTE))));
    await away;
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });

  test("access tokens end while the token endpoint is away for a minute", async () => {
    await using w = await inProcess();
    const { faults, tokens, expireAccessTokens } = w.google;
    const end = (): void => {
      faults.add({ kind: "tokenDown" });
      expireAccessTokens();
      void w.clock.sleep(MINUTE).then(faults.clear);
    };
    const manifest = await w.run(once(80, end));
    expect(tokens.refreshes).toBe(1);
    // Calls that never went out for want of a token are not counted: only those that Gmail saw.
    expect(manifest.quota.calls).toEqual(w.google.meter.calls);
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });

  test.each<[string, readonly Fault[]]>([
    ["a page token stops working, twice", [{ kind: "badPageToken", times: 2 }]],
    ["pages repeat ids of the page before", [{ kind: "duplicateIds" }]],
    ["pages are empty and still carry a token", [{ kind: "emptyPage", times: 3 }]],
    [
      "a page token of the history stops working",
      [
        { kind: "emptyPage", times: 1, method: "history.list" },
        { kind: "badPageToken", times: 1, method: "history.list" },
      ],
    ],
  ])("%s", async (_, faults) => {
    await using w = await inProcess({ messages: 1_100, bodyBytes: 60 }, { batchSize: 1_000 });
    w.google.faults.add(...faults);
    const manifest = await w.run();
    w.google.faults.clear();
    expect(manifest).toMatchObject({ complete: true, total_emails: 1_100 });
    await expectAccountsFor(w, manifest);
  });

  test.each<[string, Fault]>([
    [
      "the third page of the listing is refused",
      { kind: "failedPrecondition", method: "messages.list", afterCalls: 2 },
    ],
    ["the second page of the listing is forbidden", { kind: "forbidden", method: "messages.list", afterCalls: 1 }],
    ["the profile is refused", { kind: "failedPrecondition", method: "getProfile" }],
    ["the labels are refused", { kind: "failedPrecondition", method: "labels.list" }],
    ["the history is refused", { kind: "failedPrecondition", method: "history.list" }],
    ["a message is refused", { kind: "failedPrecondition", method: "messages.get", afterCalls: 3 }],
    ["a message is forbidden", { kind: "forbidden", method: "messages.get", afterCalls: 3 }],
  ])("%s, three times: nothing is listed again, and all comes", async (_, fault) => {
    const messages = fault.method === "messages.list" ? 1_100 : 60;
    await using w = await inProcess({ messages, bodyBytes: 60, messagesPerThread: 1 }, { batchSize: 1_000 });
    w.google.faults.add({ ...fault, times: 3 });
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [], failed: [] });
    const pages = Math.ceil(messages / 500);
    expect(w.google.meter.calls["messages.list"]).toBe(fault.method === "messages.list" ? pages + 3 : pages);
    await expectAccountsFor(w, manifest);
  });

  test("when the day's bytes are spent the export waits for a time, asks ever more seldom, and then goes on where it was", async () => {
    await using w = await inProcess({ messages: 60, messagesPerThread: 1 }, { attachments: true, formats: ["eml"] });
    w.google.faults.add({ kind: "bandwidth", afterCalls: 20 });
    const waits: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const now = w.clock.now();
      const failure = failureOf(await w.run().catch((error: unknown) => error));
      expect(failure).toMatchObject({ code: "bandwidth_exceeded", retry: "wait" });
      const after = afterFailure(failure!, w.clock.now());
      if (after.what !== "wait") throw new Error("it does not wait");
      waits.push(Math.round((after.until - now) / MINUTE));
      await w.clock.advance(after.until - w.clock.now());
    }
    expect(waits).toEqual([15, 30, 60]);
    w.google.faults.clear();
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, failed: [], gone: [] });
    expect(new Set(await idsOnDisk(w.directory)).size).toBe(manifest.total_emails);
    expect(manifest.originals?.count).toBeGreaterThan(40);
  });

  test("an account that has no Gmail is told within two minutes, and what it most likely is", async () => {
    await using w = await inProcess();
    w.google.faults.add({ kind: "failedPrecondition" });
    const begun = w.clock.now();
    const failure = failureOf(await w.run().catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: "no_mailbox", next: expect.stringContaining("suspended") });
    expect(w.clock.now() - begun).toBeLessThan(2 * MINUTE);
  });

  test("everything at once, each at two calls in a hundred, while mail comes and goes", async () => {
    await using w = await inProcess({ messages: 300 });
    const mailbox = w.google.mailbox();
    const random = seededRandom(11);
    const anywhere = ["500", "502html", "503", "429", "429hint", "403quota", "401"] as const;
    const onTheWay = ["reset", "cutBody", "truncatedJson", "hang", "tokenDown"] as const;
    w.google.faults.add(...[...anywhere, ...onTheWay].map((kind) => ({ kind, rate: 0.02 })));
    w.google.faults.add({ kind: "emptyPage", times: 2 }, { kind: "badPageToken", times: 1 }, { kind: "duplicateIds" });
    let changes = 0;
    const comeAndGo = ({ stage }: Progress): void => {
      if (stage !== "fetching" || random() > 0.1 || (changes += 1) > 40) return;
      if (random() < 0.5) mailbox.add();
      else mailbox.remove(mailbox.ids()[Math.floor(random() * mailbox.size)]!);
    };
    let away: Promise<void> | undefined;
    const leave = once(120, () => (away = w.awayFor(20_000)));
    const manifest = await runAgainAfterSignIn(w, (progress) => {
      comeAndGo(progress);
      leave(progress);
    });
    await away;
    w.google.faults.clear();
    expect(changes).toBeGreaterThan(5);
    await expectAccountsFor(w, manifest);
  });
});

describe("a message that Gmail does not find", () => {
  /** A message that is alone in its conversation. */
  const aMessage = ({ google }: InProcess): string => conversationsIn(google).find((all) => all.length === 1)![0]!;
  const expectNothingToDo = async (w: InProcess, id: string): Promise<void> => {
    w.google.meter.reset();
    expect(await w.run()).toMatchObject({ complete: true, gone: [id], confirmedGone: [id] });
    expect(w.google.meter.calls).toEqual({ getProfile: 1, "labels.list": 1 });
  };
  const online = (w: InProcess) => w.clock.run(verify(w.directory, readDirectory, NEVER, w.source), 2);

  test("once, or for some seconds, is asked for again and is where it belongs", async () => {
    await using w = await inProcess({ messages: 60 });
    const expected = await w.run();
    for (const times of [1, 3]) {
      await using again = await inProcess({ messages: 60 });
      again.google.faults.add({ kind: "notFound", messageId: aMessage(again), times });
      expect(await again.run()).toMatchObject({ complete: true, gone: [], total_emails: expected.total_emails });
      expect(await idsOnDisk(again.directory)).toEqual(await idsOnDisk(w.directory));
    }
  });

  test("for longer is found at the end of the run", async () => {
    await using w = await inProcess();
    const id = aMessage(w);
    w.google.faults.add({ kind: "notFound", messageId: id, times: 4 });
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    expect((await idsOnDisk(w.directory)).at(-1)).toBe(id);
    await expectAccountsFor(w, manifest);
  });

  test("for longer than a run is missing for who looks, and fetched by the next one, also when that is interrupted", async () => {
    await using w = await inProcess();
    const id = aMessage(w);
    w.google.faults.add({ kind: "notFound", messageId: id });
    const first = await w.run();
    expect(first).toMatchObject({ complete: true, gone: [id] });
    expect(first.checkedAt).toBeUndefined(); // nothing has told why it is not there
    expect(await online(w)).toMatchObject({ sound: false, findings: [{ kind: "missing", subject: id }] });
    const still = await w.run(); // it is listed: that it is not found once more confirms nothing
    expect([still.gone, still.confirmedGone]).toEqual([[id], undefined]);

    w.google.faults.clear();
    const stop = new AbortController();
    const stopped = w.run(({ stage }) => stage === "fetching" && stop.abort(new Error("Ctrl-C")), stop.signal);
    await expect(stopped).rejects.toThrow("Ctrl-C");
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
    expect(await online(w)).toMatchObject({ sound: true });
  });

  test("in a run that was interrupted is looked for once more by the one that goes on", async () => {
    await using w = await inProcess();
    const id = aMessage(w);
    w.google.faults.add({ kind: "notFound", messageId: id });
    const stop = new AbortController();
    await expect(
      w.run(
        once(80, () => stop.abort(new Error("Ctrl-C"))),
        stop.signal,
      ),
    ).rejects.toThrow("Ctrl-C");
    expect(await manifestIn(w.directory)).toMatchObject({ complete: false, gone: [id] });
    w.google.faults.clear();
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });

  test("because it was deleted is gone, and asked for no more", async () => {
    await using w = await inProcess({ messages: 60 });
    const id = aMessage(w);
    const manifest = await w.run(({ stage, listed }) => {
      if (stage === "fetching" && listed > 0 && w.google.mailbox().ids().includes(id)) w.google.mailbox().remove(id);
    });
    expect(manifest).toMatchObject({ complete: true, gone: [id], confirmedGone: [id] }); // the history has told it
    await expectNothingToDo(w, id);
  });

  test("and that was deleted since is gone, and asked for no more", async () => {
    await using w = await inProcess({ messages: 60 });
    const id = aMessage(w);
    w.google.faults.add({ kind: "notFound", messageId: id });
    expect(await w.run()).not.toHaveProperty("confirmedGone");
    w.google.mailbox().remove(id);
    w.google.meter.reset();
    expect(await w.run()).toMatchObject({ complete: true, gone: [id], confirmedGone: [id] });
    expect(w.google.meter.calls).not.toHaveProperty("messages.list");
    await expectNothingToDo(w, id);
  });

  test("as an earlier version said is looked for in one listing, and asked for no more where that does not have it", async () => {
    await using w = await inProcess({ messages: 60 });
    const id = aMessage(w);
    w.google.mailbox().remove(id);
    const { confirmedGone: _, ...manifest } = { ...(await w.run()), gone: [id] };
    await writeFile(join(w.directory, "manifest.json"), JSON.stringify(manifest));
    w.google.meter.reset();
    expect(await w.run()).toMatchObject({ complete: true, gone: [id], confirmedGone: [id] });
    expect(w.google.meter.calls).toEqual({ getProfile: 2, "labels.list": 1, "messages.list": 1 });
    await expectNothingToDo(w, id);
  });

  test("and that went to the trash, of which nothing is wanted, is looked for no more, and fetched when it comes out of it", async () => {
    await using w = await inProcess({ messages: 60 });
    const id = aMessage(w);
    w.google.faults.add({ kind: "notFound", messageId: id });
    await w.run();
    w.google.mailbox().moveTo(id, "TRASH");
    expect(await w.run()).toMatchObject({ gone: [id], confirmedGone: [id] });
    await expectNothingToDo(w, id);
    w.google.mailbox().moveTo(id, "INBOX");
    expect(await w.run()).not.toHaveProperty("confirmedGone"); // it was listed, and not found
    w.google.faults.clear();
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });

  test.each([{ maxEmails: 40 }, { filter: { query: "", labels: ["INBOX"], includeSpamTrash: false } }])(
    "of those asked for (%o) is fetched by a later run, whatever came since",
    async (asked) => {
      await using w = await inProcess({ messages: 60, messagesPerThread: 1 }, asked);
      const mailbox = w.google.mailbox();
      const id = mailbox.ids().find((one) => mailbox.labelIds(one).includes("INBOX"))!;
      w.google.faults.add({ kind: "notFound", messageId: id });
      const first = await w.run();
      expect(first.gone).toEqual([id]);
      w.google.faults.clear();
      for (let come = 0; come < 45; come += 1) w.google.mailbox().add({ labelIds: ["INBOX"] });
      expect(await w.run()).toMatchObject({ complete: true, gone: [] });
      expect(await idsOnDisk(w.directory)).toContain(id);
    },
  );
});

describe("a message that is refused while the account is not", () => {
  test.each<[string, Fault, string]>([
    ["forbidden for ever", { kind: "forbidden" }, "Google does not allow this to be read."],
    ["refused for ever", { kind: "failedPrecondition" }, "Gmail refused the request (HTTP 400)."],
    ["without its text", { kind: "lostText" }, "Gmail does not give out the text of this message."],
  ])("%s, is failed alone; the others come", async (_, fault, reason) => {
    await using w = await inProcess();
    const [id] = conversationsIn(w.google).find((all) => all.length === 1)!;
    w.google.faults.add({ ...fault, messageId: id! });
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: false, gone: [], failed: [{ id, reason }] });
    expect(await idsOnDisk(w.directory)).not.toContain(id);
    w.google.faults.clear();
    await expectAccountsFor(w, manifest);
    expect(await w.run()).toMatchObject({ complete: true, failed: [] });
  });
});

describe("a storm that refuses every call for two minutes is outlasted", () => {
  test.each<Fault["kind"]>(["403quota", "429", "503"])("%s", async (kind) => {
    await using w = await inProcess();
    let over = Infinity;
    const storm = (): void => {
      over = w.clock.now() + 2 * MINUTE;
      w.google.faults.add({ kind });
      void w.clock.sleep(2 * MINUTE).then(w.google.faults.clear);
    };
    const manifest = await w.run(once(80, storm));
    expect(w.clock.now()).toBeGreaterThanOrEqual(over);
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });
});

describe("a message that Gmail never gives out", () => {
  /** The first message of a conversation of this size; asking for the conversation goes by the same id. */
  const firstOf = ({ google }: InProcess, size: number): string =>
    conversationsIn(google)
      .find((all) => all.length === size)!
      .at(-1)!;

  test.each([
    ["alone in its conversation", 1],
    ["the first of three, whose conversation is not given out either,", 3],
  ])("%s is failed, with why and how often, and brought by a later run", async (_, size) => {
    await using w = await inProcess();
    const id = firstOf(w, size);
    w.google.faults.add({ kind: "500", messageId: id });
    const first = await w.run(); // where it was tried again at the end
    expect(first.failed).toEqual([{ id, reason: "Google had an error of its own (HTTP 500).", attempts: 12 }]);
    const second = await w.run();
    expect(second.failed).toMatchObject([{ id, attempts: 18 }]);
    w.google.faults.clear();
    await expectAccountsFor(w, second);

    const third = await w.run();
    expect(third).toMatchObject({ complete: true, total_emails: first.total_emails + 1 });
    await expectAccountsFor(w, third);
  });

  test("but is better at the end of the run is no failure, and what came while it was tried again is in it", async () => {
    await using w = await inProcess();
    w.google.faults.add({ kind: "500", messageId: firstOf(w, 1), times: 8 });
    const over = new AbortController();
    const comesLate = async (): Promise<string> => {
      // The second is asked for behind all that was listed, before what failed is tried again.
      while ((w.google.meter.calls["getProfile"] ?? 0) < 2 && !over.signal.aborted) await w.clock.sleep(50);
      return w.google.mailbox().add({ subject: "Late", labelIds: ["INBOX"] });
    };
    const came = comesLate();
    const manifest = await w.run().finally(() => over.abort());
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    expect(await idsOnDisk(w.directory)).toContain(await came);
    await expectAccountsFor(w, manifest);
  });

  test("is failed also where there is no other", async () => {
    await using w = await inProcess({ messages: 1, bodyBytes: 60 });
    w.google.faults.add({ kind: "500", method: "messages.get" });
    expect(await w.run()).toMatchObject({ complete: false, failed: [{ id: w.google.mailbox().ids()[0] }] });
    w.google.faults.clear();
    const manifest = await w.run();
    expect(manifest.complete).toBe(true);
    await expectAccountsFor(w, manifest);
  });
});

describe("an export that has to stop keeps what it has, and the same call goes on", () => {
  const failureOfRun = async (work: Promise<unknown>): Promise<Failure | undefined> =>
    failureOf(await work.then(undefined, (error: unknown) => error));

  /** Nothing that was durable is lost or called something else; the rest is brought, and next to nothing twice. */
  async function expectGoesOn(w: InProcess, mend: () => Promise<void>): Promise<void> {
    expect(await manifestIn(w.directory)).toMatchObject({ complete: false, failed: [], gone: [] });
    const onDisk = await idsOnDisk(w.directory);
    expect(onDisk.length).toBeGreaterThanOrEqual(80);
    await mend();
    const manifest = await w.run();
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    const { truth } = w.google.mailbox();
    const twice = onDisk.filter((id) => w.google.meter.gets(id) > 1);
    expect(new Set(twice.map((id) => truth(id).threadId)).size).toBeLessThanOrEqual(1); // the one that the stop cut in two
    await expectAccountsFor(w, manifest);
  }

  test("after access was withdrawn, and given again", async () => {
    await using w = await inProcess();
    const revoked = w.run(once(80, () => w.google.revoke("ada@example.com")));
    expect(await failureOfRun(revoked)).toMatchObject({ retry: "sign_in", code: "consent_revoked" });
    await expectGoesOn(w, w.signIn);
  });

  test("after Google was out of reach for longer than it is waited for", async () => {
    await using w = await inProcess();
    const begun = w.clock.now();
    let shut: Promise<void> | undefined;
    const cutOff = w.run(once(80, () => (shut = w.gateway.shut())));
    expect(await failureOfRun(cutOff)).toMatchObject({ retry: "backoff", code: "network", outage: true });
    await shut;
    const silence = w.clock.now() - begun;
    expect(silence).toBeGreaterThan(10 * MINUTE);
    expect(silence).toBeLessThan(12 * MINUTE);
    await expectGoesOn(w, w.gateway.open);
  });

  test("after it was asked to", async () => {
    await using w = await inProcess();
    const stop = new AbortController();
    await expect(
      w.run(
        once(80, () => stop.abort(new Error("Ctrl-C"))),
        stop.signal,
      ),
    ).rejects.toThrow("Ctrl-C");
    await expectGoesOn(w, async () => {});
  });

  test("but not when Google comes back after nine minutes: then it never stopped", async () => {
    await using w = await inProcess();
    let away: Promise<void> | undefined;
    const manifest = await w.run(once(80, () => (away = w.awayFor(9 * MINUTE))));
    await away;
    expect(manifest).toMatchObject({ complete: true, gone: [] });
    await expectAccountsFor(w, manifest);
  });
});

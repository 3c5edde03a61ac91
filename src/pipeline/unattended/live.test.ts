import { expect, test } from "vitest";

import { requestOf } from "../../../test/contracts/job-queue.ts";
import { inProcess } from "../../../test/in-process.ts";
import { scratchFolder } from "../../../test/scratch.ts";
import { until } from "../../../test/wait.ts";
import { ExportError } from "../../core/errors.ts";
import { NO_PROGRESS, type ExportState } from "../../core/export/job.ts";
import { embeddedJobQueue } from "../../state/embedded/job-queue.ts";
import { mailboxLook, watchMailboxes, type LivePorts } from "./live.ts";
import type { Proof } from "./read-proof.ts";

const ADA = "ada@example.com";
const never = new AbortController().signal;

/** Schedules in a real list, and Ada's mailbox at a simulated Google. */
async function stage() {
  await using stack = new AsyncDisposableStack();
  const { google, source, clock } = stack.use(await inProcess({ messages: 3 }));
  const folder = stack.use(await scratchFolder());
  const queue = embeddedJobQueue(folder.path, clock);
  stack.defer(() => queue.close());
  const proofs = new Map<string, Proof>();
  const logged: string[] = [];
  const note = (event: string): void => void logged.push(event);
  const historyId = async (): Promise<string> => (await source.profile(never)).cursor.value;
  const ports = (changes: Partial<LivePorts> = {}): LivePorts => ({
    schedules: queue.schedules,
    mailbox: async () => source,
    readProof: async (directory) => proofs.get(directory),
    accounts: [],
    everyMs: 5 * 60_000,
    clock,
    log: { debug: note, info: note, warn: note, error: note },
    ...changes,
  });
  const ours = stack.move();
  return {
    google,
    clock,
    queue,
    proofs,
    logged,
    ports,
    change: () => google.mailbox(ADA).add(),
    /** The export ends like this, and its directory is as the mailbox is now. */
    async end(state: ExportState): Promise<void> {
      const lease = (await queue.take())!;
      await lease.release(state, NO_PROGRESS);
      proofs.set(lease.job.request.directory, { provenAt: clock.now(), historyId: await historyId() });
    },
    async schedule(account = ADA): Promise<string> {
      const asked = { request: requestOf(account, `/data/${account}`), cron: "0 3 * * *", timeZone: "UTC" };
      const added = await queue.schedules.add({ ...asked, jitterSeconds: 0, paused: false, next: null });
      await queue.schedules.start(added, {});
      return added.id;
    },
    exports: async () => (await queue.list(100)).exports.length,
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}

test("a mailbox that has changed is brought up to date, once for each change; a look costs one unit", async () => {
  await using at = await stage();
  await at.schedule();
  await at.end({ state: "completed" });
  const look = mailboxLook(at.ports());
  const before = at.google.meter.units;
  await look(never);
  await look(never);
  expect([await at.exports(), at.google.meter.units - before]).toEqual([1, 2]);
  at.change();
  await look(never);
  expect([await at.exports(), at.google.meter.units - before]).toEqual([2, 3]);
  await look(never); // it is under way: nobody is asked
  expect([await at.exports(), at.google.meter.units - before]).toEqual([2, 3]);
  await at.end({ state: "completed" });
  await look(never);
  expect(await at.exports()).toBe(2);
  expect(at.logged).toEqual(["mailbox has changed"]);
});

test("an export that did not get to where the mailbox is is not begun again for that", async () => {
  await using at = await stage();
  await at.schedule();
  await at.end({ state: "completed" });
  const stale = at.proofs.get(`/data/${ADA}`)!;
  at.change();
  const look = mailboxLook(at.ports());
  await look(never);
  await at.end({ state: "completed" });
  at.proofs.set(`/data/${ADA}`, stale);
  await look(never);
  expect(await at.exports()).toBe(2);
  at.change();
  await look(never);
  expect(await at.exports()).toBe(3);
});

const SIGN_IN = { code: "consent_revoked", retry: "sign_in", message: "Gone.", next: "Sign in." } as const;
const FAILED = { code: "disk", retry: "never", message: "Full.", next: "Make room." } as const;

test.each<[string, ExportState]>([
  ["waits for a sign-in", { state: "needs_sign_in", failure: SIGN_IN }],
  ["failed", { state: "failed", failure: FAILED }],
  ["is paused", { state: "paused" }],
])("nobody is asked about an export that %s", async (_, state) => {
  await using at = await stage();
  await at.schedule();
  await at.end(state);
  const before = at.google.meter.units;
  at.change();
  await mailboxLook(at.ports())(never);
  expect([await at.exports(), at.google.meter.units - before]).toEqual([1, 0]);
});

test("only named accounts are asked about, whose schedules are not paused and whose first export was made", async () => {
  await using at = await stage();
  const id = await at.schedule();
  await at.end({ state: "completed" });
  at.change();
  const before = at.google.meter.units;
  await mailboxLook(at.ports({ accounts: ["bob@example.com"] }))(never);
  const proof = at.proofs.get(`/data/${ADA}`)!;
  at.proofs.clear();
  await mailboxLook(at.ports())(never);
  at.proofs.set(`/data/${ADA}`, proof);
  await at.queue.schedules.change(await at.queue.schedules.get(id), { paused: true });
  await mailboxLook(at.ports())(never);
  expect([await at.exports(), at.google.meter.units - before]).toEqual([1, 0]);
  await at.queue.schedules.change(await at.queue.schedules.get(id), { paused: false });
  await mailboxLook(at.ports({ accounts: ["ADA@example.com"] }))(never);
  expect(await at.exports()).toBe(2);
});

test("nobody is asked about a directory while an export that was begun by hand is under way in it", async () => {
  await using at = await stage();
  await at.schedule();
  await at.end({ state: "completed" });
  at.change();
  await at.queue.add(requestOf(ADA, `/data/${ADA}`));
  const before = at.google.meter.units;
  await mailboxLook(at.ports())(never);
  expect(at.google.meter.units - before).toBe(0);
  await at.end({ state: "completed" });
  at.change();
  await mailboxLook(at.ports())(never);
  expect(await at.exports()).toBe(3);
});

test("a mailbox that cannot be asked keeps none of the others", async () => {
  await using at = await stage();
  for (const account of ["bob@example.com", ADA]) {
    await at.schedule(account);
    await at.end({ state: "completed" });
  }
  at.change();
  const { mailbox } = at.ports();
  const refusing: LivePorts["mailbox"] = async (account) => {
    if (account !== ADA) throw new ExportError(SIGN_IN);
    return mailbox(account);
  };
  await mailboxLook(at.ports({ mailbox: refusing }))(never);
  expect([await at.exports(), at.logged.toSorted((a, b) => a.localeCompare(b))]).toEqual([
    3,
    ["mailbox cannot be asked", "mailbox has changed"],
  ]);
});

test("a mailbox that does not answer is given up when it is time for the next look", async () => {
  await using at = await stage();
  await at.schedule();
  await at.end({ state: "completed" });
  const silent: LivePorts["mailbox"] = async () => ({
    profile: (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("called off")))),
  });
  const looking = mailboxLook(at.ports({ mailbox: silent }))(never);
  await until(() => at.clock.sleepers() > 0);
  await at.clock.advance(5 * 60_000);
  await looking;
  expect(at.logged).toEqual(["mailbox cannot be asked"]);
});

test("a look that is called off says so, and tells nobody that a mailbox cannot be asked", async () => {
  await using at = await stage();
  await at.schedule();
  await at.end({ state: "completed" });
  const stop = new AbortController();
  const reason = new Error("called off");
  const stopping: LivePorts["mailbox"] = async () => {
    stop.abort(reason);
    throw reason;
  };
  await expect(mailboxLook(at.ports({ mailbox: stopping }))(stop.signal)).rejects.toBe(reason);
  expect(at.logged).toEqual([]);
});

test("it is looked every so many minutes, also after a look that failed, until it is to stop", async () => {
  await using at = await stage();
  const looks: number[] = [];
  const list = async (): Promise<never> => {
    looks.push(at.clock.now());
    throw new Error("SQLITE_BUSY");
  };
  const stop = new AbortController();
  let isMine = false;
  const asked: number[] = [];
  const takeDuty = async (_duty: string, forMs: number): Promise<boolean> => {
    asked.push(forMs / 60_000);
    return isMine;
  };
  const watching = watchMailboxes(at.ports({ schedules: { ...at.queue.schedules, list, takeDuty } }), stop.signal);
  await at.clock.advance(10 * 60_000);
  expect([asked, looks]).toEqual([[10, 10, 10], []]); // another process does
  isMine = true;
  await at.clock.advance(20 * 60_000);
  stop.abort();
  await watching;
  expect(looks.map((moment) => (moment - looks[0]!) / 60_000)).toEqual([0, 5, 10, 15]);
  expect(at.logged).toEqual(Array(4).fill("mailboxes cannot be watched"));
});

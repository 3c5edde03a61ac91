import { expect, test } from "vitest";

import { ExportError } from "../../core/errors.ts";
import { troublesOf, type Watched } from "../../core/export/alarm.ts";
import { inFrench } from "../../surfaces/words/french.ts";
import { ADA, DAY_MS, examine, fault, faults, finding, NOW, set } from "../testing.ts";

const WELL: Watched = {
  id: "one",
  account: ADA,
  exportId: "8e6b",
  paused: false,
  since: NOW - 9 * DAY_MS,
  run: undefined,
  provenAt: NOW,
  grant: undefined,
};

const scheduled = (changes: Partial<Watched>) => async () => {
  const troubles = troublesOf({ ...WELL, ...changes }, [], NOW, 2 * DAY_MS);
  return { schedules: 1, alarms: troubles.map(({ event, message, next }) => ({ account: ADA, event, message, next })) };
};

const DISK = {
  code: "disk",
  retry: "never",
  message: "Google did not answer in time.",
  next: "Check the network; the export goes on by itself when Google answers.",
} as const;

test("what is wrong with scheduled exports is told of their account, in both languages", async () => {
  for (const [changes, words] of [
    [{ run: { state: "failed", at: NOW, failure: DISK }, provenAt: NOW - 1 }, /failed\. Google did not answer/],
    [{ run: { state: "failed", at: NOW, failure: { ...DISK, code: "label_unknown" } }, provenAt: NOW - 1 }, /A label/],
    [{ run: { state: "failed", at: NOW }, provenAt: NOW - 1 }, /not known any more/],
    [{ run: { state: "needs_sign_in", at: NOW } }, /signs in again/],
    [{ provenAt: NOW - 3 * DAY_MS }, /not been proven complete since/],
    [{ provenAt: undefined }, /not been proven complete yet/],
  ] as [Partial<Watched>, RegExp][]) {
    const found = await finding("schedules", { scheduled: scheduled(changes) });
    expect(found).toMatchObject({ account: ADA, status: "fail", what: expect.stringMatching(words) });
    expect(inFrench(found.what)).not.toMatch(/The |has /);
  }
});

test("only those of the account that is named are told; that a sign-in may end is told of its age alone", async () => {
  const waits = { scheduled: scheduled({ run: { state: "needs_sign_in", at: NOW } }) };
  const of = async (account: string) => (await examine(waits, account)).find(({ id }) => id === "schedules")?.status;
  expect([await of("ADA@example.com"), await of("bob@example.com")]).toEqual(["fail", "ok"]);
  const ends = { scheduled: scheduled({ grant: { grantedAt: NOW - 6.5 * DAY_MS } }) };
  expect((await ends.scheduled()).alarms.map(({ event }) => event)).toEqual(["sign_in_ends_soon"]);
  expect(await faults(ends)).toEqual({});
});

test("a list of schedules that cannot be read is told", async () => {
  const failure = {
    code: "disk",
    retry: "never",
    message: "The list of exports cannot be kept in /state (database is locked).",
    next: "See that there is room and that this user may write there, then do the same again. Exports on disk are not touched.",
  } as const;
  expect(await finding("schedules", { scheduled: fault(failure) })).toMatchObject({ status: "skipped" });
});

test("schedules without a receiver of alarms are worth a warning, and no schedules are not", async () => {
  const nobody = set({ notifyUrl: undefined });
  expect(await finding("notify_url", nobody)).toMatchObject({ status: "warn" });
  const without = { ...nobody, scheduled: async () => ({ schedules: 0, alarms: [] }) };
  expect(await faults(without)).toEqual({});
});

test("a receiver is reached at its origin, never at the address that is a secret", async () => {
  const asked: string[] = [];
  const reach = async (url: string) => {
    asked.push(url);
    return { answered: true, status: 404, date: NOW - 500 } as const;
  };
  expect((await finding("notify_url", { reach })).status).toBe("ok");
  expect(asked).toContain("https://hooks.example.com/");
  expect(asked.join(" ")).not.toContain("T0PIC");
  const away = async () => ({ answered: false, failedAt: "TCP", code: "ECONNREFUSED" }) as const;
  const found = await finding("notify_url", { reach: away });
  expect(found).toMatchObject({ status: "warn", what: expect.stringContaining("(TCP, ECONNREFUSED)") });
  const problems = [{ setting: "NOTIFY_URL", problem: "NOTIFY_URL must be an https URL" }];
  expect((await finding("notify_url", set({ problems }))).status).toBe("skipped");
});

test("a test is posted only where that is wanted, and fails where it is not taken", async () => {
  expect(await finding("notify_url", { postTest: async () => {} })).toMatchObject({
    status: "ok",
    what: "The receiver of alarms has taken a test",
  });
  const failure = {
    code: "timeout",
    retry: "backoff",
    message: "The receiver of alarms did not answer in time.",
    next: "See that the receiver works, and that this machine reaches it.",
  } as const;
  const postTest = () => Promise.reject(new ExportError(failure));
  expect(await finding("notify_url", { postTest })).toMatchObject({ status: "fail", what: failure.message });
});

import { describe, expect, test } from "vitest";

import type { Failure } from "../../core/errors.ts";
import { doctor } from "../doctor.ts";
import type { Facts } from "../facts.ts";
import { ADA, DAY_MS, examine, fault, finding, GRANT, HEALTHY, never, NOW, refused, set } from "../testing.ts";

describe("the sign-ins", () => {
  test("nobody signed in is a warning with the command to type", async () => {
    expect(await finding("signed_in", { signedIn: async () => ({ accounts: [], stored: 0 }) })).toMatchObject({
      status: "warn",
      what: "Nobody is signed in",
      next: expect.stringContaining("gmail-export login"),
    });
  });

  test("one that cannot be opened is a fault, whether all are looked at or it alone", async () => {
    const closed = { signedIn: async () => ({ accounts: [ADA], stored: 3 }) };
    expect(await finding("signed_in", closed)).toMatchObject({
      status: "fail",
      what: expect.stringContaining("2 of 3"),
    });
    const findings = await examine({ grant: refused("grant_unreadable") }, ADA);
    expect(findings.filter(({ status }) => status === "fail")).toEqual([
      expect.objectContaining({ id: "grant", account: ADA, what: "What happened.", next: "What to do." }),
    ]);
  });

  test("an account that is not signed in is a fault when it is named", async () => {
    const findings = await examine({ grant: async () => undefined }, ADA);
    expect(findings.find(({ id }) => id === "grant")).toMatchObject({
      status: "fail",
      next: expect.stringContaining(`gmail-export login ${ADA}`),
    });
    expect(findings.find(({ id }) => id === "gmail")).toMatchObject({ status: "skipped" });
  });

  test("one that Google has ended says why, how to sign in again and how to publish the app", async () => {
    const found = await finding("grant", { grant: async () => ({ ...GRANT, revoked: "Google says no." }) });
    expect(found).toMatchObject({ status: "fail", why: "Google says no." });
    expect(found.next).toMatch(/gmail-export login ada@example\.com.*console\.cloud\.google\.com\/auth\/audience/);
  });

  test.each([
    [0, "ok"],
    [5.9, "ok"],
    [6, "warn"],
    [6.9, "warn"],
    [7, "ok"],
    [40, "ok"],
  ])("%d days old is %s", async (days, status) => {
    const found = await finding("grant_age", { grant: async () => ({ ...GRANT, grantedAt: NOW - days * DAY_MS }) });
    expect(found.status).toBe(status);
    if (status === "warn")
      expect(found.next).toMatch(
        /Publish app.*https:\/\/console\.cloud\.google\.com\/auth\/audience.*gmail-export login/,
      );
  });

  test.each([
    [["https://mail.google.com/"], "ok", ""],
    [["openid", "https://www.googleapis.com/auth/gmail.readonly"], "ok", ""],
    [["openid"], "fail", "tick the box for reading mail"],
    [
      ["https://www.googleapis.com/auth/gmail.metadata", "https://www.googleapis.com/auth/gmail.readonly"],
      "fail",
      `gmail-export logout ${ADA}`,
    ],
  ])("with %j granted is %s", async (scopes, status, next) => {
    const found = await finding("scopes_granted", { grant: async () => ({ ...GRANT, scopes }) });
    expect(found).toMatchObject({ status, next: expect.stringContaining(next) });
  });
});

describe("Gmail's answer", () => {
  const answer = (failure: Failure): Partial<Facts> => ({ profile: fault(failure) });
  const words = { message: "What happened.", next: "What to do." };

  test("tells the size of the mailbox", async () => {
    expect((await finding("gmail", {})).what).toContain("12,345 messages");
  });

  test("for another account is a fault", async () => {
    const profile = async () => ({ ...(await HEALTHY.profile(ADA, never)), emailAddress: "bob@example.com" });
    expect(await finding("gmail", { profile })).toMatchObject({
      status: "fail",
      what: expect.stringContaining("bob@"),
    });
    const shouted = async () => ({ ...(await HEALTHY.profile(ADA, never)), emailAddress: "Ada@Example.com" });
    expect(await finding("gmail", { profile: shouted })).toMatchObject({ status: "ok" });
  });

  test("that the API is off names the page of this very project", async () => {
    expect(await finding("gmail", { profile: refused("api_disabled") })).toMatchObject({
      status: "fail",
      next: expect.stringContaining(
        "https://console.cloud.google.com/apis/library/gmail.googleapis.com?project=my-project",
      ),
    });
  });

  test.each<[Failure, string, string]>([
    [{ code: "consent_revoked", retry: "sign_in", ...words }, "fail", `gmail-export login ${ADA}`],
    [{ code: "scope_missing", retry: "sign_in", ...words }, "fail", `gmail-export logout ${ADA}`],
    [{ code: "credentials_invalid", retry: "never", ...words }, "fail", "What to do."],
    [{ code: "forbidden", retry: "never", ...words }, "fail", "What to do."],
    [{ code: "malformed_response", retry: "backoff", ...words }, "fail", "What to do."],
    [{ code: "locked_out", retry: "wait", ...words }, "warn", "What to do."],
    [{ code: "daily_limit", retry: "never", ...words }, "warn", "What to do."],
    [{ code: "server_error", retry: "backoff", ...words }, "warn", "What to do."],
  ])("$code is $1", async (failure, status, next) => {
    expect(await finding("gmail", answer(failure))).toMatchObject({ status, next: expect.stringContaining(next) });
  });

  test("that does not come in time is a warning; who asked may stop waiting; a defect is not hidden", async () => {
    const late = (): Promise<never> => Promise.reject(new DOMException("late", "TimeoutError"));
    expect(await finding("gmail", { profile: late })).toMatchObject({ status: "warn" });
    const stop = AbortSignal.abort(new Error("Ctrl-C"));
    await expect(doctor({ ...HEALTHY, profile: late }, ADA, stop)).rejects.toThrow("Ctrl-C");
    await expect(examine({ profile: () => Promise.reject(new TypeError("a defect")) })).rejects.toThrow("a defect");
  });
});

test("what Google allows is told as learned, as set, or as not known yet", async () => {
  const tier = async (changes: Partial<Facts>) => (await finding("tier", changes)).what;
  expect(await tier({})).toContain("not learned yet");
  expect(await tier({ learned: async () => ({ tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1 }) })).toMatch(
    /15,000 units a minute .*\(tier legacy\)$/,
  );
  const dear = { tier: "2026", unitsPerMinute: 6_000, priceFactor: 2.34 } as const;
  expect(await tier({ learned: async () => dear })).toMatch(/6,000 units.*2\.3 times/);
  const warning = await finding("tier", { learned: async () => dear });
  expect(warning).toMatchObject({ status: "warn", next: expect.stringContaining("GMAIL_RECORD_REFUSALS=<file>") });
  expect((await finding("tier", { learned: async () => ({ ...dear, priceFactor: 1.4 }) })).status).toBe("ok");
  expect(await tier(set({ tier: "2026" }))).toContain("GMAIL_TIER says: 6,000 units");
});

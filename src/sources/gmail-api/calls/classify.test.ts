import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { testProcessorTime } from "../../../../test/processor-time.ts";
import type { Failure } from "../../../core/errors.ts";
import { errorBody } from "../testing.ts";
import { classify } from "./classify.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 30);

const said = (status: number, body: unknown, headers: Record<string, string> = {}): Failure =>
  classify({ status, headers, body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)) }, NOW);

/** Captured from Google (gmail-api.md §6.3). */
const perUser = (metadata: object = {}) => ({
  error: {
    code: 403,
    status: "PERMISSION_DENIED",
    message:
      "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute per user' of service 'gmail.googleapis.com' for consumer 'project_number:1'.",
    errors: [{ domain: "usageLimits", reason: "rateLimitExceeded", message: "…" }],
    details: [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "RATE_LIMIT_EXCEEDED",
        domain: "googleapis.com",
        metadata: {
          quota_metric: "gmail.googleapis.com/total_query_cost",
          quota_limit: "totalQueryCostPerMinutePerUser",
          quota_limit_value: "6000",
          quota_unit: "1/min/{project}/{user}",
          service: "gmail.googleapis.com",
          consumer: "projects/1",
          ...metadata,
        },
      },
    ],
  },
});
const CONCURRENT = {
  error: {
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: "Too many concurrent requests for user.",
    errors: [{ domain: "global", reason: "rateLimitExceeded", message: "…" }],
  },
};
const lockedOut = (message: string, reason = "rateLimitExceeded") => ({ error: { message, errors: [{ reason }] } });

describe("a spent minute", () => {
  test("names its limit and, where Google says when the window began, its end", () => {
    expect(said(403, perUser())).toMatchObject({ code: "quota_exceeded", retry: "wait", unitsPerMinute: 6_000 });
    expect(said(403, perUser())).not.toHaveProperty("at");
    expect(said(403, perUser({ window_start_time: "1789912553" }))).toMatchObject({ at: 1_789_912_613_000 });
  });

  test("is one whatever the reason is called, and whichever status it has", () => {
    const legacy =
      "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'gmail.googleapis.com' for consumer 'project_number:1'.";
    for (const reason of ["rateLimitExceeded", "userRateLimitExceeded"])
      for (const status of [403, 429])
        expect(said(status, errorBody(status, reason, legacy))).toMatchObject({ code: "quota_exceeded" });
    expect(said(403, errorBody(403, "rateLimitExceeded", "Rate Limit Exceeded"))).toMatchObject({
      code: "quota_exceeded",
    });
  });

  test("of the whole project does not name the user's limit", () => {
    const project = { quota_limit: "totalQueryCostPerMinutePerProject", quota_unit: "1/min/{project}" };
    const failure = said(403, perUser({ ...project, quota_limit_value: "1200000", window_start_time: "1789912553" }));
    expect(failure).toMatchObject({ code: "quota_exceeded", at: 1_789_912_613_000 });
    expect(failure).not.toHaveProperty("unitsPerMinute");
  });

  test("names no limit that is no number", () => {
    for (const value of ["", "-1", "6e3", "many", "99999999999999999999", 0, null, {}])
      expect(said(403, perUser({ quota_limit_value: value }))).not.toHaveProperty("unitsPerMinute");
  });
});

describe("bytes that are not given out", () => {
  const said429 = (message: string, more: object = {}) =>
    said(429, { error: { code: 429, message, errors: [{ reason: "rateLimitExceeded", message }], ...more } });

  test.each([
    "User has exceeded the bandwidth limit.",
    "Too many bytes downloaded for user.",
    "Account exceeded command or bandwidth limits.",
    "Quota exceeded for quota metric 'Download bytes' and limit 'Bytes per day per user' of service 'gmail.googleapis.com'.",
  ])("are waited for: %s", (message) => {
    expect(said429(message)).toMatchObject({ code: "bandwidth_exceeded", retry: "wait" });
  });

  test("are waited for until the time that Google names, where it does", () => {
    const at = Date.parse("2026-12-01T10:00:00Z");
    const named = "Bandwidth limit exceeded.  Retry after 2026-12-01T10:00:00.000Z";
    expect(said429(named)).toMatchObject({ code: "bandwidth_exceeded", at });
    expect(said429("Too many concurrent requests for user.")).toMatchObject({ code: "too_many_concurrent" });
  });
});

describe("a lock-out", () => {
  test("is read from the sentence, with either status and either reason, however it is spaced", () => {
    const at = Date.UTC(2026, 7, 1, 10);
    for (const message of [
      "User-rate limit exceeded.  Retry after 2026-08-01T10:00:00.000Z",
      "User-rate limit exceeded. Retry after 2026-08-01T10:00:00Z (Mail sending)",
      "User-rate limit exceeded.\u00a0Retry  after  2026-08-01 10:00:00",
      "Retry after2026-08-01T12:00:00.000+02:00",
    ])
      for (const status of [403, 429])
        for (const reason of ["rateLimitExceeded", "userRateLimitExceeded"])
          expect(said(status, lockedOut(message, reason))).toMatchObject({ code: "locked_out", retry: "wait", at });
  });

  test("is none where the time cannot be read", () => {
    expect(said(429, lockedOut("Retry after 2026-99-99T10:00:00Z"))).toMatchObject({ code: "too_many_concurrent" });
    expect(said(403, lockedOut("Retry after a while"))).toMatchObject({ code: "quota_exceeded" });
  });
});

test("too many calls at once is not a spent minute", () => {
  expect(said(429, CONCURRENT)).toMatchObject({ code: "too_many_concurrent", retry: "wait" });
  expect(
    said(429, errorBody(429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).")),
  ).toMatchObject({
    code: "too_many_concurrent",
  });
  expect(said(429, "<html>sorry</html>")).toMatchObject({ code: "too_many_concurrent" });
});

test("Retry-After is obeyed as seconds and as a date", () => {
  expect(said(503, "", { "retry-after": "30" })).toMatchObject({ code: "server_error", at: NOW + 30_000 });
  expect(said(429, CONCURRENT, { "retry-after": "Mon, 23 Nov 2026 09:31:00 GMT" })).toMatchObject({ at: NOW + 60_000 });
  for (const nonsense of ["soon", "", "-5x", "99999999999999"])
    expect(said(503, "", { "retry-after": nonsense })).not.toHaveProperty("at");
});

test.each([
  [400, errorBody(400, "invalidArgument", "Invalid pageToken"), "page_token_invalid", "never"],
  [400, errorBody(400, "failedPrecondition", "Mail service not enabled"), "no_mailbox", "never"],
  [400, errorBody(400, "failedPrecondition", "Precondition check failed."), "bad_request", "never"],
  [400, errorBody(400, "badRequest", "Bad Request"), "bad_request", "never"],
  [401, errorBody(401, "authError", "Invalid Credentials"), "consent_revoked", "sign_in"],
  [403, errorBody(403, "dailyLimitExceeded", "Daily Limit Exceeded"), "daily_limit", "never"],
  [403, errorBody(403, "quotaExceeded", "Quota exceeded"), "daily_limit", "never"],
  [403, perUser({ quota_unit: "1/d/{project}", quota_limit: "UnitsPerDay" }), "daily_limit", "never"],
  [403, errorBody(403, "domainPolicy", "The domain administrators have disabled Gmail apps."), "forbidden", "never"],
  [403, errorBody(403, "forbidden", "Forbidden"), "forbidden", "never"],
  [403, errorBody(403, "insufficientPermissions", "Insufficient Permission"), "scope_missing", "sign_in"],
  [403, errorBody(403, "forbidden", "Metadata scope doesn't allow format FULL"), "scope_missing", "sign_in"],
  [404, errorBody(404, "notFound", "Requested entity was not found."), "not_found", "never"],
  [500, errorBody(500, "backendError", "Backend Error"), "server_error", "backoff"],
  [502, "<html>Bad Gateway</html>", "server_error", "backoff"],
  [503, "", "server_error", "backoff"],
  [408, "", "timeout", "backoff"],
  [418, errorBody(418, "teapot", "…"), "bad_request", "never"],
] as const)("%# (HTTP %d) is what Google means by it", (status, body, code, retry) => {
  expect(said(status, body)).toMatchObject({ code, retry });
});

const disabled = (message: string, activationUrl: string): Failure =>
  said(
    403,
    errorBody(403, "accessNotConfigured", message, {
      details: [{ reason: "SERVICE_DISABLED", metadata: { service: "gmail.googleapis.com", activationUrl } }],
    }),
  );

test("a disabled API says where to switch it on, but only at Google", () => {
  const url = "https://console.developers.google.com/apis/api/gmail.googleapis.com/overview?project=123456";
  const inDetail = disabled("Gmail API is disabled.", url);
  const inMessage = said(403, errorBody(403, "accessNotConfigured", `Enable it by visiting ${url} then retry.`));
  const elsewhere = disabled("…", "https://evil.example/console");
  expect(inDetail).toMatchObject({ code: "api_disabled", retry: "never" });
  expect(inDetail.next).toContain(url);
  expect(inMessage.next).toContain(`${url},`);
  expect(elsewhere.next).not.toContain("evil");
});

describe("what is not Gmail's word", () => {
  test.each([200, 204, 302, 400, 401, 403, 404])("with status %d is neither believed nor final", (status) => {
    expect(said(status, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")).toMatchObject({
      code: "malformed_response",
      retry: "backoff",
    });
  });

  test("a message is not gone because a page is missing", () => {
    expect(said(404, "")).toMatchObject({ retry: "backoff" });
    expect(said(404, '{"error":"not_found"}')).toMatchObject({ retry: "backoff" });
  });

  test("JSON that was cut off is read again", () => {
    expect(said(200, '{"id":"18c2","payl')).toMatchObject({ code: "malformed_response", retry: "backoff" });
    expect(said(403, JSON.stringify(perUser()).slice(0, 200))).toMatchObject({ retry: "backoff" });
  });
});

describe("laws", () => {
  const json = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value));
  const shaped = fc
    .record(
      {
        code: fc.jsonValue(),
        message: fc.oneof(fc.string(), fc.jsonValue()),
        status: fc.jsonValue(),
        errors: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
        details: fc.oneof(fc.array(fc.record({ metadata: fc.jsonValue(), reason: fc.jsonValue() })), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((error) => JSON.stringify({ error }));
  const bytes = fc.oneof(
    fc.uint8Array().map((octets) => Buffer.from(octets)),
    fc.oneof(json, shaped).map((text) => Buffer.from(text)),
  );

  test("any answer is classified", () =>
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), bytes, fc.string(), (status, body, later) => {
        const failure = classify({ status, headers: { "retry-after": later }, body }, NOW);
        expect(failure.message).not.toBe("");
        expect(failure.next).not.toBe("");
        if ("at" in failure) expect(Number.isFinite(failure.at)).toBe(true);
      }),
      { numRuns: 500 },
    ));

  test("no failure quotes the answer", () =>
    fc.assert(
      fc.property(fc.constantFrom(200, 400, 401, 403, 404, 429, 500), (status) => {
        const secret = "Subject: ya29.hidden";
        const bodies = [secret, errorBody(status, "rateLimitExceeded", secret), errorBody(status, secret, secret)];
        for (const body of bodies) expect(JSON.stringify(said(status, body))).not.toContain("hidden");
      }),
    ));
});

testProcessorTime("an error that is made to take long is read at once, or not read", 2_000, () => {
  for (const piece of ["1/min/", "retry after", " ", "and limit '", "per day "])
    for (const bytes of [15_000, 3_000_000]) {
      const text = `retry after${piece.repeat(bytes / piece.length)}`;
      const failure = said(
        403,
        errorBody(403, "rateLimitExceeded", text, { details: [{ metadata: { quota_limit: text } }] }),
      );
      expect(failure.code).toMatch(bytes > 65_536 ? /malformed_response/ : /quota_exceeded|daily_limit/);
    }
});

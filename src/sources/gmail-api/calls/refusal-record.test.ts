import { expect, test } from "vitest";

import { NEVER, scriptedGmail, type Answer } from "../testing.ts";
import { refusalRecord } from "./refusal-record.ts";

const SENTENCE =
  "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute per user' of service 'gmail.googleapis.com' for consumer 'project_number:123456789012'.";
const METADATA = {
  quota_metric: "gmail.googleapis.com/total_query_cost",
  quota_limit: "totalQueryCostPerMinutePerUser",
  quota_limit_value: "6000",
  quota_unit: "1/min/{project}/{user}",
  window_start_time: "1789912553",
  service: "gmail.googleapis.com",
  consumer: "projects/123456789012",
};
const REFUSED = {
  error: {
    code: 403,
    status: "PERMISSION_DENIED",
    message: SENTENCE,
    errors: [{ domain: "usageLimits", reason: "rateLimitExceeded", message: SENTENCE }],
    details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", metadata: METADATA }],
  },
};
const ASKED = { method: "messages.get", format: "full", at: Date.UTC(2026, 10, 28), usedLastMinute: 5_980.2 } as const;

const recordOf = (body: unknown, headers: Record<string, string> = {}, status = 403): unknown =>
  JSON.parse(refusalRecord({ status, headers, body: Buffer.from(JSON.stringify(body)) }, ASKED));

test("what Google says of its quota is kept in its own words, without the project", () => {
  const { consumer: _, service: __, ...quota } = METADATA;
  expect(recordOf(REFUSED)).toEqual({
    at: "2026-11-28T00:00:00.000Z",
    method: "messages.get",
    format: "full",
    usedLastMinute: 5_980,
    httpStatus: 403,
    status: "PERMISSION_DENIED",
    reasons: ["rateLimitExceeded"],
    message:
      "Quota exceeded for quota metric 'Total Query Cost' and limit 'Units per minute per user' of service 'gmail.googleapis.com' for consumer '…'.",
    quota,
  });
});

test("a lock-out keeps its moment, and a header its seconds", () => {
  const message = "User-rate limit exceeded.  Retry after 2026-08-01T10:00:00.000Z";
  expect(recordOf({ error: { message } }, { "retry-after": "37" }, 429)).toMatchObject({
    httpStatus: 429,
    message: "User-rate limit exceeded. Retry after 2026-08-01T10:00:00.000Z",
    retryAfter: "37",
  });
});

test.each([
  "ada.lovelace@example.com",
  "18c2f0a1b2c3d4e5",
  "ya29.a0AfH6SMBx",
  "1234567890123",
  "Wedding",
  "project_number:987654321",
  "'ada@example.com'",
  "(Überraschung)",
])("%s, wherever it stands, is not kept", (secret) => {
  const bare = secret.replace(/['()]/g, "");
  const line = JSON.stringify(
    recordOf(
      {
        error: {
          status: secret,
          message: `Quota exceeded for ${secret}, please retry ${secret}`,
          errors: [{ reason: secret, message: secret }],
          details: [
            { metadata: { quota_limit: `x ${secret}`, quota_metric: secret, quota_limit_value: `${secret}.` } },
          ],
        },
      },
      { "retry-after": secret },
    ),
  );
  // A name that might be one of Google's own, such as a reason, is judged by its form: letters alone.
  expect(/^[A-Za-z]+$/.test(bare) ? line.replaceAll(`"${bare}"`, "") : line).not.toContain(bare);
});

test("an answer that is no error of Google's leaves its status alone", () => {
  const body = Buffer.from("<html>ada@example.com</html>");
  expect(JSON.parse(refusalRecord({ status: 429, headers: {}, body }, ASKED))).toEqual({
    at: "2026-11-28T00:00:00.000Z",
    method: "messages.get",
    format: "full",
    usedLastMinute: 5_980,
    httpStatus: 429,
    reasons: [],
    quota: {},
  });
});

test("refusals alone are kept, each as it comes, with what was asked for", async () => {
  const lines: string[] = [];
  const message = { id: "18c2", threadId: "18c1" };
  const script = (_: unknown, count: number): Answer => (count === 1 ? [403, REFUSED] : [200, message]);
  await using gmail = await scriptedGmail(script, { keepRefusal: (line) => lines.push(line) });
  await gmail.run((client) => client.messagesGet("18c2", NEVER));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { method: "messages.get", format: "full", httpStatus: 403 },
  ]);
  expect(lines.join("")).not.toContain("18c2");
});

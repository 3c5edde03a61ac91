import { describe, expect, test } from "vitest";

import { EVERYTHING } from "../../core/mail/filter.ts";
import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import {
  errorBody,
  failure,
  FORBIDDEN,
  NEVER,
  pageOf,
  PROFILE,
  reading,
  ref,
  scriptedGmail,
  withSource,
  type Answer,
} from "./testing.ts";

describe("a refusal that may pass", () => {
  const PRECONDITION: Answer = [400, errorBody(400, "failedPrecondition", "Precondition check failed.")];
  const BAD_REQUEST: Answer = [400, errorBody(400, "badRequest", "Bad Request")];
  const answers: Readonly<Record<string, unknown>> = {
    profile: PROFILE,
    labels: { labels: [{ id: "Label_1", name: "Work" }] },
    messages: { messages: [ref("a")] },
    history: { historyId: "52" },
  };
  const calls: Readonly<Record<string, (source: MailboxSource) => Promise<unknown>>> = {
    profile: (source) => source.profile(NEVER),
    labels: (source) => source.labels(NEVER),
    messages: (source) => Array.fromAsync(source.list(EVERYTHING, NEVER)),
    history: (source) => Array.fromAsync(source.changes({ source: "gmail-api", value: "42" }, NEVER)),
  };
  const refusals = { PRECONDITION, BAD_REQUEST, FORBIDDEN };
  const cases = Object.keys(calls).flatMap((call) => Object.keys(refusals).map((name) => [call, name] as const));

  test.each(cases)("of %s, %s, is asked about again", async (call, name) => {
    let asked = 0;
    const refusal = refusals[name as keyof typeof refusals];
    const done = await withSource(() => ((asked += 1) < 4 ? refusal : [200, answers[call]]), calls[call]!);
    expect(done.asked).toHaveLength(4);
  });

  test.each([
    ["profile", "PRECONDITION", "no_mailbox"],
    ["messages", "BAD_REQUEST", "no_mailbox"],
    ["labels", "FORBIDDEN", "forbidden"],
    ["history", "PRECONDITION", "bad_request"],
  ] as const)("of %s, %s, is believed within two minutes when it repeats: %s", async (call, name, code) => {
    await using gmail = await scriptedGmail(() => refusals[name]);
    const begun = gmail.clock.now();
    const given = await failure(gmail.run((_, source) => calls[call]!(source)));
    expect(given).toMatchObject({ code, retry: "never" });
    if (code === "no_mailbox") expect(given?.next).toMatch(/no Gmail, is suspended, or its administrator/);
    expect(gmail.asked).toHaveLength(4);
    expect(gmail.clock.now() - begun).toBeLessThan(30_000);
  });

  test("on a later page leaves the pages before it as they are: the listing goes on from the page it had", async () => {
    let refused = false;
    const { result, asked } = await withSource(
      (one) => {
        if (pageOf(one) === "first") return [200, { messages: [ref("a")], nextPageToken: "2" }];
        if (!refused) {
          refused = true;
          return FORBIDDEN;
        }
        return [200, { messages: [ref("b")] }];
      },
      (source) => Array.fromAsync(source.list(EVERYTHING, NEVER)),
    );
    expect(result).toEqual([[ref("a")], [ref("b")]]);
    expect(asked).toHaveLength(3);
  });

  test("is not one that names the field that is wrong", async () => {
    const error = errorBody(400, "badRequest", "Invalid value", {
      errors: [
        { domain: "global", reason: "badRequest", message: "Invalid value", location: "q", locationType: "parameter" },
      ],
    });
    await using gmail = await scriptedGmail(() => [400, error]);
    expect(await failure(gmail.run((_, source) => calls["messages"]!(source)))).toMatchObject({ code: "bad_request" });
    expect(gmail.asked).toHaveLength(1);
  });
});

describe("a call that fails while no other goes on", () => {
  const BROKEN: Answer = [500, errorBody(500, "backendError", "Backend Error")];

  test("is at fault itself where the profile can be read: the message is failed", async () => {
    const { result, asked } = await withSource(
      ({ url }) => (url.pathname.includes("/messages/") ? BROKEN : [200, PROFILE]),
      reading("m"),
    );
    expect(result).toMatchObject([{ outcome: "failed", id: "m", attempts: 6 }]);
    expect(asked.filter((path) => path === "profile")).toHaveLength(1);
  });

  test("is an outage where the profile cannot be read either, after ten minutes", async () => {
    await using gmail = await scriptedGmail(() => BROKEN);
    const begun = gmail.clock.now();
    expect(await failure(gmail.run((_, source) => reading("m")(source)))).toMatchObject({ outage: true });
    expect(gmail.clock.now() - begun).toBeGreaterThanOrEqual(600_000);
    expect(gmail.clock.now() - begun).toBeLessThan(660_000);
  });
});

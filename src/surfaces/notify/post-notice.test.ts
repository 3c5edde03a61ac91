import { expect, test } from "vitest";

import { openReceiver } from "../../../test/alarm-receiver.ts";
import { connectProxy } from "../../../test/connect-proxy.ts";
import { systemClock as clock } from "../../clock.ts";
import { failureOf } from "../../core/errors.ts";
import type { Notice } from "../../core/export/alarm.ts";
import { Secret } from "../../core/secret.ts";
import { viewOfNotice, viewOfTest } from "./notice-view.ts";
import { createPostView } from "./post-notice.ts";

const never = new AbortController().signal;

const NOTICE: Notice = {
  event: "needs_sign_in",
  account: "ada@example.com",
  exportId: "8e6b",
  since: Date.UTC(2026, 10, 28, 8),
  message: "It cannot go on.",
  next: "Sign in.",
};

const SHOWN = {
  event: "needs_sign_in",
  account: "ada@example.com",
  export_id: "8e6b",
  since: "2026-11-28T08:00:00.000Z",
  message: "It cannot go on.",
  next: "Sign in.",
  title: "gmail-export: a sign-in is needed",
  text: "gmail-export: a sign-in is needed. It cannot go on. Sign in.",
};

/** The failure that posting there ends in. */
async function failureAt(address: string, limitMs?: number) {
  const posting = createPostView(new Secret(address), clock, () => undefined, limitMs)(viewOfNotice(NOTICE), never);
  const failure = failureOf(
    await posting.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  expect(`${failure?.message} ${failure?.next}`).not.toMatch(/T0PIC|127\.0/); // where alarms go is nobody's business
  return failure;
}

test("an alarm is posted as JSON that Slack-like receivers show too, with a heading for ntfy", async () => {
  await using receiver = await openReceiver();
  await createPostView(new Secret(`${receiver.url}/T0PIC?tpl=1&m={{.text}}`), clock)(viewOfNotice(NOTICE), never);
  const over: Notice = { ...NOTICE, event: "resolved", resolves: "needs_sign_in" };
  await createPostView(new Secret(receiver.url), clock)(viewOfNotice(over), never);
  expect(receiver.received.map(({ path, notice }) => ({ path, notice }))).toEqual([
    { path: "POST /T0PIC?tpl=1&m={{.text}}", notice: SHOWN },
    {
      path: "POST /",
      notice: {
        ...SHOWN,
        event: "resolved",
        resolves: "needs_sign_in",
        title: "gmail-export: all is well again",
        text: "gmail-export: all is well again. It cannot go on. Sign in.",
      },
    },
  ]);
  expect(receiver.received[0]!.headers).toMatchObject({
    "content-type": "application/json",
    title: "gmail-export: a sign-in is needed",
    "user-agent": "gmail-export",
  });
  expect(receiver.received[0]!.headers["authorization"]).toBeUndefined();
});

test("a test of alarms names nobody", async () => {
  await using receiver = await openReceiver();
  await createPostView(new Secret(receiver.url), clock)(viewOfTest(NOTICE.since), never);
  expect(receiver.received[0]!.notice).toMatchObject({ event: "test", account: null, export_id: null });
});

test("a user name and a password in the address are sent in their own header, as they were meant", async () => {
  await using receiver = await openReceiver();
  const address = receiver.url.replace("//", "//ada:p%40ss@");
  await createPostView(new Secret(address), clock)(viewOfNotice(NOTICE), never);
  const { headers, path } = receiver.received[0]!;
  expect([path, headers["authorization"]]).toEqual(["POST /", `Basic ${btoa("ada:p@ss")}`]);
});

test("what is not taken is a failure that says what to look at, and not where alarms go", async () => {
  await using receiver = await openReceiver();
  const address = `${receiver.url}/T0PIC`;
  receiver.answer.with = 503;
  expect(await failureAt(address)).toMatchObject({ code: "server_error", retry: "backoff" });
  receiver.answer.with = 429;
  expect(await failureAt(address)).toMatchObject({ code: "server_error", retry: "backoff" });
  receiver.answer.with = 404;
  expect(await failureAt(address)).toMatchObject({ code: "bad_request", message: expect.stringContaining("404") });
  receiver.answer.with = "cut";
  expect(await failureAt(address)).toMatchObject({ code: "network" });
  receiver.answer.with = "hang";
  expect(await failureAt(address, 100)).toMatchObject({ code: "timeout" });
});

test("a redirect is not followed", async () => {
  await using other = await openReceiver();
  await using receiver = await openReceiver();
  for (const status of [301, 302, 307, 308]) {
    receiver.answer.with = status;
    receiver.answer.location = other.url;
    expect(await failureAt(receiver.url)).toMatchObject({ code: "bad_request" });
  }
  expect([receiver.received.length, other.received.length]).toEqual([4, 0]);
});

test("an answer without an end is not waited for", async () => {
  await using receiver = await openReceiver();
  receiver.answer.with = "flood";
  await createPostView(new Secret(receiver.url), clock)(viewOfNotice(NOTICE), never);
  expect(receiver.received).toHaveLength(1);
});

test("whoever is told to stop posts no more", async () => {
  await using receiver = await openReceiver();
  receiver.answer.with = "hang";
  const stop = new AbortController();
  const posting = createPostView(new Secret(receiver.url), clock)(viewOfNotice(NOTICE), stop.signal);
  stop.abort(new Error("the server stops"));
  await expect(posting).rejects.toThrow("the server stops");
});

test("it goes through a proxy, where one leads there", async () => {
  await using proxy = await connectProxy();
  const asked: string[] = [];
  const post = createPostView(new Secret("https://hooks.example.com/T0PIC"), clock, ({ host }) => {
    asked.push(host);
    return new URL(proxy.url);
  });
  await expect(post(viewOfNotice(NOTICE), never)).rejects.toMatchObject({ failure: { code: "network" } });
  expect(asked).toEqual(["hooks.example.com"]);
  expect(proxy.asked).toEqual([{ host: "hooks.example.com:443", user: `Basic ${btoa("ada:secret")}` }]);
});

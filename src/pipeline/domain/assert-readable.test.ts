import { expect, test } from "vitest";

import { ExportError, refuse } from "../../core/errors.ts";
import { assertReadable } from "./assert-readable.ts";
import type { ReadProfile } from "./count-mail.ts";

const NEVER = new AbortController().signal;
const MAIL = { messagesTotal: 1, threadsTotal: 1 };
const missing = refuse("delegation_missing", "Nothing is delegated.", "Delegate it.");

function asking(answer: (account: string) => typeof MAIL): { asked: string[]; readProfile: ReadProfile } {
  const asked: string[] = [];
  return {
    asked,
    readProfile: async (account) => {
      asked.push(account);
      return answer(account);
    },
  };
}

const fail = (error: Error) => (): never => {
  throw error;
};

test("one of many is asked for, and where nothing is delegated that is all", async () => {
  const { asked, readProfile } = asking(fail(missing));
  await expect(assertReadable(["a@x.test", "b@X.test", "c@x.test"], readProfile, NEVER)).rejects.toBe(missing);
  expect(asked).toEqual(["a@x.test"]);
});

test("one of each domain is asked for, a few at most; those of a stranger stop nobody", async () => {
  const { asked, readProfile } = asking((account) => (account.endsWith("@ours.test") ? MAIL : fail(missing)()));
  await assertReadable(["a@theirs.test", "b@ours.test"], readProfile, NEVER);
  expect(asked).toEqual(["a@theirs.test", "b@ours.test"]);
  const many = asking(fail(missing));
  const accounts = Array.from({ length: 100 }, (_, n) => `a@d${n}.test`);
  await expect(assertReadable(accounts, many.readProfile, NEVER)).rejects.toBe(missing);
  expect(many.asked).toHaveLength(4);
});

test("what is about one account, or may pass, is left to the exports; a defect is not", async () => {
  const passing = new ExportError({ code: "network", retry: "backoff", message: "Away.", next: "Wait." });
  for (const error of [refuse("user_unusable", "Gone.", "Look."), refuse("no_mailbox", "None.", "Look."), passing])
    await assertReadable(["a@x.test"], asking(fail(error)).readProfile, NEVER);
  await expect(assertReadable(["a@x.test"], asking(fail(new TypeError("defect"))).readProfile, NEVER)).rejects.toThrow(
    "defect",
  );
  await assertReadable([], asking(fail(missing)).readProfile, NEVER);
});

import { expect, test } from "vitest";

import { ExportError, refuse } from "../../core/errors.ts";
import type { DomainUser } from "../../core/ports/domain-directory.ts";
import { countMail, type ReadProfile } from "./count-mail.ts";
import { forecastDomain, mostUnits } from "./forecast-domain.ts";

const NEVER = new AbortController().signal;

function user(n: number, more: Partial<DomainUser> = {}): DomainUser {
  const usual = { aliases: [], unit: "/", suspended: false, archived: false, hasMailbox: true };
  return { email: `user${n}@example.com`, ...usual, ...more };
}

const hundred: ReadProfile = async () => ({ messagesTotal: 100, threadsTotal: 40 });

test("a few at a time, in the order of the users", async () => {
  let now = 0;
  let most = 0;
  const users = Array.from({ length: 50 }, (_, n) => user(n));
  const counted = await countMail(
    users,
    async (account) => {
      most = Math.max(most, (now += 1));
      await new Promise(setImmediate);
      now -= 1;
      return { messagesTotal: Number(/\d+/.exec(account)![0]), threadsTotal: 1 };
    },
    NEVER,
  );
  expect(counted.map(({ mail }) => mail?.messages)).toEqual(users.map((_, n) => n));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(10);
});

test("who is suspended, archived or has no mailbox is not asked about, and one who is refused stops nobody", async () => {
  const asked: string[] = [];
  const users = [
    user(1, { suspended: true }),
    user(2, { archived: true }),
    user(3, { hasMailbox: false }),
    user(4),
    user(5),
  ];
  const counted = await countMail(
    users,
    async (account, signal) => {
      asked.push(account);
      if (account === users[3]!.email) throw refuse("user_unusable", "No.", "Look.");
      return hundred(account, signal);
    },
    NEVER,
  );
  expect(asked).toEqual([users[3]!.email, users[4]!.email]);
  expect(counted.map(({ mail, failure }) => mail?.messages ?? failure?.code)).toEqual([
    undefined,
    undefined,
    undefined,
    "user_unusable",
    100,
  ]);
});

test("what would go wrong with everybody ends it, and nobody else is asked about", async () => {
  let asked = 0;
  const missing = refuse("delegation_missing", "No.", "Paste it.");
  const counting = countMail(
    Array.from({ length: 100 }, (_, n) => user(n)),
    async () => {
      asked += 1;
      throw missing;
    },
    NEVER,
  );
  await expect(counting).rejects.toBeInstanceOf(ExportError);
  expect(asked).toBeLessThan(20);
});

test("the price of a mailbox is the lesser of message by message and conversation by conversation, and the listing", () => {
  expect(mostUnits({ messages: 1_000, conversations: 900 }, "2026")).toBe(20_000 + 10);
  expect(mostUnits({ messages: 1_000, conversations: 100 }, "2026")).toBe(4_000 + 10);
  expect(mostUnits({ messages: 1_000, conversations: 900 }, "legacy")).toBe(5_000 + 10);
  expect(mostUnits({ messages: 0, conversations: 0 }, "2026")).toBe(5);
});

test("the time is that of the longest lane, and never shorter than the project's limit allows", () => {
  const counted = [600, 300, 300].map((messages, n) => ({
    user: user(n),
    mail: { messages, conversations: messages },
  }));
  const limits = { tier: "2026", unitsPerMinute: 6_000, projectUnitsPerMinute: 1_200_000, concurrency: 2 } as const;
  const all = forecastDomain([...counted, { user: user(9) }], limits);
  expect(all).toMatchObject({ accounts: 3, messages: 1_200, units: 24_020 });
  expect(all.minutes).toBeCloseTo(12_010 / 6_000, 5); // the two smaller ones share a lane
  expect(forecastDomain(counted, { ...limits, concurrency: 3 }).minutes).toBeCloseTo(12_010 / 6_000, 5);
  expect(forecastDomain(counted, { ...limits, projectUnitsPerMinute: 6_000 }).minutes).toBeCloseTo(24_020 / 6_000, 5);
  expect(forecastDomain([], limits)).toMatchObject({ accounts: 0, units: 0, minutes: 0 });
});

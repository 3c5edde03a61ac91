import { expect, test } from "vitest";

import type { MailboxSource } from "../../core/ports/mailbox-source.ts";
import { readLabelMembers } from "./label-members.ts";

const MESSAGES = 50_000;
const LABELS = ["INBOX", "UNREAD", "CATEGORY_UPDATES", "Label_1"];

test("messages with four labels each take about a hundred bytes each", async () => {
  const idOf = (at: number) => (18e15 + at * 1_048_576).toString(16);
  const refs = Array.from({ length: MESSAGES }, (_, at) => ({ id: idOf(at), threadId: idOf(at - (at % 3)) }));
  const cursor = { source: "test", value: "7" };
  const source: Pick<MailboxSource, "profile" | "list"> = {
    profile: async () => ({ emailAddress: "ada@example.com", messagesTotal: 0, threadsTotal: 0, cursor }),
    async *list() {
      for (let at = 0; at < MESSAGES; at += 500) yield refs.slice(at, at + 500);
    },
  };
  const before = process.memoryUsage().arrayBuffers;
  const found = await readLabelMembers(source as MailboxSource, async () => LABELS, new AbortController().signal);
  expect(found.size).toBe(MESSAGES);
  expect(found.labelIds(idOf(MESSAGES - 1))).toEqual(LABELS);
  expect((process.memoryUsage().arrayBuffers - before) / MESSAGES).toBeLessThan(150);
});

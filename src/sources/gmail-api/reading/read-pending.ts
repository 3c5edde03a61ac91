import { failureOf, refuse, type Failure } from "../../../core/errors.ts";
import type { Conversation } from "../../../core/mail/ref.ts";
import type { Content, Message, Part } from "../../../core/mail/mail.ts";
import type { Reading, Step } from "../../../core/ports/mailbox-source.ts";
import { lacksText, textBodiesToFetch, withContents } from "../../../core/mail/parts.ts";
import type { Prices } from "../../../core/quota.ts";
import type { GmailClient } from "../calls/client.ts";
import type { Intake, Memory, Share } from "./memory.ts";
import { plan, type Call } from "./plan.ts";
import { mapInOrder } from "./pool.ts";

export type ReadPorts = Readonly<{
  client: GmailClient;
  memory: Memory;
  /** Calls of the plan kept going at once. */
  width: number;
  /** Messages that were not found, however often they were asked for: that is believed the next time at once. */
  missing: Set<string>;
}>;

/** Carries out the plan: a bounded number of calls go on at once, and results come in the order of the plan. */
export async function* readPending(
  { memory, ...ports }: ReadPorts,
  prices: Prices,
  pending: Iterable<Conversation>,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  using line = memory.openLine();
  const readCall = async (call: Call, limit: AbortSignal): Promise<Step & { share: Share }> => {
    const share = line.openShare();
    const reader = messageReader(ports, share, limit);
    const ended = call.method === "messages.get" ? [await reader.message(call.id)] : await reader.conversation(call);
    return { ended, units: prices[call.method], share };
  };
  for await (const { share, ...step } of mapInOrder(plan(pending, prices), ports.width, readCall, signal)) {
    yield step;
    share.close(); // when the next is asked for, this one has been written
  }
}

/** Reads for one call of the plan. Every wanted message ends, one way or another; what concerns the account is thrown. */
function messageReader({ client, missing }: Omit<ReadPorts, "memory">, intake: Intake, signal: AbortSignal) {
  const message = async (id: string): Promise<Reading> => {
    const believe = missing.has(id);
    try {
      const found = await client.messagesGet(id, signal, intake, believe);
      if (found.id !== id) return failed(id, "Gmail answered with another message.");
      return { outcome: "read", id, message: await withAllText(found) };
    } catch (error) {
      return endOf(id, await ownFailure(error));
    }
  };

  const conversation = async ({ threadId, ids }: Call & { method: "threads.get" }): Promise<Reading[]> => {
    const found = new Map<string, Message>();
    try {
      for (const one of await client.threadsGet(threadId, signal, intake)) found.set(one.id, one);
    } catch (error) {
      await ownFailure(error); // a conversation that is gone or cannot be read is asked for message by message
    }
    const ended: Reading[] = [];
    for (const id of ids) {
      const member = found.get(id);
      found.delete(id);
      ended.push(member ? await completed(member) : await message(id));
    }
    return ended;
  };

  /** A member of a conversation, with the text that was left out of it. What goes wrong is its own: the others are read. */
  const completed = async (member: Message): Promise<Reading> => {
    try {
      return { outcome: "read", id: member.id, message: await withAllText(member) };
    } catch (error) {
      return endOf(member.id, await ownFailure(error));
    }
  };

  const endOf = (id: string, failure: Failure): Reading => {
    if (failure.code !== "not_found") return failed(id, failure.message, failure);
    missing.add(id);
    return { outcome: "gone", id };
  };

  /** The failure, when it is this message's own; anything that concerns the whole account, or is a defect, is thrown on. */
  const ownFailure = async (error: unknown): Promise<Failure> => {
    const failure = failureOf(error);
    if (!failure || signal.aborted) throw error;
    if (failure.code === "not_found" || failure.code === "bad_request") return failure;
    if (failure.retry === "backoff" && failure.outage !== true) return failure;
    if (failure.code !== "forbidden" && failure.code !== "no_mailbox") throw error;
    await client.getProfile(signal); // which is refused as well where it is the account
    return failure;
  };

  /** The message with the text bodies that Gmail left out of it for their size. */
  const withAllText = async (given: Message): Promise<Message> => {
    try {
      return await withText(given);
    } catch (error) {
      if (!isStale(error)) throw error;
    }
    // An attachment's id is good for a while only. A message read anew has new ones; if that is gone, so is the message.
    const fresh = await client.messagesGet(given.id, signal, intake);
    try {
      return await withText(fresh);
    } catch (error) {
      if (!isStale(error)) throw error;
      throw textWithheld(error);
    }
  };

  const withText = async (given: Message): Promise<Message> => {
    if (lacksText(given)) throw textWithheld();
    const parts = textBodiesToFetch(given);
    if (parts.length === 0) return given;
    const contents = new Map<Part, Content>();
    for (const part of parts)
      contents.set(part, await client.attachmentsGet(given.id, part.content.handle, signal, intake));
    return withContents(given, contents);
  };

  return { message, conversation };
}

function failed(id: string, reason: string, failure?: Failure): Reading {
  const attempts = failure?.retry === "backoff" ? (failure.attempts ?? 1) : 1;
  return { outcome: "failed", id, reason, attempts };
}

/** Gmail says 400 or 404 of an attachment id it no longer knows. */
function isStale(error: unknown): boolean {
  const code = failureOf(error)?.code;
  return code === "not_found" || code === "bad_request";
}

function textWithheld(cause?: unknown): Error {
  return refuse(
    "bad_request",
    "Gmail does not give out the text of this message.",
    "Open the message in Gmail; if it shows there, try the failed messages again.",
    { cause },
  );
}

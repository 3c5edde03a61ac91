import { failureOf, refuse, type Failure } from "../../../core/errors.ts";
import { NO_CONTENT, type Content, type Message, type Part } from "../../../core/mail/mail.ts";
import {
  contentsOf,
  hasParts,
  headerValues,
  isScattered,
  lacksText,
  textBodiesToFetch,
  withContents,
} from "../../../core/mail/parts.ts";
import type { Keepers, Kept, Reading, Step, Want } from "../../../core/ports/mailbox-source.ts";
import { readParts } from "../../../formats/rfc5322/read-parts.ts";
import type { GmailClient } from "../calls/client.ts";
import { failureOfMessage } from "./failure-of-message.ts";
import type { Intake, Memory, Share } from "./memory.ts";
import { passOriginal, type PassingOriginal } from "./pass-original.ts";
import type { Call, Price } from "./plan.ts";
import { mapInOrder } from "./pool.ts";

export type ReadPorts = Readonly<{
  client: GmailClient;
  memory: Memory;
  /** Calls of the plan kept going at once. */
  width: number;
  /** Messages that were not found, however often they were asked for: that is believed the next time at once. */
  missing: Set<string>;
  /** Where that goes which is wanted beside text. */
  keep: Keepers | undefined;
  /** What a call of the plan takes at list price. */
  unitsOf(call: Call): number;
  /** What calls are believed to be charged. */
  price: Price;
}>;

/** Carries out the plan: a bounded number of calls go on at once, and results come in the order of the plan. */
export async function* readPending(
  { memory, unitsOf, ...ports }: ReadPorts,
  plan: Iterable<Call>,
  { attachments, originals, text }: Want,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  if ((attachments || originals) && !ports.keep) throw new RangeError("what is wanted must be kept somewhere");
  const keep = attachments ? ports.keep?.attachment : undefined;
  const keepOriginal = originals ? ports.keep?.original : undefined;
  using line = memory.openLine();
  const readCall = async (call: Call, limit: AbortSignal): Promise<Step & { share: Share }> => {
    const share = line.openShare();
    const reader = messageReader({ ...ports, keep, keepOriginal, wantsText: text !== false }, share, limit);
    const ended =
      call.method === "threads.get" ? await reader.conversation(call) : [await reader.message(call.id, call.format)];
    return { ended, units: unitsOf(call), share };
  };
  for await (const { share, ...step } of mapInOrder(plan, ports.width, readCall, signal)) {
    yield step;
    share.close(); // when the next is asked for, this one has been written
  }
}

/** Reads for one call of the plan. Every wanted message ends, one way or another; what concerns the account is thrown. */
function messageReader(
  {
    client,
    missing,
    keep,
    keepOriginal,
    price,
    wantsText,
  }: Pick<ReadPorts, "client" | "missing" | "price"> &
    Readonly<{
      keep: Keepers["attachment"] | undefined;
      keepOriginal: Keepers["original"] | undefined;
      wantsText: boolean;
    }>,
  intake: Intake,
  signal: AbortSignal,
) {
  const message = async (id: string, format: "full" | "raw" = "full"): Promise<Reading> => {
    const believe = missing.has(id);
    try {
      const whole = format === "raw" ? await inRaw(id, believe) : undefined;
      if (whole) return isOf(id, whole.message) ? { outcome: "read", id, ...whole } : another(id);
      if (format === "raw" && !wantsText && !keep) {
        const again = await inRaw(id, believe); // one answer without bytes proves nothing
        if (again && !isOf(id, again.message)) return another(id);
        return { outcome: "read", id, ...(again ?? { message: withoutParts(id) }) };
      }
      const found = await client.messagesGet(id, signal, intake, believe);
      if (!isOf(id, found)) return another(id);
      // It was thought to have no bytes, or one answer said so of what has content.
      const mayHaveBytes = format === "full" || hasParts(found);
      const late = keepOriginal && mayHaveBytes ? await inRaw(id, believe, found) : undefined;
      if (late) return { outcome: "read", id, ...late };
      return { outcome: "read", id, message: await complete(found, format === "full") };
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
      return { outcome: "read", id: member.id, message: await complete(member) };
    } catch (error) {
      return endOf(member.id, await ownFailure(error));
    }
  };

  const endOf = (id: string, failure: Failure): Reading => {
    if (failure.code !== "not_found") return failed(id, failure.message, failure);
    missing.add(id);
    return { outcome: "gone", id };
  };

  const ownFailure = (error: unknown): Promise<Failure> => failureOfMessage(error, client, signal);

  /**
   * The message with what Gmail left out of it: text bodies for their size, and attachments where they are wanted. What
   * takes more than one call, or is not to be had in pieces, comes with all of the message in one, where `mayBeRaw`.
   */
  const complete = async (given: Message, mayBeRaw = true): Promise<Message> => {
    const whole = keep && mayBeRaw && isBetterRaw(given, price) ? await inRaw(given.id, false, given) : undefined;
    if (whole) return whole.message;
    try {
      return await withContent(given);
    } catch (error) {
      if (!isStale(error)) throw error;
    }
    // An attachment's id is good for a while only. A message read anew has new ones; if that is gone, so is the message.
    const fresh = await client.messagesGet(given.id, signal, intake);
    try {
      return await withContent(fresh);
    } catch (error) {
      if (!isStale(error)) throw error;
      throw keep ? withheld(error) : textWithheld(error);
    }
  };

  const withContent = async (given: Message): Promise<Message> => {
    const found = await withText(given);
    if (!keep) return found;
    const contents = new Map<Part, Content>();
    for (const part of contentsOf(found).attachments) {
      const { content } = part;
      if (isScattered(part)) throw withheld();
      const handle = content.kept === "elsewhere" || content.kept === "here" ? content.handle : "";
      const kept =
        content.kept === "elsewhere"
          ? ((await client.attachmentsStream(found.id, handle, keep, signal)) ?? (await keep([])))
          : await keep(content.kept === "here" ? [content.read()] : []);
      contents.set(part, { kept: "stored", size: kept.bytes, sha256: kept.sha256, handle });
    }
    return withContents(found, contents);
  };

  /**
   * The message from its own bytes, its attachments kept as they pass. Undefined where Gmail has none, or none to be relied
   * on: chats were never mail, and their bytes may be cut (gmail-api.md §2.6). Throws where they are not of `seen`.
   */
  const inRaw = async (
    id: string,
    believe: boolean,
    seen?: Message,
  ): Promise<Readonly<{ message: Message; original?: Kept }> | undefined> => {
    if (seen && isChat(seen)) return undefined;
    let passing: PassingOriginal | undefined; // of the answer that is read now
    const reserve = async (bytes: number): Promise<void> => intake.reserve(bytes, signal);
    const keepPart = async (chunks: AsyncIterable<Buffer>): Promise<Content> => {
      const { sha256, bytes } = await keep!(chunks);
      return { kept: "stored", size: bytes, sha256, handle: "" };
    };
    const ports = keep ? { reserve, keep: keepPart } : { reserve };
    const read = async (bytes: AsyncIterable<Buffer>): Promise<Part> => {
      await passing?.abandon(); // of an answer that broke off
      passing = keepOriginal && passOriginal((chunks, date) => keepOriginal(id, chunks, date));
      return readParts(passing ? passing.through(bytes) : bytes, ports);
    };
    try {
      const { message: found, made } = await client.messagesGetRaw(id, read, signal, believe);
      if (made === undefined || isChat(found)) return undefined;
      const whole = { ...found, root: made };
      if (seen) assertSameMail(seen, whole);
      const contents = new Map<Part, Content>();
      for (const part of keep ? contentsOf(whole).attachments : [])
        if (part.content.kept !== "stored") {
          const kept = await keep!(part.content.kept === "here" ? [part.content.read()] : []);
          contents.set(part, { kept: "stored", size: kept.bytes, sha256: kept.sha256, handle: "" });
        }
      const original = found.id === id ? await passing?.finish(found.internalDate) : undefined;
      return { message: withContents(whole, contents), ...(original && { original }) };
    } finally {
      await passing?.abandon();
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

/** Of a message that has nothing of what is wanted of it. */
function withoutParts(id: string): Message {
  const root = { partId: "", mimeType: "", filename: "", headers: [], content: NO_CONTENT, parts: [] };
  return { id, threadId: "", labelIds: [], snippet: "", internalDate: undefined, sizeEstimate: 0, root };
}

function isOf(id: string, message: Message): boolean {
  return message.id === id;
}

function another(id: string): Reading {
  return failed(id, "Gmail answered with another message.");
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

/** Chats (gmail-api.md §2.6). */
function isChat({ labelIds }: Message): boolean {
  return labelIds.includes("CHAT");
}

/** Whether one `raw` costs less than what is missing, or nothing else brings it. */
function isBetterRaw(message: Message, price: Price): boolean {
  const { attachments } = contentsOf(message);
  const elsewhere = attachments.filter(({ content }) => content.kept === "elsewhere").length;
  if (attachments.some(isScattered)) return true;
  const missing = elsewhere + textBodiesToFetch(message).length;
  return elsewhere > 0 && missing * price("messages.attachments.get") > price("messages.get", "raw");
}

/** Two answers about one message must not contradict each other. */
function assertSameMail(seen: Message, raw: Message): void {
  const named = ({ root }: Message): string => headerValues(root, "Message-ID").join().trim();
  const count = (message: Message): number => contentsOf(message).attachments.length;
  if (seen.id === raw.id && named(seen) === named(raw) && count(seen) === count(raw)) return;
  throw refuse(
    "bad_request",
    "The bytes that Gmail gives of this message are not what it shows of it.",
    "Open the message in Gmail; if it shows there, try the failed messages again.",
  );
}

function withheld(cause?: unknown): Error {
  return refuse(
    "bad_request",
    "Gmail does not give out all of this message.",
    "Open the message in Gmail; if it shows there, try the failed messages again.",
    { cause },
  );
}

function textWithheld(cause?: unknown): Error {
  return refuse(
    "bad_request",
    "Gmail does not give out the text of this message.",
    "Open the message in Gmail; if it shows there, try the failed messages again.",
    { cause },
  );
}

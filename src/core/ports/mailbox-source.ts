import type { Filter } from "../mail/filter.ts";
import type { Message } from "../mail/mail.ts";
import type { Conversation, Ref } from "../mail/ref.ts";
import type { Spent } from "../quota.ts";
import type { EpochMs } from "../time.ts";
import type { NotKnown, Pace } from "./pacer.ts";

/** Label ids to the names people gave them. */
export type LabelNames = ReadonlyMap<string, string>;

/** A moment in a mailbox's history. Only the source that gave it, by its name, can read the value. */
export type Cursor = Readonly<{ source: string; value: string }>;

export type Profile = Readonly<{
  emailAddress: string;
  messagesTotal: number;
  threadsTotal: number;
  cursor: Cursor;
}>;

/**
 * What is wanted of a message beside its text. That always comes, unless `text` is false: then it is known already, each
 * message is known to have what is wanted, and one may come without its parts where nothing of it is to be had.
 */
export type Want = Readonly<{ attachments: boolean; originals: boolean; text?: false }>;

export const TEXT_ALONE: Want = { attachments: false, originals: false };

/** Content that was put where it stays. `bytes` is how many it has, `sha256` their hash, in hex. */
export type Kept = Readonly<{ sha256: string; bytes: number }>;

/** Puts content where it stays, as it comes: whole and durable when this resolves, and once however often it is put there. */
export type KeepContent = (chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => Promise<Kept>;

/**
 * Puts the original of a message, its own bytes, where it stays, as `KeepContent` does. When it came to the mailbox is asked
 * when all bytes have come: only then it may be known.
 */
type KeepOriginal = (
  id: string,
  chunks: AsyncIterable<Uint8Array>,
  internalDate: () => EpochMs | undefined,
) => Promise<Kept>;

/** Where that goes which is wanted beside text. */
export type Keepers = Readonly<{ attachment: KeepContent; original: KeepOriginal }>;

/** How the reading of one message ended. */
export type Reading =
  /** `original` where originals are wanted and the mailbox has the message's own bytes. */
  | Readonly<{ outcome: "read"; id: string; message: Message; original?: Kept }>
  /** The mailbox does not have it, however often it was asked. */
  | Readonly<{ outcome: "gone"; id: string }>
  | Readonly<{ outcome: "failed"; id: string; reason: string; attempts: number }>;

/** Messages that were read together, and the part of the planned units that is done with them. */
export type Step = Readonly<{ ended: readonly Reading[]; units: number }>;

/**
 * What reading takes: `units` at list price, `minutes` at the pace of now, from and to where it cannot be told closer, as
 * long as that is not known which `notKnown` names; `likelyMinutes` are between them. `bytes` of mail, where the source knows.
 */
export type Cost = Readonly<{
  calls: number;
  units: number;
  minutes: number | readonly [from: number, to: number];
  likelyMinutes: number;
  notKnown: readonly NotKnown[];
  bytes?: number;
}>;

/**
 * What happened in a mailbox since a cursor, in the order the mailbox tells it: to be taken as a set. It may tell of messages
 * that were never seen, and of one both that it came and that it went. The last of them is the cursor to go on from.
 */
export type Change =
  /** With the labels that it came with; undefined where they are not told. */
  | Readonly<{ change: "added"; ref: Ref; labelIds: readonly string[] | undefined }>
  /** Deleted for good. What is moved to the trash has another label. */
  | Readonly<{ change: "removed"; ref: Ref }>
  /** All labels of the message, as of then; undefined where that is not told, or cannot be believed: then they are read. */
  | Readonly<{ change: "labels"; ref: Ref; labelIds: readonly string[] | undefined }>
  | Readonly<{ change: "cursor"; cursor: Cursor }>;

/** The labels that a message has now. `failed` is why they could not be read: what is known of them stays. */
export type LabelReading =
  | Readonly<{ id: string; labelIds: readonly string[] }>
  | Readonly<{ id: string; gone: true }>
  | Readonly<{ id: string; failed: string }>;

/**
 * Where mail comes from. By what means it is read, in which calls and at what pace, is the source's own matter.
 * One folder of `sources/` for each; every one passes `test/contracts/mailbox-source.ts`.
 */
export type MailboxSource = Readonly<{
  /** Of its cursors. */
  name: string;
  profile(signal: AbortSignal): Promise<Profile>;
  labels(signal: AbortSignal): Promise<LabelNames>;
  /** Pages of refs, newest first in practice. A set: ids may repeat across pages. Throws `page_token_invalid` when the listing must be begun again. */
  list(filter: Filter, signal: AbortSignal): AsyncIterable<readonly Ref[]>;
  /** Learns what makes it cheaper to read this mail, and its cost better known; itself it costs next to nothing. */
  foresee(filter: Filter, want: Want, signal: AbortSignal): Promise<void>;
  /** Learns from a few of these messages, read without content, how large all of them are. At most 20 of the cheapest reads. */
  weigh(pending: Iterable<Conversation>, signal: AbortSignal): Promise<void>;
  /** What it takes to read these messages. Asks the mailbox nothing. */
  cost(pending: Iterable<Conversation>, want: Want): Promise<Cost>;
  /**
   * Reads these messages. Each ends exactly once, in the order given; a message that cannot be read ends as `failed` and
   * stops no other. Pulled: what is not asked for is not read much ahead. Throws what concerns the whole account.
   * Attachments and originals that are wanted are given to `keep`, some of them at once, before their message ends.
   */
  read(pending: Iterable<Conversation>, want: Want, signal: AbortSignal, keep?: Keepers): AsyncIterable<Step>;
  /**
   * Pulled, page by page. Throws `not_found` when the cursor has expired, `page_token_invalid` when they must be asked for
   * anew, and what the mailbox answers where that cannot be read: there is no cursor then, and only a listing knows the rest.
   */
  changes(since: Cursor, signal: AbortSignal): AsyncIterable<Change>;
  /**
   * Reads the labels of these messages and nothing else of them, each in the order given, at one read each: for those whose
   * labels nothing cheaper tells. Throws what concerns the whole account.
   */
  readLabels(ids: Iterable<string>, signal: AbortSignal): AsyncIterable<LabelReading>;
  /** What was spent on this mailbox since the program started. */
  spent(): Spent;
  pace(): Pace;
}>;

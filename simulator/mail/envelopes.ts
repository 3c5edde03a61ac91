import { eightBit, field, mailboxes, unstructured, type Header, type Person } from "./header.ts";
import { keysOf } from "./keys.ts";
import type { Random } from "./random.ts";
import { FOREIGN, PEOPLE } from "./words.ts";

/** What an envelope is made from. `me` is the mailbox's owner. */
export type Occasion = Readonly<{
  me: Person;
  /** Who wrote it: the owner, someone else, or the owner to themselves. */
  direction: "received" | "sent" | "to-self";
  subject: string;
  /** Epoch milliseconds. */
  date: number;
  messageId: string;
  /** Message-IDs of the conversation so far, oldest first. */
  references: readonly string[];
}>;

type Envelope = Readonly<
  Record<"date" | "from" | "to" | "cc" | "bcc" | "replyTo" | "subject" | "messageId" | "threading", readonly Header[]>
>;

type Variation = (occasion: Occasion, random: Random) => Partial<Envelope>;

/** Ways in which headers surprise. Each says only what differs from an ordinary envelope. */
const VARIATIONS = {
  ordinary: () => ({}),
  encodedSubject: ({ subject }) => ({ subject: [unstructured("Subject", `${subject} – à bientôt`)] }),
  quotedSubject: ({ subject }) => ({ subject: [unstructured("Subject", `${subject} = café?_`, { encoding: "Q" })] }),
  severalWords: ({ subject }) => ({
    subject: [unstructured("Subject", `${subject} – ${"déjà vu, 会議のお知らせ, Встреча; ".repeat(5).trimEnd()}`)],
  }),
  latin1Word: () => ({
    subject: [unstructured("Subject", FOREIGN.latin1.subject, { charset: "iso-8859-1", encoding: "Q" })],
  }),
  cyrillicWord: () => ({ subject: [unstructured("Subject", FOREIGN.russian.subject, { charset: "windows-1251" })] }),
  japaneseWord: () => ({ subject: [unstructured("Subject", FOREIGN.japanese.subject, { charset: "iso-2022-jp" })] }),
  chineseWord: () => ({ subject: [unstructured("Subject", FOREIGN.chinese.subject, { charset: "gb18030" })] }),
  emoji: () => ({ subject: [unstructured("Subject", FOREIGN.emoji.subject)] }),
  rightToLeft: () => ({ subject: [unstructured("Subject", FOREIGN.hebrew.subject)] }),
  veryLong: ({ subject }) => ({ subject: [unstructured("Subject", `${subject}${" and so on".repeat(120)}`)] }),
  oneLongLine: ({ subject }) => ({
    subject: [field("Subject", `${subject.replace(/[^ -~]/g, "")} ${"x".repeat(1_500)}`)],
  }),
  controlCharacters: () => ({ subject: [unstructured("Subject", "Ding\u0007 dong\tnow", { encoding: "Q" })] }),
  rawUtf8: () => ({
    subject: [eightBit("Subject", FOREIGN.portuguese.subject, "utf-8")],
    from: [eightBit("From", "José da Conceição <jose@lisboa.example>", "utf-8")],
  }),
  rawLatin1: () => ({ subject: [eightBit("Subject", FOREIGN.latin1.subject, "iso-8859-1")] }),
  /** One program wrote the first name, another the second. */
  rawBesideEncoded: () => {
    const [raw, encoded] = [
      eightBit("To", "José da Conceição <jose@lisboa.example>", "utf-8"),
      mailboxes("To", [{ name: "Łukasz Żółć", address: "lukasz@example.org" }]),
    ];
    const both = (form: "raw" | "shown" | "text") => `${raw[form]}, ${encoded[form]}`;
    return { to: [{ name: "To", raw: both("raw"), shown: both("shown"), text: both("text") }] };
  },
  duplicateTo: (_, random) => ({
    to: [
      mailboxes("To", [random.pick(PEOPLE)]),
      mailboxes("To", [{ name: "Second To", address: "second@example.com" }]),
    ],
  }),
  manyRecipients: () => ({
    to: [mailboxes("To", PEOPLE)],
    cc: [mailboxes("Cc", PEOPLE.toReversed(), { encoding: "Q" })],
  }),
  missingDate: () => ({ date: [] }),
  missingSubject: () => ({ subject: [] }),
  emptySubject: () => ({ subject: [field("Subject", "")] }),
  missingTo: () => ({ to: [] }),
  undisclosed: () => ({ to: [field("To", "undisclosed-recipients:;")] }),
  bogusDate: () => ({ date: [field("Date", "Thu, 32 Foo 1907 25:61 +9999 (never)")] }),
  missingMessageId: () => ({ messageId: [] }),
  shouting: ({ subject, messageId, date }) => ({
    subject: [unstructured("SUBJECT", subject)],
    messageId: [field("Message-Id", messageId)],
    date: [field("date", rfc5322Date(date, "GMT"))],
  }),
  blindCopy: ({ direction }, random) =>
    direction === "received" ? {} : { bcc: [mailboxes("Bcc", [random.pick(PEOPLE)])] },
  replyTo: (_, random) => ({ replyTo: [mailboxes("Reply-To", [random.pick(PEOPLE)])] }),
} satisfies Record<string, Variation>;

export type EnvelopeKind = keyof typeof VARIATIONS;

/** Each cycle of a mailbox holds every surprise once, and ordinary envelopes between. */
export const ENVELOPES: readonly EnvelopeKind[] = [...keysOf(VARIATIONS), "ordinary", "ordinary", "ordinary"];

export function envelope(kind: EnvelopeKind, occasion: Occasion, random: Random): Header[] {
  const parts: Envelope = { ...ordinary(occasion, random), ...VARIATIONS[kind](occasion, random) };
  return [
    ...trace(occasion, random),
    field("MIME-Version", "1.0"),
    ...parts.date,
    ...parts.messageId,
    ...parts.threading,
    ...parts.subject,
    ...parts.from,
    ...parts.replyTo,
    ...parts.to,
    ...parts.cc,
    ...parts.bcc,
  ];
}

function ordinary(occasion: Occasion, random: Random): Envelope {
  const { me, direction, subject, date, messageId, references } = occasion;
  const other = random.pick(PEOPLE);
  return {
    date: [field("Date", rfc5322Date(date, random.pick(["+0000", "+0100", "-0800 (PST)", "+0530"])))],
    from: [mailboxes("From", [direction === "received" ? other : me])],
    to: [mailboxes("To", [direction === "sent" ? other : me])],
    cc: random.chance(0.2) ? [mailboxes("Cc", [random.pick(PEOPLE), random.pick(PEOPLE)])] : [],
    bcc: [],
    replyTo: [],
    subject: [unstructured("Subject", references.length > 0 ? `Re: ${subject}` : subject)],
    messageId: [field("Message-ID", messageId)],
    threading:
      references.length > 0
        ? [field("In-Reply-To", references.at(-1)!), field("References", references.join("\r\n "))]
        : [],
  };
}

/** Received mail carries the way it came, newest hop first: the same header name several times. */
function trace({ me, direction, date }: Occasion, random: Random): Header[] {
  if (direction !== "received") return [];
  const hop = (age: number) =>
    field(
      "Received",
      `by 2002:a05:${random.hex(4)}:${random.hex(4)} with SMTP id ${random.hex(12)};\r\n        ${rfc5322Date(date - age, "-0800 (PST)")}`,
    );
  return [field("Delivered-To", me.address), hop(0), hop(1_000)];
}

/** `zone` such as "+0100 (CET)" or "GMT". */
export function rfc5322Date(epochMs: number, zone: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)/.exec(zone) ?? ["", "+", "0", "0"];
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return new Date(epochMs + offset).toUTCString().replace("GMT", zone);
}

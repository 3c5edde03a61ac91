import { ExportError, refuse } from "../../core/errors.ts";
import { createLedger, type Outcome } from "../../core/export/ledger.ts";
import type { Ref } from "../../core/mail/ref.ts";
import type { ExportDirectory } from "../../core/ports/export-directory.ts";
import type { Change, LabelReading, MailboxSource } from "../../core/ports/mailbox-source.ts";
import type { LabelMembers } from "./label-members.ts";

export const NEVER = new AbortController().signal;

export const refOf = (id: string): Ref => ({ id, threadId: `t-${id}` });

/** What a history tells of a message; labels that are left out are not told. */
export const change = {
  added: (id: string, ...labels: string[]): Change => ({ change: "added", ref: refOf(id), labelIds: told(labels) }),
  labels: (id: string, ...labels: string[]): Change => ({ change: "labels", ref: refOf(id), labelIds: told(labels) }),
  removed: (id: string): Change => ({ change: "removed", ref: refOf(id) }),
};

function told(labels: readonly string[]): readonly string[] | undefined {
  return labels.length > 0 ? labels : undefined;
}

export const outage = (): Error =>
  new ExportError({ code: "server_error", retry: "backoff", outage: true, message: "Gmail is away.", next: "" });

/** Message → labels. */
type Mail = Readonly<Record<string, readonly string[]>>;

/** A mailbox that a test moves on by hand. */
type Mailbox = {
  mail: Mail;
  labels: readonly string[];
  cursor: string;
  /** What is told since a cursor; of others the history has expired. */
  history: Record<string, readonly Change[] | Error>;
  /** Not found when they are read; or not read at all. */
  lost: readonly string[];
  unreadable: readonly string[];
  /** Labels by which it does not list. */
  refused: readonly string[];
  /** Called before each listing with its labels. */
  beforeListing: (labels: string) => void;
};

export type Given = Readonly<Partial<Mailbox>>;

/** A source over such a mailbox, and what it was asked for, such as "read a" or "list INBOX". */
export function sourceOver(given: Given) {
  const asked: string[] = [];
  const mailbox: Mailbox = {
    mail: {},
    labels: ["INBOX", "SPAM", "TRASH", "Label_1"],
    cursor: "2",
    history: { 1: [] },
    lost: [],
    unreadable: [],
    refused: [],
    beforeListing: () => {},
    ...given,
  };
  const find = (id: string): LabelReading => {
    asked.push(`read ${id}`);
    if (mailbox.unreadable.includes(id)) return { id, failed: "It could not be read." };
    const labelIds = mailbox.lost.includes(id) ? undefined : mailbox.mail[id];
    return labelIds ? { id, labelIds } : { id, gone: true };
  };
  const source: Partial<MailboxSource> = {
    name: "test",
    async profile() {
      asked.push("profile");
      const count = Object.keys(mailbox.mail).length;
      const cursor = { source: "test", value: mailbox.cursor };
      return { emailAddress: "ada@example.com", messagesTotal: count, threadsTotal: count, cursor };
    },
    async labels() {
      asked.push("labels");
      return new Map(mailbox.labels.map((label) => [label, label]));
    },
    async *list({ query, labels, includeSpamTrash }) {
      asked.push(["list", query, ...labels].filter((word) => word !== "").join(" "));
      mailbox.beforeListing(labels.join());
      if (labels.some((label) => mailbox.refused.includes(label))) throw refuse("bad_request", "Invalid label.", "");
      const isOut = (label: string): boolean => !includeSpamTrash && (label === "SPAM" || label === "TRASH");
      const found = Object.entries(mailbox.mail).filter(
        ([, has]) => !has.some(isOut) && labels.every((label) => has.includes(label)),
      );
      yield found.map(([id]) => refOf(id));
    },
    async *changes({ value }) {
      asked.push(`changes ${value}`);
      const history = mailbox.history[value] ?? refuse("not_found", "It has expired.", "");
      if (history instanceof Error) throw history;
      yield* history;
      yield { change: "cursor", cursor: { source: "test", value: mailbox.cursor } };
    },
    async *readLabels(ids) {
      for (const id of ids) yield find(id);
    },
  };
  return { source: source as MailboxSource, asked, mailbox };
}

/** A directory with these messages; of those that are `gone` an earlier run did not find them. */
export function directoryWith(
  outcomes: Readonly<Record<string, Outcome>>,
  {
    followedTo,
    listed = [],
    deleted = [],
    carriers = {},
    unproven = [],
  }: Readonly<{
    followedTo?: string;
    /** Of `outcomes` those that this run's own listing had. */
    listed?: readonly string[];
    deleted?: readonly string[];
    carriers?: Readonly<Record<string, readonly string[]>>;
    unproven?: readonly string[];
  }>,
): ExportDirectory {
  const ledger = createLedger();
  for (const [id, outcome] of Object.entries(outcomes)) {
    if (listed.includes(id)) ledger.add(refOf(id));
    ledger.recover(refOf(id), outcome);
  }
  const directory: Partial<ExportDirectory> = {
    ledger,
    followedTo,
    isDeleted: (id) => deleted.includes(id),
    isConfirmedGone: (id) => id.startsWith("confirmed"),
    findCarriers: async (isWanted) => new Map(Object.entries(carriers).filter(([label]) => isWanted(label))),
    knownLabels: new Set(["INBOX", ...Object.keys(carriers)]),
    unprovenLabels: new Set(unproven),
  };
  return directory as ExportDirectory;
}

/** All of a mailbox, as listings told it. */
export function createMembers(
  mail: Mail,
  {
    unsettled = [],
    refused = [],
    size = Object.keys(mail).length,
  }: Readonly<{ unsettled?: readonly string[]; refused?: readonly string[]; size?: number }> = {},
): LabelMembers {
  return {
    cursor: { source: "test", value: "2" },
    size,
    has: (id) => id in mail,
    *refs() {
      yield* Object.keys(mail).map(refOf);
    },
    labelIds: (id) => (unsettled.includes(id) ? undefined : mail[id]),
    told: new Set(),
    refused: new Set(refused),
    unsettled: new Set(unsettled),
  };
}

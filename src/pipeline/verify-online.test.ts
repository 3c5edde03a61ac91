import { describe, expect, test } from "vitest";

import { inProcess, type InProcess } from "../../test/in-process.ts";
import { readDirectory } from "../../test/on-disk.ts";
import { failureOf, refuse } from "../core/errors.ts";
import { createLedger } from "../core/export/ledger.ts";
import type { Manifest } from "../core/export/manifest.ts";
import { EVERYTHING } from "../core/mail/filter.ts";
import type { Change, MailboxSource } from "../core/ports/mailbox-source.ts";
import { createRecordedLabels } from "./recorded-labels.ts";
import { checkOnline } from "./verify-online.ts";
import { verify } from "./verify.ts";

const NEVER = new AbortController().signal;

const NAMES = new Map(
  Object.entries({
    INBOX: "INBOX",
    SPAM: "SPAM",
    TRASH: "TRASH",
    UNREAD: "UNREAD",
    Label_1: "Travel",
    Label_2: "Work",
  }),
);

/** What is in the mailbox, or in the records: message → labels. */
type Mail = Readonly<Record<string, readonly string[]>>;

const MAIL: Mail = { a: ["INBOX", "Label_1"], b: ["INBOX"], c: ["Label_2"], d: [] };

const ref = (id: string) => ({ id, threadId: `t-${id}` });
const without = (mail: Mail, ...ids: string[]): Mail =>
  Object.fromEntries(Object.entries(mail).filter(([id]) => !ids.includes(id)));

type Given = Readonly<{
  /** In the mailbox, the first time that it is listed and from then on. Default what is recorded. */
  mail?: Mail;
  later?: Mail;
  names?: ReadonlyMap<string, string>;
  /** The second time that labels are asked for, and from then on. */
  laterNames?: ReadonlyMap<string, string>;
  recorded?: Mail;
  recordedNames?: ReadonlyMap<string, string>;
  manifest?: Partial<Manifest>;
  /** Records that cannot be read. */
  malformed?: readonly string[];
  /** Labels that the mailbox does not list by. */
  refused?: readonly string[];
  /** The mailbox moves with every look at it, and tells this. */
  history?: readonly Change[];
}>;

async function checked({
  recorded = MAIL,
  mail = recorded,
  later = mail,
  names = NAMES,
  laterNames = names,
  recordedNames = NAMES,
  manifest = {},
  malformed = [],
  refused = [],
  history = [],
}: Given) {
  let [listings, asked, looks] = [0, 0, 0];
  const source: Pick<MailboxSource, "profile" | "labels" | "list" | "changes"> = {
    async profile() {
      looks += history.length > 0 ? 1 : 0;
      const cursor = { source: "test", value: String(looks) };
      return { emailAddress: "ada@example.com", messagesTotal: 4, threadsTotal: 4, cursor };
    },
    labels: async () => ((asked += 1) === 1 ? names : laterNames),
    async *list({ query, labels, includeSpamTrash }) {
      if (labels.length === 0 && includeSpamTrash) listings += 1;
      if (labels.some((label) => refused.includes(label))) throw refuse("bad_request", "No.", "Nothing.");
      const found = Object.entries(listings > 1 ? later : mail).filter(([, has]) => {
        const isHidden = has.includes("SPAM") || has.includes("TRASH");
        return labels.every((label) => has.includes(label)) && (includeSpamTrash || !isHidden) && query === "";
      });
      yield found.map(([id]) => ref(id));
    },
    async *changes() {
      yield* history;
      yield { change: "cursor", cursor: { source: "test", value: "99" } };
    },
  };
  const messages = createLedger();
  const labels = createRecordedLabels(new Set(manifest.deleted?.map(({ id }) => id)));
  for (const [id, has] of Object.entries(recorded)) {
    messages.recover(ref(id), "exported");
    if (malformed.includes(id)) continue;
    labels.add({ "Message-ID": id, Labels: has, "Label-Names": has.map((label) => recordedNames.get(label) ?? label) });
  }
  const found: string[] = [];
  const verdict = await checkOnline(
    { manifest: { filter: EVERYTHING, max_emails: null, failed: [], ...manifest } as Manifest, messages, labels },
    source as MailboxSource,
    (kind, subject, detail) => found.push(`${kind} ${subject}: ${detail}`),
    () => {},
    NEVER,
  );
  return { found, listings, asked, ...verdict };
}

test("an export that has all mail with its labels is proven by one listing", async () => {
  expect(await checked({})).toEqual({ found: [], listings: 1, asked: 1, deletedSince: [], unprovenLabels: [] });
});

describe("what no run has followed is named:", () => {
  test.each<[string, Given, string[], string[]]>([
    ["mail that came", { mail: { ...MAIL, new: ["INBOX"] } }, ["missing new: is in Gmail, but not in the export"], []],
    [
      "mail that was deleted",
      { mail: without(MAIL, "b", "d") },
      ["b", "d"].map((id) => `deleted ${id}: was deleted in Gmail, and no run has seen that yet`),
      ["b", "d"],
    ],
    [
      "labels that came and went",
      { mail: { ...MAIL, a: ["INBOX", "UNREAD"], d: ["Label_2"] } },
      ["relabelled a: has other labels in Gmail: Travel, UNREAD", "relabelled d: has other labels in Gmail: Work"],
      [],
    ],
    [
      "mail that was moved to the trash, by its label",
      { mail: { ...MAIL, b: ["TRASH"] } },
      ["relabelled b: has other labels in Gmail: INBOX, TRASH"],
      [],
    ],
    [
      "a label that the mailbox got since, and a message with it",
      { recorded: without(MAIL, "c"), mail: { ...MAIL, c: ["Label_2"] } },
      ["missing c: is in Gmail, but not in the export"],
      [],
    ],
    [
      "a label that was renamed, once for all its messages",
      { recorded: { ...MAIL, d: ["Label_1"] }, names: new Map([...NAMES, ["Label_1", "Trips"]]) },
      ['relabelled Label_1: is the label "Travel" here, and "Trips" in Gmail'],
      [],
    ],
    [
      "a label that was deleted, also where nothing can be listed by it any more",
      { names: new Map([...NAMES].filter(([id]) => id !== "Label_2")), refused: ["Label_2"] },
      ['relabelled Label_2: is the label "Work" here, and none in Gmail any more'],
      [],
    ],
    [
      "a message that is said to be deleted and is there",
      { manifest: { deleted: [{ id: "b", seenAt: "2026-11-01T00:00:00.000Z" }] } },
      ["changed b: is said to be deleted in Gmail, but is there"],
      [],
    ],
  ])("%s", async (_, given, found, deletedSince) => {
    expect(await checked(given)).toMatchObject({ found, deletedSince });
  });
});

describe("no difference is", () => {
  test.each<[string, Given, Partial<Awaited<ReturnType<typeof checked>>>]>([
    [
      "a message that a run has seen to be deleted, whatever labels and names it has kept",
      {
        mail: without(MAIL, "c"),
        names: new Map([...NAMES].filter(([id]) => id !== "Label_2")),
        manifest: { deleted: [{ id: "c", seenAt: "2026-11-01T00:00:00.000Z" }] },
      },
      { deletedSince: ["c"] },
    ],
    [
      "a message that was pruned",
      { manifest: { deleted: [{ id: "z", seenAt: "2026-11-01T00:00:00.000Z", pruned: true }] } },
      { deletedSince: [] },
    ],
    ["a message in the trash that a run has followed there", { recorded: { ...MAIL, b: ["TRASH"] } }, {}],
    ["spam and trash in an export without them", { mail: { ...MAIL, x: ["SPAM"], y: ["INBOX", "TRASH"] } }, {}],
    [
      "a message that is named as failed",
      { mail: { ...MAIL, x: [] }, manifest: { failed: [{ id: "x", reason: "No.", attempts: 1 }] } },
      {},
    ],
    ["what labels a record has that cannot be read", { malformed: ["a"] }, {}],
    [
      "of the newest so many, what lies behind them",
      { recorded: { a: MAIL["a"]!, b: MAIL["b"]! }, mail: MAIL, manifest: { max_emails: 2 } },
      {},
    ],
    ["an order of labels", { recorded: { a: ["Label_1", "INBOX"] }, mail: { a: ["INBOX", "Label_1"] } }, {}],
    [
      "a label of which the mailbox does not tell the members: it is named as not proven",
      { recorded: { a: ["Label_404", "INBOX"] }, mail: { a: ["INBOX"] }, refused: ["Label_404"] },
      { unprovenLabels: ["Label_404"] },
    ],
  ])("%s", async (_, given, more) => {
    expect(await checked(given)).toMatchObject({ found: [], ...more });
  });
});

describe("what differs is asked for once more, and is no difference when that was odd:", () => {
  test.each<[string, Given]>([
    ["a message that was not listed", { mail: without(MAIL, "a"), later: MAIL }],
    ["a message that was listed", { mail: { ...MAIL, x: [] }, later: MAIL }],
    ["a message that came, and was moved to the trash", { mail: { ...MAIL, x: [] }, later: { ...MAIL, x: ["TRASH"] } }],
    [
      "a deleted message that was listed",
      {
        mail: MAIL,
        later: without(MAIL, "c"),
        manifest: { deleted: [{ id: "c", seenAt: "2026-11-01T00:00:00.000Z" }] },
      },
    ],
    ["a label without some of its messages", { mail: { ...MAIL, a: ["INBOX"] }, later: MAIL }],
    ["a name of a label", { names: new Map([...NAMES, ["Label_1", "Trips"]]), laterNames: NAMES }],
    ["a mailbox that has no labels", { names: new Map(), laterNames: NAMES }],
  ])("%s", async (_, given) => {
    expect((await checked(given)).found).toEqual([]);
  });

  test("a difference that only the second answer shows is not told by it alone", async () => {
    const given = {
      mail: { ...MAIL, a: ["INBOX"], x: [] },
      later: { ...without(MAIL, "b"), a: ["INBOX"], x: [], y: [] },
      names: new Map([...NAMES, ["Label_1", "Trips"]]),
      laterNames: new Map([...NAMES, ["Label_1", "Trips"], ["Label_2", "Job"]]),
    };
    expect(await checked(given)).toMatchObject({
      found: [
        "missing x: is in Gmail, but not in the export",
        "relabelled a: has other labels in Gmail: Trips",
        'relabelled Label_1: is the label "Travel" here, and "Trips" in Gmail',
      ],
      listings: 2,
    });
  });
});

test("that a mailbox has no labels, not even Gmail's own, is never believed", async () => {
  const error: unknown = await checked({ names: new Map() }).catch((caught: unknown) => caught);
  expect(failureOf(error)).toMatchObject({ code: "malformed_response", message: expect.stringContaining("no labels") });
});

test("a message that changes all the time, and whose labels the history does not tell, is not proven", async () => {
  const history: Change[] = [{ change: "labels", ref: ref("a"), labelIds: undefined }];
  const { found, listings } = await checked({ history });
  expect(found).toEqual(["relabelled a: changed in Gmail whenever it was looked at"]);
  expect(listings).toBe(3);
  const unlisted = await checked({ mail: without(MAIL, "a"), history });
  expect(unlisted.found).toEqual(["relabelled a: changed in Gmail whenever it was looked at"]);
});

test("with spam and trash, or by a query, an export has to have what such a listing names", async () => {
  const all = { manifest: { filter: { ...EVERYTHING, includeSpamTrash: true } } };
  expect((await checked({ ...all, mail: { ...MAIL, x: ["SPAM"] } })).found).toEqual([
    "missing x: is in Gmail, but not in the export",
  ]);
  const labelled = {
    manifest: { filter: { ...EVERYTHING, labels: ["INBOX"] } },
    recorded: { a: MAIL["a"]!, b: MAIL["b"]! },
  };
  expect((await checked({ ...labelled, mail: MAIL })).found).toEqual([]);
  expect((await checked({ ...labelled, mail: { ...MAIL, c: ["INBOX"] } })).found).toEqual([
    "missing c: is in Gmail, but not in the export",
  ]);
  const moved = { ...labelled, mail: { a: MAIL["a"]!, b: ["Label_2"] } };
  expect((await checked(moved)).found).toEqual(["relabelled b: has other labels in Gmail: INBOX, Work"]);
});

test("where spam or trash cannot be listed by label, a listing without them tells what has to be there", async () => {
  const refused = ["SPAM", "TRASH"];
  expect(await checked({ refused, mail: { ...MAIL, x: ["SPAM"] } })).toMatchObject({ found: [] });
  expect((await checked({ refused, mail: { ...MAIL, x: ["INBOX"] } })).found).toHaveLength(1);
});

describe("against a simulated Gmail", () => {
  const online = (w: InProcess) => w.clock.run(verify(w.directory, readDirectory, NEVER, w.source), 2);

  test("everything that no run has seen is named, and no message is read for it", async () => {
    await using w = await inProcess({ messages: 120 });
    const mailbox = w.google.mailbox();
    const label = mailbox.makeLabel("Taxes");
    const inbox = mailbox.ids().filter((id) => mailbox.labelIds(id).includes("INBOX"));
    const [relabelled, trashed, deleted, tagged] = inbox as [string, string, string, string];
    mailbox.setLabels(tagged, ["INBOX", label]);
    await w.run();
    w.google.meter.reset();
    expect(await online(w)).toMatchObject({ sound: true, deletedSince: [], unprovenLabels: ["Label_404"] });
    expect(Object.keys(w.google.meter.calls).toSorted()).toEqual(["getProfile", "labels.list", "messages.list"]);

    mailbox.setLabels(relabelled, ["STARRED"]);
    mailbox.moveTo(trashed, "TRASH");
    mailbox.remove(deleted);
    mailbox.renameLabel(label, "Old taxes");
    const added = mailbox.add({ labelIds: ["INBOX"] });
    w.google.faults.add({ kind: "emptyLabels", times: 1 });
    w.google.meter.reset();
    const { findings, deletedSince } = await online(w);
    expect(findings.map(({ kind, subject }) => `${kind} ${subject}`).toSorted()).toEqual(
      [
        `deleted ${deleted}`,
        `missing ${added}`,
        `relabelled ${label}`,
        `relabelled ${relabelled}`,
        `relabelled ${trashed}`,
      ].toSorted(),
    );
    expect(deletedSince).toEqual([deleted]);
    expect(Object.keys(w.google.meter.calls).toSorted()).toEqual(["getProfile", "labels.list", "messages.list"]);
  });
});

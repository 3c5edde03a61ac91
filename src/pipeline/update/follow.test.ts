import { describe, expect, test } from "vitest";

import { ExportError, refuse, type FinalCode } from "../../core/errors.ts";
import type { Outcome } from "../../core/export/ledger.ts";
import { EVERYTHING, type Filter } from "../../core/mail/filter.ts";
import type { Change } from "../../core/ports/mailbox-source.ts";
import { createFollower } from "./follow.ts";
import { change, directoryWith, NEVER, outage, refOf, sourceOver, type Given } from "./testing.ts";

const ALL: Filter = { ...EVERYTHING, includeSpamTrash: true };
const LABELS = ["INBOX", "SPAM", "TRASH", "Label_1"];
const FILTERS: readonly Filter[] = [EVERYTHING, ALL];

/** A follower of a mailbox at cursor 2, by a directory that has everything up to 1. */
function follower({
  here = {},
  filter = EVERYTHING,
  maxEmails = null,
  followedTo = "1",
  listedAt = "1",
  listed = [],
  carriers = {},
  ...given
}: Given & {
  here?: Readonly<Record<string, Outcome>>;
  filter?: Filter;
  maxEmails?: number | null;
  followedTo?: string | null;
  listedAt?: string;
  listed?: readonly string[];
  carriers?: Readonly<Record<string, readonly string[]>>;
}) {
  const { source, asked, mailbox } = sourceOver(given);
  const directory = directoryWith(here, { ...(followedTo !== null && { followedTo }), listed, carriers });
  let now = 0;
  const clock = { now: () => (now += 1), sleep: async () => {} };
  const names = new Map(mailbox.labels.map((label) => [label, label]));
  const ports = { source, directory, clock, filter, maxEmails, names };
  const { follow, followed } = createFollower(ports, { source: "test", value: listedAt });
  return {
    mailbox,
    ledger: directory.ledger,
    asked,
    /** Ids that may have to be added, and what the mailbox was asked for beyond profile and history. */
    async follow() {
      asked.length = 0;
      const refs = await follow(NEVER);
      const found = refs.map(({ id }) => id);
      expect(refs).toEqual(found.map((id) => expect.objectContaining({ id })));
      return { found, asked: asked.filter((one) => one !== "profile" && !one.startsWith("changes")) };
    },
    followed,
  };
}

test("nothing is known before anything was followed", () => {
  expect(() => follower({}).followed()).toThrow(RangeError);
});

describe("what the history tells is new", () => {
  const found = async (history: readonly Change[], filter: Filter, given: Parameters<typeof follower>[0] = {}) =>
    follower({ history: { 1: history }, filter, ...given }).follow();

  test.each<[string, readonly Change[], readonly string[]]>([
    ["came", [change.added("a", "INBOX")], ["a"]],
    ["came out of the trash", [change.labels("a", "INBOX")], ["a"]],
    ["came into spam, and out of it", [change.added("a", "SPAM"), change.labels("a", "INBOX")], ["a"]],
    ["was never here, and was deleted", [change.removed("a")], []],
    ["was relabelled and deleted", [change.labels("a", "INBOX"), change.removed("a")], []],
    ["was relabelled unclearly and deleted", [change.labels("a"), change.removed("a")], []],
  ])("where it %s, without a read", async (_, history, ids) => {
    for (const filter of FILTERS) expect(await found(history, filter)).toEqual({ found: ids, asked: [] });
  });

  test.each<[string, readonly Change[]]>([
    ["came into spam", [change.added("a", "SPAM")]],
    ["went into the trash", [change.labels("a", "TRASH")]],
    ["came, and went into spam", [change.added("a", "INBOX"), change.labels("a", "INBOX", "SPAM")]],
  ])("where it %s, when spam and trash are wanted", async (_, history) => {
    expect(await found(history, EVERYTHING)).toEqual({ found: [], asked: [] });
    expect(await found(history, ALL)).toEqual({ found: ["a"], asked: [] });
  });

  test.each<[string, readonly Change[]]>([
    ["its labels are not told", [change.labels("a")]],
    ["it came and was deleted", [change.added("a", "INBOX"), change.removed("a")]],
    ["it was deleted and then relabelled", [change.removed("a"), change.labels("a", "INBOX")]],
  ])("where a read says so when %s", async (_, history) => {
    for (const filter of FILTERS) {
      const given = { mail: { a: ["INBOX"] } };
      const there = await found(history, filter, given);
      expect(there).toEqual({ found: ["a"], asked: expect.arrayContaining(["read a"]) });
      expect((await found(history, filter, { ...given, unreadable: ["a"] })).found).toEqual(["a"]);
      expect((await found(history, filter, { ...given, mail: {} })).found).toEqual([]);
      const trashed = await found(history, filter, { ...given, mail: { a: ["TRASH"] } });
      expect(trashed.found).toEqual(filter.includeSpamTrash ? ["a"] : []);
    }
  });

  test("where it came with labels that are not told: they matter where spam and trash stay out", async () => {
    const history = [change.added("a"), change.added("b")];
    const mail = { a: ["INBOX"], b: ["TRASH"] };
    expect((await found(history, EVERYTHING, { mail })).found).toEqual(["a"]);
    expect(await found(history, ALL, { mail })).toEqual({ found: ["a", "b"], asked: [] });
    const removed = [change.added("a"), change.labels("a"), change.removed("a")];
    expect((await found(removed, EVERYTHING)).found).toEqual([]);
  });

  test("unless it is here already, or is to be read anyway", async () => {
    const here: Record<string, Outcome> = { a: "exported", b: "failed", c: "pending" };
    const history = Object.keys(here).flatMap((id) => [change.added(id, "INBOX"), change.labels(id)]);
    expect(await found(history, EVERYTHING, { here })).toEqual({ found: [], asked: [] });
  });

  /** So many that a listing is dearer than a read, and one that is not there is looked for by it. */
  const HERE = Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`here${n}`, "exported" as const]));

  test("is read, not listed, where the mailbox is large, and one that is known to go is believed to have gone", async () => {
    const history = [change.added("a", "INBOX"), change.removed("a")];
    expect(await found(history, EVERYTHING, { here: HERE })).toEqual({ found: [], asked: ["read a"] });
    const unclear = await found([change.labels("a")], EVERYTHING, { here: HERE, mail: { a: ["INBOX"] }, lost: ["a"] });
    expect(unclear).toEqual({ found: ["a"], asked: ["read a", "list"] }); // it is listed: it could not be read
  });
});

describe("a message that an earlier run did not find", () => {
  const gone = { gone: "gone", confirmed: "gone" } as const;

  test("is listed once, at the price of one listing; it is there, or confirmed to be gone", async () => {
    const lost = follower({ here: gone, mail: { gone: ["INBOX"] } });
    expect(await lost.follow()).toEqual({ found: ["gone"], asked: ["list"] });
    expect(lost.followed().isConfirmedGone("gone")).toBe(false);
    expect(await lost.follow()).toEqual({ found: [], asked: [] });
    const removed = follower({ here: gone, mail: { other: ["INBOX"] } });
    expect(await removed.follow()).toEqual({ found: [], asked: ["list"] });
    expect(removed.followed().isConfirmedGone("gone")).toBe(true);
    expect(await removed.follow()).toEqual({ found: [], asked: [] });
  });

  test("is not listed where the history tells what became of it", async () => {
    const removed = follower({ here: gone, history: { 1: [change.removed("gone")] } });
    expect(await removed.follow()).toEqual({ found: [], asked: [] });
    expect(removed.followed().isConfirmedGone("gone")).toBe(true);
    const back = follower({ here: gone, history: { 1: [change.labels("gone", "INBOX")] } });
    expect(await back.follow()).toEqual({ found: ["gone"], asked: [] });
    expect(back.followed().isConfirmedGone("gone")).toBe(false);
  });

  test("is listed where the history contradicts itself", async () => {
    const history = { 1: [change.removed("gone"), change.labels("gone", "SPAM"), change.removed("gone")] };
    const odd = follower({ here: gone, history });
    expect((await odd.follow()).asked).toContain("list");
    const trashed = follower({ history });
    await trashed.follow();
    expect(trashed.followed().isConfirmedGone("gone")).toBe(false);
  });

  test("is listed as the filter wants it", async () => {
    const filter = { ...EVERYTHING, labels: ["Label_1"] };
    const found = await follower({ here: gone, filter, listedAt: "2", mail: { gone: ["Label_1"] } }).follow();
    expect(found).toEqual({ found: ["gone"], asked: ["list Label_1"] });
  });

  test("is new once in a run, and so is none that was listed in this one", async () => {
    const one = follower({ here: gone, history: { 1: [change.labels("gone", "INBOX")], 2: [change.labels("gone")] } });
    expect((await one.follow()).found).toEqual(["gone"]);
    one.mailbox.cursor = "3";
    expect(await one.follow()).toEqual({ found: [], asked: [] }); // the end of the run looks for it
    const now = follower({ history: { 1: [change.labels("now", "INBOX")] } });
    now.ledger.add(refOf("now"));
    now.ledger.mark("now", "gone");
    expect(await now.follow()).toEqual({ found: [], asked: [] });
  });

  test("is not looked for where this run's own listing had it", async () => {
    const one = follower({ here: { gone: "gone" }, listed: ["gone"], history: { 1: [], 2: [change.labels("gone")] } });
    expect(await one.follow()).toEqual({ found: [], asked: [] });
    one.ledger.mark("gone", "exported"); // it was looked for once more
    one.mailbox.cursor = "3";
    expect(await one.follow()).toEqual({ found: [], asked: [] });
  });
});

describe("where the history cannot tell", () => {
  const everything = { followedTo: null, mail: { a: ["INBOX"], b: ["TRASH"], c: [], here: ["INBOX"] } } as const;
  const here = { here: "exported" } as const;

  test("all of the mailbox is compared, and what is wanted of it is added", async () => {
    expect((await follower({ ...everything, here }).follow()).found).toEqual(["a", "c"]);
    const all = await follower({ ...everything, here, filter: ALL }).follow();
    expect([all.found, all.asked.filter((one) => one.startsWith("read"))]).toEqual([["a", "b", "c"], []]);
    const first = follower(everything);
    await first.follow();
    expect(first.asked.filter((one) => one.startsWith("changes"))).toEqual([]);
  });

  test("labels that it has now are asked about, those of the records, and those it had as the run began", async () => {
    const one = follower({ ...everything, carriers: { Label_9: ["here"], INBOX: ["here"] } });
    one.mailbox.labels = [...LABELS.filter((label) => label !== "Label_1"), "Label_2"];
    const { asked } = await one.follow();
    const listed = new Set(asked.filter((ask) => ask.startsWith("list ")));
    expect(listed).toEqual(
      new Set(["INBOX", "SPAM", "TRASH", "Label_1", "Label_2", "Label_9"].map((l) => `list ${l}`)),
    );
    expect([...one.followed().names.keys()]).toEqual(one.mailbox.labels);
    const odd = follower(everything);
    odd.mailbox.labels = [];
    await odd.follow();
    expect([...odd.followed().names.keys()]).toEqual(LABELS); // that there are none is not believed
  });

  test.each(["SPAM", "TRASH"])("those are read of which %s is not told, where that matters", async (label) => {
    const { found, asked } = await follower({ ...everything, here, refused: [label] }).follow();
    expect(found).toEqual(["a", "c"]);
    expect(asked.filter((one) => one.startsWith("read")).toSorted()).toEqual(["read a", "read b", "read c"]);
    const all = await follower({ ...everything, here, refused: [label], filter: ALL }).follow();
    expect([all.found, all.asked.includes("read a")]).toEqual([["a", "b", "c"], false]);
  });

  test("what changed while it was listed is read where it is not told clearly", async () => {
    const history = [
      change.labels("a"),
      change.labels("b"),
      change.added("new", "INBOX"),
      change.added("gone", "INBOX"),
      change.labels("here"),
      change.labels("known"),
    ];
    const moving = (filter: Filter) => {
      const known = { ...here, known: "exported" } as const;
      const one = follower({ ...everything, here: known, filter, history: { 2: history } });
      const { mail } = one.mailbox;
      const readable = { ...mail, new: ["INBOX"], known: ["INBOX"] };
      one.mailbox.beforeListing = (labels) => {
        one.mailbox.cursor = "3";
        if (labels === "Label_1") one.mailbox.mail = readable; // when all was listed
      };
      return one;
    };
    const wanted = await moving(EVERYTHING).follow();
    expect(wanted.found.toSorted()).toEqual(["a", "c", "new"]);
    expect(wanted.asked).not.toContain("read here");
    expect(wanted.asked).not.toContain("read known");
    const all = moving(ALL);
    const { found, asked } = await all.follow();
    expect(found.toSorted()).toEqual(["a", "b", "c", "new"]);
    expect(asked).not.toContain("read a"); // it is wanted whatever its labels are
    expect(all.followed().cursor.value).toBe("3");
  });

  test("a large mailbox is not listed once more for one message that is not told clearly", async () => {
    const mail = Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`m${n}`, ["INBOX"]]));
    const one = follower({ followedTo: null, mail, history: { 2: [change.labels("m0")] } });
    one.mailbox.beforeListing = () => {
      one.mailbox.cursor = "3";
    };
    const { found, asked } = await one.follow();
    expect([found.length, asked.includes("read m0")]).toEqual([9_000, true]);
    expect(asked.filter((ask) => ask === "list")).toHaveLength(1);
  });

  test("what was told before counts no more, and the moment is that of the comparison", async () => {
    const one = follower({ mail: { a: ["INBOX"] }, history: { 1: [change.labels("a", "INBOX")] } });
    await one.follow();
    expect([one.followed().told.size, one.followed().at]).toEqual([1, 1]);
    one.mailbox.cursor = "3";
    await one.follow();
    expect([one.followed().told.size, one.followed().at, one.followed().cursor.value]).toEqual([0, 3, "3"]);
  });

  test.each<FinalCode>(["not_found", "page_token_invalid", "bad_request", "forbidden"])("for %s", async (code) => {
    const one = follower({ ...everything, followedTo: "1", history: { 1: refuse(code, "No.", "") } });
    expect((await one.follow()).found).toEqual(["a", "c", "here"]);
  });

  test("for an answer that cannot be read; but not while Gmail is away, or where it is about the account", async () => {
    const odd = new ExportError({ code: "malformed_response", retry: "backoff", message: "Odd.", next: "" });
    const compared = follower({ ...everything, followedTo: "1", history: { 1: odd } });
    expect((await compared.follow()).found).toEqual(["a", "c", "here"]);
    for (const error of [outage(), refuse("daily_limit", "No.", ""), new TypeError("a defect")])
      await expect(follower({ ...everything, followedTo: "1", history: { 1: error } }).follow()).rejects.toBe(error);
  });
});

describe("chosen mail", () => {
  const mail = { a: ["INBOX", "Label_1"], b: ["INBOX"], here: ["Label_1"] };
  const chosen = { filter: { ...EVERYTHING, labels: ["Label_1"] }, mail, here: { here: "exported" } } as const;
  const history = { 1: [change.added("a", "INBOX", "Label_1"), change.added("b", "INBOX"), change.labels("c")] };

  test("is listed when something has happened since the last listing, and once for each time", async () => {
    const one = follower({ ...chosen, history: { ...history, 2: [] } });
    expect(await one.follow()).toEqual({ found: ["a"], asked: ["list Label_1"] });
    expect(await one.follow()).toEqual({ found: [], asked: [] });
    one.mailbox.cursor = "3";
    expect((await one.follow()).asked).toEqual(["list Label_1"]);
    expect(await follower({ ...chosen, history, listedAt: "2" }).follow()).toEqual({ found: [], asked: [] });
    const searched = { ...chosen, filter: { ...EVERYTHING, query: "is:unread" } };
    expect((await follower({ ...searched, history }).follow()).asked).toEqual(["list is:unread"]);
  });

  test("the newest so many stay those that they were", async () => {
    const newest = { ...chosen, filter: EVERYTHING, maxEmails: 1, history };
    expect(await follower(newest).follow()).toEqual({ found: [], asked: [] });
    expect((await follower({ ...newest, history: {} }).follow()).found).toEqual([]);
  });

  test("comes from its listing alone, where all of the mailbox is compared, too", async () => {
    expect((await follower({ ...chosen, history: {} }).follow()).found).toEqual(["a"]);
  });
});

test("where nothing happened, the mailbox is asked for its cursor alone, and the moment goes on", async () => {
  const one = follower({ cursor: "1", history: {} });
  expect(await one.follow()).toEqual({ found: [], asked: [] });
  await one.follow();
  expect([one.followed().at, one.followed().members]).toEqual([2, undefined]);
});

import { describe, expect, test } from "vitest";

import { ExportError, failureOf, refuse } from "../../core/errors.ts";
import type { Change, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { readLabelMembers } from "./label-members.ts";

const NEVER = new AbortController().signal;

/** What is in the mailbox: message → labels. */
type Mail = Readonly<Record<string, readonly string[]>>;

const MAIL: Mail = {
  a: ["INBOX", "Label_1"],
  b: ["INBOX"],
  c: ["SPAM"],
  d: [],
  e: ["TRASH", "Label_1", "Label_2"],
};
const LABELS = ["INBOX", "SPAM", "TRASH", "Label_1", "Label_2", "Label_3"];

const change = {
  labels: (id: string, labelIds?: readonly string[]): Change => ({ change: "labels", ref: ref(id), labelIds }),
  added: (id: string): Change => ({ change: "added", ref: ref(id), labelIds: ["INBOX"] }),
  removed: (id: string): Change => ({ change: "removed", ref: ref(id) }),
};

const ref = (id: string) => ({ id, threadId: `t-${id}` });

const expired = (): Error => refuse("not_found", "It has expired.", "List it.");

/**
 * A mailbox that lists in pages of two, each page with the last of the page before. `moves` are the values of its cursor,
 * one for each time that its profile is asked for; the last one stays.
 */
function mailbox({
  mail = () => MAIL,
  moves = ["7"],
  history = [],
  beforePage = () => {},
}: {
  mail?: () => Mail;
  moves?: readonly string[];
  history?: readonly Change[] | Error;
  /** May throw in place of a page of the listing with these labels. */
  beforePage?: (labels: readonly string[], page: number) => void;
}) {
  let asked = 0;
  const listed: string[] = [];
  const source: Pick<MailboxSource, "profile" | "list" | "changes"> = {
    async profile() {
      const value = moves[Math.min(asked, moves.length - 1)]!;
      asked += 1;
      return { emailAddress: "ada@example.com", messagesTotal: 5, threadsTotal: 5, cursor: { source: "test", value } };
    },
    async *list({ query, labels, includeSpamTrash }) {
      expect({ query, includeSpamTrash }).toEqual({ query: "", includeSpamTrash: true });
      listed.push(labels.join());
      const found = Object.entries(mail()).filter(([, has]) => labels.every((label) => has.includes(label)));
      for (let page = 0; page * 2 < Math.max(1, found.length); page += 1) {
        beforePage(labels, page);
        yield found.slice(Math.max(0, page * 2 - 1), page * 2 + 2).map(([id]) => ref(id));
      }
    },
    async *changes(since) {
      if (history instanceof Error) throw history;
      expect(since).toEqual({ source: "test", value: moves[0] });
      yield* history;
      yield { change: "cursor", cursor: { source: "test", value: "99" } };
    },
  };
  return { source: source as MailboxSource, listed };
}

/** What was found: message → labels, with those that must be read. */
async function read(given: Parameters<typeof mailbox>[0], labels = LABELS) {
  const { source, listed } = mailbox(given);
  const found = await readLabelMembers(source, async () => labels, NEVER);
  const refs = [...found.refs()];
  expect(found.size).toBe(refs.length);
  expect(refs).toEqual(refs.map(({ id }) => ref(id)));
  return {
    found,
    listed,
    mail: Object.fromEntries(refs.map(({ id }) => [id, found.labelIds(id)])),
    unsettled: [...found.unsettled].toSorted(),
    refused: [...found.refused],
    cursor: found.cursor.value,
  };
}

test("every message is there with its labels, those without any and those in spam and trash too; each label is listed once, one that has none twice", async () => {
  const { found, mail, unsettled, refused, cursor, listed } = await read({}, [...LABELS, "INBOX"]);
  expect(mail).toEqual(MAIL);
  expect({ unsettled, refused, cursor }).toEqual({ unsettled: [], refused: [], cursor: "7" });
  expect(listed.toSorted()).toEqual(["", "Label_3", ...LABELS].toSorted());
  expect([found.has("a"), found.has("z"), found.labelIds("z")]).toEqual([true, false, undefined]);
});

test("that nothing is there, or nothing has a label, is not believed when it is said once", async () => {
  const odd = new Set(["", "INBOX"]);
  const { source } = mailbox({});
  const twice: MailboxSource = {
    ...source,
    async *list(filter, signal) {
      if (odd.delete(filter.labels.join())) yield [];
      else yield* source.list(filter, signal);
    },
  };
  const found = await readLabelMembers(twice, async () => ["INBOX"], NEVER);
  expect([...found.refs()].map(({ id }) => [id, found.labelIds(id)])).toEqual([
    ["a", ["INBOX"]],
    ["b", ["INBOX"]],
    ["c", []],
    ["d", []],
    ["e", []],
  ]);
  const always: MailboxSource = {
    ...source,
    async *list() {
      yield [];
    },
  };
  await expect(readLabelMembers(always, async () => [], NEVER)).rejects.toThrow("did not tell");
  const profile = async () => ({ ...(await source.profile(NEVER)), messagesTotal: 0 });
  expect((await readLabelMembers({ ...always, profile }, async () => [], NEVER)).size).toBe(0);
});

test("a message that only a label names makes it be listed anew, and is there all the same", async () => {
  const { source, listed } = mailbox({});
  const half: MailboxSource = {
    ...source,
    async *list(filter, signal) {
      for await (const page of source.list(filter, signal))
        yield page.filter(({ id }) => filter.labels.length > 0 || id !== "a");
    },
  };
  expect((await readLabelMembers(half, async () => LABELS, NEVER)).labelIds("a")).toEqual(["INBOX", "Label_1"]);
  expect(listed.filter((labels) => labels === "")).toHaveLength(2);
  const came = mailbox({ moves: ["7", "8"], history: [change.added("a")] });
  const list: MailboxSource["list"] = half.list;
  await readLabelMembers({ ...came.source, list }, async () => LABELS, NEVER);
  expect(listed.filter((labels) => labels === "")).toHaveLength(3); // it came meanwhile
});

describe("a label that cannot be listed", () => {
  const failing = (error: () => Error) =>
    read({
      beforePage: (labels, page) => {
        if (labels.includes("INBOX") && page === 0) throw error();
      },
    });
  const refusal = (code: "bad_request" | "forbidden" | "daily_limit") => () => refuse(code, "No.", "Nothing.");

  test.each([["bad_request"], ["forbidden"]] as const)("for %s is told apart from the others", async (code) => {
    const { found, mail, refused } = await failing(refusal(code));
    expect(refused).toEqual(["INBOX"]);
    expect(found.told).toEqual(new Set(LABELS.filter((label) => label !== "INBOX")));
    expect(mail).toEqual({ ...MAIL, a: ["Label_1"], b: [] });
  });

  test("since a page of it breaks off is not taken for what it has told by then", async () => {
    const big = { ...MAIL, f: ["INBOX"], g: ["INBOX"] };
    const { mail, refused } = await read({
      mail: () => big,
      beforePage: (labels, page) => {
        if (!labels.includes("INBOX") || page === 0) return;
        const failure = { code: "malformed_response", retry: "backoff", message: "", next: "" } as const;
        throw new ExportError(failure);
      },
    });
    expect(refused).toEqual(["INBOX"]);
    expect(mail).toEqual({ a: ["Label_1"], b: [], c: ["SPAM"], d: [], e: MAIL["e"], f: [], g: [] });
  });

  test("for what concerns the account ends it all", async () => {
    expect(failureOf(await failing(refusal("daily_limit")).catch((error: unknown) => error))).toMatchObject({
      code: "daily_limit",
    });
    const { source, listed } = mailbox({
      beforePage: (labels) => {
        if (labels.includes("INBOX")) throw refuse("daily_limit", "No.", "Nothing.");
      },
    });
    await expect(readLabelMembers(source, async () => LABELS, NEVER)).rejects.toThrow("No.");
    expect(listed).not.toContain("Label_3"); // nor is anything more listed
    const outage = { code: "server_error", retry: "backoff", outage: true, message: "", next: "" } as const;
    expect(failureOf(await failing(() => new ExportError(outage)).catch((error: unknown) => error))).toMatchObject({
      outage: true,
    });
  });

  test("while the account cannot be read either, is not about the label", async () => {
    const { source } = mailbox({
      beforePage: (labels) => {
        if (labels.length > 0) throw refuse("no_mailbox", "No.", "Nothing.");
      },
    });
    let asked = 0;
    const gone: MailboxSource = {
      ...source,
      profile: async (signal) => {
        asked += 1;
        if (asked === 2) throw refuse("forbidden", "No mailbox.", "Nothing.");
        return source.profile(signal);
      },
    };
    await expect(readLabelMembers(gone, async () => LABELS, NEVER)).rejects.toThrow("No mailbox.");
  });

  test("stops the listings beside it where it is about the account, and waits until they have ended", async () => {
    const { source } = mailbox({});
    let [under, asked] = [0, 0];
    const list: MailboxSource["list"] = async function* (filter, signal) {
      if (filter.labels.length === 0) return yield* source.list(filter, signal);
      if (filter.labels.includes("INBOX")) throw refuse("no_mailbox", "No.", "Nothing.");
      under += 1;
      await new Promise((ended) => signal.addEventListener("abort", () => setImmediate(ended)));
      under -= 1;
      throw signal.reason;
    };
    const profile: MailboxSource["profile"] = async (signal) => {
      asked += 1;
      if (asked === 2) throw refuse("forbidden", "No mailbox.", "Nothing.");
      return source.profile(signal);
    };
    const reading = readLabelMembers({ ...source, list, profile }, async () => LABELS, NEVER);
    await expect(reading).rejects.toThrow("No mailbox.");
    expect([under, asked]).toEqual([0, 2]);
  });
});

test("a listing of all mail that breaks off is no listing", async () => {
  const work = read({
    beforePage: (labels, page) => {
      if (labels.length === 0 && page === 1) throw refuse("bad_request", "No.", "Nothing.");
    },
  });
  await expect(work).rejects.toThrow("No.");
});

test("how many messages were found is told while all mail is listed", async () => {
  const found: number[] = [];
  await readLabelMembers(
    mailbox({}).source,
    async () => LABELS,
    NEVER,
    (listed) => found.push(listed),
  );
  expect(found).toEqual([2, 4, 5]);
});

test("a stop ends it", async () => {
  const stop = new AbortController();
  const { source } = mailbox({
    beforePage: (labels) => {
      if (labels.length > 0) stop.abort(new Error("stopped by hand"));
      stop.signal.throwIfAborted();
    },
  });
  await expect(readLabelMembers(source, async () => LABELS, stop.signal)).rejects.toThrow("stopped by hand");
});

describe("what changes while it is listed", () => {
  const moves = ["7", "8"];

  test("is what the history tells last, and the cursor is the one behind that", async () => {
    const history = [
      change.labels("a", ["INBOX"]),
      change.labels("a", ["Label_9", "INBOX"]),
      change.labels("e", ["TRASH"]),
    ];
    const { mail, unsettled, cursor } = await read({ moves, history });
    expect(mail).toEqual({ ...MAIL, a: ["INBOX", "Label_9"], e: ["TRASH"] });
    expect({ unsettled, cursor }).toEqual({ unsettled: [], cursor: "99" });
  });

  test("is read where the history does not tell labels, tells of what was never seen, or of coming and going", async () => {
    const history = [
      change.labels("a", ["INBOX"]),
      change.labels("a"),
      change.labels("unseen", ["INBOX"]),
      change.labels("b", ["STARRED"]),
      change.removed("b"),
      change.added("new"),
    ];
    const { found, mail, unsettled } = await read({ moves, history });
    expect(unsettled).toEqual(["a", "b", "new", "unseen"]);
    expect(mail).toEqual({ ...MAIL, a: undefined, b: undefined });
    expect([found.has("b"), found.has("new")]).toEqual([true, false]);
  });

  test("makes it be listed anew where the history has expired; and what moves all the time is not taken for settled", async () => {
    let rounds = 0;
    const late = { ...MAIL, b: ["STARRED"] };
    const broken = await read({ moves: ["7", "8", "8"], history: refuse("page_token_invalid", "No such page.", "") });
    expect(broken.listed.filter((labels) => labels === "")).toHaveLength(2);
    const once = await read({
      moves: ["7", "8", "8"],
      history: expired(),
      mail: () => (rounds > 0 ? late : MAIL),
      beforePage: (labels) => void (labels.length === 0 && (rounds += 1)),
    });
    expect(once.mail).toEqual({ ...late, b: [] }); // STARRED is none of those that were asked about
    expect(once.cursor).toBe("8");

    const always = read({ moves: Array.from({ length: 50 }, (_, at) => String(7 + at)), history: expired() });
    expect(failureOf(await always.catch((error: unknown) => error))).toMatchObject({ code: "malformed_response" });
  });

  test("is not found out while Gmail is away", async () => {
    const outage = { code: "server_error", retry: "backoff", outage: true, message: "", next: "" } as const;
    const work = read({ moves: ["7", "8", "8"], history: new ExportError(outage) });
    expect(failureOf(await work.catch((error: unknown) => error))).toMatchObject({ outage: true });
    const defect = new TypeError("a defect");
    await expect(read({ moves: ["7", "8", "8"], history: defect })).rejects.toBe(defect);
    const stop = new AbortController();
    const { source, listed } = mailbox({ moves: ["7", "8", "8"] });
    const changes = (): never => {
      stop.abort();
      throw expired();
    };
    const stopped = readLabelMembers({ ...source, changes }, async () => LABELS, stop.signal);
    await expect(stopped).rejects.toThrow("It has expired.");
    expect(listed.filter((labels) => labels === "")).toHaveLength(1);
  });

  test("is looked for in the history of a mailbox that names no cursor", async () => {
    const { mail } = await read({ moves: [""], history: [change.labels("a", [])] });
    expect(mail).toEqual({ ...MAIL, a: [] });
  });
});

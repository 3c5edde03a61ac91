import { describe, expect, test } from "vitest";

import { refuse } from "../../core/errors.ts";
import type { ExportDirectory } from "../../core/ports/export-directory.ts";
import type { LabelReading, MailboxSource } from "../../core/ports/mailbox-source.ts";
import { createMembers, directoryWith, NEVER, sourceOver } from "./testing.ts";
import { findUntoldLabels } from "./untold-labels.ts";

const idsUpTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`);

const reading = (labelIds: readonly string[]) => (id: string) => ({ id, labelIds });

/** A label that records of these messages carry and that the mailbox does not name any more. */
function withdrawn({
  carriers,
  pages = [],
  read = reading([]),
  account = () => {},
}: {
  carriers: readonly string[];
  /** The answers of one listing after another: ids, or why there are none. */
  pages?: readonly (readonly string[] | Error)[];
  read?: (id: string) => LabelReading;
  account?: () => void;
}) {
  const asked: string[] = [];
  let listings = 0;
  const directory: Partial<ExportDirectory> = {
    knownLabels: new Set(["Old", "INBOX"]),
    unprovenLabels: new Set(),
    findCarriers: async () => new Map([["Old", carriers]]),
  };
  const source: Partial<MailboxSource> = {
    async profile() {
      account();
      return { emailAddress: "", messagesTotal: 0, threadsTotal: 0, cursor: { source: "test", value: "1" } };
    },
    async *list({ labels, includeSpamTrash }) {
      expect([labels, includeSpamTrash]).toEqual([["Old"], true]);
      const page = pages[listings] ?? refuse("bad_request", "Invalid label.", "Nothing.");
      listings += 1;
      if (page instanceof Error) throw page;
      yield page.map((id) => ({ id, threadId: id }));
    },
    async *readLabels(ids) {
      for (const id of ids) {
        asked.push(id);
        yield read(id);
      }
    },
  };
  const names = new Map([["INBOX", "INBOX"]]);
  const found = findUntoldLabels(
    { members: undefined, names },
    directory as ExportDirectory,
    source as MailboxSource,
    NEVER,
  );
  return { found, asked };
}

describe("a label that the mailbox does not name any more", () => {
  test("is on those that it lists by it; that these are none is believed when it was said twice", async () => {
    const once = await withdrawn({ carriers: ["m1", "m2"], pages: [["m2"]] }).found;
    expect([...once.withdrawn.get("Old")!]).toEqual(["m2"]);
    const odd = await withdrawn({ carriers: ["m1", "m2"], pages: [[], ["m1", "m2"]] }).found;
    expect([...odd.withdrawn.get("Old")!]).toEqual(["m1", "m2"]);
    const none = await withdrawn({ carriers: ["m1", "m2"], pages: [[], []] }).found;
    expect([[...none.withdrawn.get("Old")!], none.toRead.size]).toEqual([[], 0]);
  });

  test("is read of each that had it where these are few", async () => {
    const { found, asked } = withdrawn({ carriers: idsUpTo(50) });
    expect([...(await found).toRead]).toEqual(idsUpTo(50));
    expect([asked, (await found).withdrawn.size]).toEqual([[], 0]);
  });

  test("is off all where it is off some of many, from the first to the last", async () => {
    const { found, asked } = withdrawn({ carriers: idsUpTo(10_000) });
    expect([(await found).toRead.size, (await found).withdrawn.get("Old")]).toEqual([0, new Set()]);
    expect([new Set(asked).size, asked[0], asked.at(-1)]).toEqual([25, "m0", "m9999"]);
  });

  test.each<[string, (id: string) => LabelReading]>([
    ["one of some has it", (id) => ({ id, labelIds: id === "m9999" ? ["Old"] : [] })],
    ["most of some could not be read", (id) => (id === "m0" ? { id, labelIds: [] } : { id, failed: "No." })],
    ["some are not found", (id) => ({ id, gone: true })],
  ])("is read of each that had it where %s", async (_, read) => {
    const found = await withdrawn({ carriers: idsUpTo(10_000), read }).found;
    expect([found.toRead.size, found.withdrawn.size]).toEqual([10_000, 0]);
  });

  test("is not looked into while the account cannot be read either", async () => {
    const account = (): never => {
      throw refuse("forbidden", "No mailbox.", "Nothing.");
    };
    await expect(withdrawn({ carriers: ["m1"], account }).found).rejects.toThrow("No mailbox.");
  });
});

describe("a label by which the mailbox does not list", () => {
  const names = new Map(["INBOX", "Label_1"].map((label) => [label, label]));
  const mail = { b: ["Label_1"], c: ["Label_1"] };

  /** What is found, and what was asked for. */
  async function find(given: { unproven: readonly string[]; refused?: readonly string[]; isCompared: boolean }) {
    const { unproven, refused = [], isCompared } = given;
    const { source, asked } = sourceOver({ mail, refused });
    const members = isCompared ? createMembers(mail, { refused }) : undefined;
    const directory = directoryWith({}, { unproven, carriers: { Label_1: ["a", "b"] } });
    const found = await findUntoldLabels({ members, names }, directory, source, NEVER);
    const { toRead, kept, unproven: left } = found;
    return { toRead: [...toRead], kept: [...kept], unproven: [...left], asked, withdrawn: found.withdrawn.size };
  }

  test("stays where it is when all is compared; the second time those are read that have it", async () => {
    const refused = ["Label_1"];
    const first = await find({ unproven: [], refused, isCompared: true });
    const nothing = { toRead: [], kept: [], unproven: refused, asked: [], withdrawn: 0 };
    expect(first).toEqual({ ...nothing, kept: ["a", "b"] });
    const second = await find({ unproven: refused, refused, isCompared: true });
    expect(second).toEqual({ ...nothing, toRead: ["a", "b"] });
  });

  test("is asked about while its history is followed, and whoever got or lost it is read when it is told", async () => {
    const nothing = { toRead: [], kept: [], unproven: [], withdrawn: 0 };
    const refused = await find({ unproven: ["Label_1"], refused: ["Label_1"], isCompared: false });
    expect(refused).toEqual({ ...nothing, unproven: ["Label_1"], asked: ["list Label_1", "profile"] });
    const told = await find({ unproven: ["Label_1"], isCompared: false });
    expect(told).toEqual({ ...nothing, toRead: ["c", "a"], asked: ["list Label_1"] });
  });

  test("is none where all are told: then no record is looked at", async () => {
    const findCarriers = (): never => {
      throw new Error("records are looked at");
    };
    const directory = { ...directoryWith({}, {}), findCarriers };
    const { source } = sourceOver({});
    const found = await findUntoldLabels({ members: undefined, names }, directory, source, NEVER);
    expect([found.toRead.size, found.kept.size, found.unproven.size]).toEqual([0, 0, 0]);
  });
});

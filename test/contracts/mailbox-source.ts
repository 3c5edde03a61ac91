import { createHash } from "node:crypto";

import { describe, expect, test } from "vitest";

import { failureOf } from "../../src/core/errors.ts";
import { createLedger } from "../../src/core/export/ledger.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import { contentsOf } from "../../src/core/mail/parts.ts";
import type { Conversation } from "../../src/core/mail/ref.ts";
import {
  TEXT_ALONE,
  type Change,
  type KeepContent,
  type MailboxSource,
  type Step,
} from "../../src/core/ports/mailbox-source.ts";

/** A mailbox of at least 40 messages, some in conversations, some labelled STARRED, that can be changed behind the source's back. */
export type MailboxStage = AsyncDisposable &
  Readonly<{
    source: MailboxSource;
    address: string;
    /** Newest first, without spam and trash. */
    refs(): readonly Readonly<{ id: string; threadId: string; labelIds: readonly string[] }>[];
    /** New mail in the inbox; its id. */
    add(): string;
    remove(id: string): void;
    setLabels(id: string, labelIds: readonly string[]): void;
    /** From now on this message, which is alone in its conversation, cannot be read. */
    breakMessage(id: string): void;
    /** From now on the history does not reach back to any cursor given out so far. */
    expireHistory(): void;
    /** Lets time pass until the work is done. */
    run<T>(work: Promise<T>): Promise<T>;
  }>;

const NEVER = new AbortController().signal;

/** What every MailboxSource does, run against a stage of each. */
export function mailboxSourceContract(implementation: string, setUp: () => Promise<MailboxStage>): void {
  const listed = async ({ source, run }: MailboxStage, filter = EVERYTHING): Promise<Conversation[]> => {
    const ledger = createLedger();
    for (const page of await run(Array.fromAsync(source.list(filter, NEVER)))) for (const ref of page) ledger.add(ref);
    return [...ledger.pending()];
  };
  const idsOf = (conversations: readonly Conversation[]): string[] => conversations.flatMap(({ ids }) => [...ids]);
  const read = ({ source, run }: MailboxStage, pending: Iterable<Conversation>): Promise<Step[]> =>
    run(Array.fromAsync(source.read(pending, TEXT_ALONE, NEVER)));
  const endsOf = (steps: readonly Step[]): { id: string; outcome: string }[] =>
    steps.flatMap(({ ended }) => ended.map(({ id, outcome }) => ({ id, outcome })));
  const failureIn = async (work: Promise<unknown>) => failureOf(await work.catch((error: unknown) => error));

  describe(`MailboxSource contract (${implementation})`, () => {
    test("the profile names the account, and a cursor of this source", async () => {
      await using w = await setUp();
      const { emailAddress, cursor } = await w.run(w.source.profile(NEVER));
      expect(emailAddress.toLowerCase()).toBe(w.address);
      expect(cursor).toEqual({ source: w.source.name, value: expect.any(String) });
    });

    test("a listing names every message without spam and trash, and with a label those that have it", async () => {
      await using w = await setUp();
      const refs = w.refs();
      expect(refs.length).toBeGreaterThan(40);
      expect(idsOf(await listed(w)).toSorted()).toEqual(refs.map(({ id }) => id).toSorted());
      const starred = refs.filter(({ labelIds }) => labelIds.includes("STARRED")).map(({ id }) => id);
      expect(starred.length).toBeGreaterThan(0);
      expect(idsOf(await listed(w, { ...EVERYTHING, labels: ["STARRED"] })).toSorted()).toEqual(starred.toSorted());
    });

    test("labels have names", async () => {
      await using w = await setUp();
      const names = await w.run(w.source.labels(NEVER));
      expect([...names.values()].every((name) => name !== "")).toBe(true);
    });

    test("every wanted message ends exactly once, in the order given, with its own mail", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const steps = await read(w, pending);
      expect(endsOf(steps)).toEqual(idsOf(pending).map((id) => ({ id, outcome: "read" })));
      for (const { ended } of steps)
        for (const one of ended) expect(one).toMatchObject({ message: { id: one.id, root: { partId: "" } } });
    });

    test("of a conversation only the wanted messages come", async () => {
      await using w = await setUp();
      const whole = (await listed(w)).find(({ ids }) => ids.length >= 3)!;
      const part = { ...whole, ids: whole.ids.slice(1) };
      expect(endsOf(await read(w, [part])).map(({ id }) => id)).toEqual(part.ids);
    });

    test("what reading costs is told before, and the steps of the reading come to that", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const { units, calls, minutes } = await w.source.cost(pending, TEXT_ALONE);
      expect(units).toBeGreaterThan(0);
      expect(calls).toBeLessThanOrEqual(idsOf(pending).length);
      expect([minutes].flat().every((span) => span >= 0)).toBe(true);
      expect((await read(w, pending)).reduce((sum, step) => sum + step.units, 0)).toBe(units);
      expect(await w.source.cost([], TEXT_ALONE)).toMatchObject({ calls: 0, units: 0 });
    });

    test("how many bytes reading takes is known once a few messages were asked, for no more than twenty reads", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const want = { attachments: true, originals: true };
      expect((await w.source.cost(pending, want)).bytes).toBeUndefined();
      const before = w.source.spent().units;
      await w.run(w.source.weigh(pending, NEVER));
      const reads = w.source.spent().units - before;
      expect(reads).toBeGreaterThan(0);
      expect(reads).toBeLessThanOrEqual(20 * 20);
      expect((await w.source.cost(pending, want)).bytes).toBeGreaterThan(1_000);
    });

    test("attachments that are wanted are kept before their message ends, each whole; what is foreseen is what it costs", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const want = { attachments: true, originals: false };
      await w.run(w.source.foresee(EVERYTHING, want, NEVER));
      const { units } = await w.source.cost(pending, want);
      const kept = new Map<string, number>();
      const keep: KeepContent = async (chunks) => {
        const hash = createHash("sha256");
        let bytes = 0;
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        const sha256 = hash.digest("hex");
        kept.set(sha256, bytes);
        return { sha256, bytes };
      };
      let [spent, stored] = [0, 0];
      const reading = async (): Promise<void> => {
        for await (const step of w.source.read(pending, want, NEVER, {
          attachment: keep,
          original: (_id, chunks) => keep(chunks),
        })) {
          spent += step.units;
          for (const one of step.ended)
            for (const { content } of one.outcome === "read" ? contentsOf(one.message).attachments : []) {
              expect(content).toMatchObject({ kept: "stored", size: kept.get(Object(content).sha256) });
              stored += 1;
            }
        }
      };
      await w.run(reading());
      expect(stored).toBeGreaterThan(5);
      expect(spent).toBe(units);
    });

    test("one that is gone, and one that cannot be read, stop no other", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const all = idsOf(pending);
      const alone = pending.filter(({ ids }) => ids.length === 1).map(({ ids: [id] }) => id!);
      const [gone, broken] = [alone[0]!, alone[1]!];
      w.remove(gone);
      w.breakMessage(broken);
      const ends = new Map(endsOf(await read(w, pending)).map(({ id, outcome }) => [id, outcome]));
      expect(ends.size).toBe(all.length);
      expect(all.filter((id) => ends.get(id) === "read")).toHaveLength(all.length - 2);
      expect([ends.get(gone), ends.get(broken)]).toEqual(["gone", "failed"]);
    });

    test("a reading that is left early, or aborted, ends", async () => {
      await using w = await setUp();
      const pending = await listed(w);
      const first = async (): Promise<number> => {
        for await (const { ended } of w.source.read(pending, TEXT_ALONE, NEVER)) return ended.length;
        return 0;
      };
      expect(await w.run(first())).toBeGreaterThan(0);
      const stop = new AbortController();
      const aborted = async (): Promise<void> => {
        for await (const _ of w.source.read(pending, TEXT_ALONE, stop.signal)) stop.abort(new Error("stopped by hand"));
      };
      await expect(w.run(aborted())).rejects.toThrow("stopped by hand");
    });

    test("changes tell what was added since a cursor, and then the cursor after it", async () => {
      await using w = await setUp();
      const { cursor } = await w.run(w.source.profile(NEVER));
      const id = w.add();
      const changes: Change[] = await w.run(Array.fromAsync(w.source.changes(cursor, NEVER)));
      expect(changes).toMatchObject([{ change: "added", ref: { id } }, { change: "cursor" }]);
      const last = changes.at(-1)!;
      if (last.change !== "cursor") throw new Error("no cursor");
      expect(await w.run(Array.fromAsync(w.source.changes(last.cursor, NEVER)))).toMatchObject([{ change: "cursor" }]);
    });

    test("changes tell which labels messages have now and which were deleted; what is moved to the trash is not", async () => {
      await using w = await setUp();
      const [relabelled, trashed, removed] = w.refs().filter(({ labelIds }) => labelIds.includes("INBOX"));
      const { cursor } = await w.run(w.source.profile(NEVER));
      w.setLabels(relabelled!.id, ["STARRED"]);
      w.setLabels(trashed!.id, ["TRASH"]);
      w.remove(removed!.id);
      const changes: Change[] = await w.run(Array.fromAsync(w.source.changes(cursor, NEVER)));
      const latest = new Map(changes.flatMap((one) => (one.change === "labels" ? [[one.ref.id, one.labelIds]] : [])));
      expect(latest).toEqual(
        new Map([
          [relabelled!.id, ["STARRED"]],
          [trashed!.id, ["TRASH"]],
        ]),
      );
      expect(changes.filter(({ change }) => change === "removed" || change === "added")).toEqual([
        { change: "removed", ref: { id: removed!.id, threadId: removed!.threadId } },
      ]);
      expect(changes.findIndex(({ change }) => change === "cursor")).toBe(changes.length - 1);
    });

    test("labels are read without the messages, in the order asked for; one that is gone or broken stops no other", async () => {
      await using w = await setUp();
      const alone = (await listed(w)).filter(({ ids }) => ids.length === 1).map(({ ids: [id] }) => id!);
      const [first, gone, broken, bare, last] = alone;
      w.remove(gone!);
      w.breakMessage(broken!);
      w.setLabels(bare!, []);
      const before = w.source.spent().units;
      const asked = [last!, gone!, broken!, bare!, first!];
      const labelIds = (id: string) => w.refs().find((one) => one.id === id)!.labelIds;
      expect(await w.run(Array.fromAsync(w.source.readLabels(asked, NEVER)))).toEqual([
        { id: last, labelIds: labelIds(last!) },
        { id: gone, gone: true },
        { id: broken, failed: expect.any(String) },
        { id: bare, labelIds: [] },
        { id: first, labelIds: labelIds(first!) },
      ]);
      expect(w.source.spent().units).toBeGreaterThan(before);
    });

    test("a cursor that has expired, or is another source's, is not found", async () => {
      await using w = await setUp();
      const { cursor } = await w.run(w.source.profile(NEVER));
      w.expireHistory();
      const since = (from: typeof cursor) => failureIn(w.run(Array.fromAsync(w.source.changes(from, NEVER))));
      expect(await since(cursor)).toMatchObject({ code: "not_found" });
      expect(await since({ ...cursor, source: "elsewhere" })).toMatchObject({ code: "not_found" });
    });

    test("what was spent adds up, and a pace is told", async () => {
      await using w = await setUp();
      const before = w.source.spent().units;
      await w.run(w.source.profile(NEVER));
      expect(w.source.spent().units).toBeGreaterThan(before);
      expect(w.source.pace().unitsPerMinute).toBeGreaterThan(0);
    });
  });
}

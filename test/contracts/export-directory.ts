import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { HoldLost } from "../../src/core/errors.ts";
import type { Manifest } from "../../src/core/export/manifest.ts";
import { EVERYTHING } from "../../src/core/mail/filter.ts";
import type { Ended, ExportDirectory, Purpose } from "../../src/core/ports/export-directory.ts";
import { exported, idsIn, listTo, refsTo, writePending } from "../directories.ts";
import type { ManualClock } from "../manual-clock.ts";

export type DirectoryPlace = AsyncDisposable &
  Readonly<{
    clock: ManualClock;
    /** Opens the directory for `PURPOSE` with these changes. */
    open(changes?: Partial<Purpose>, signal?: AbortSignal): Promise<ExportDirectory>;
    /** Each file that stands there, hidden ones too, by its name. */
    content(): Promise<Readonly<Record<string, string>>>;
  }>;

type Content = Awaited<ReturnType<DirectoryPlace["content"]>>;

/** In the order of their numbers; one that grows is none. */
function batchesIn(content: Content): Record<string, string> {
  const names = Object.keys(content).filter((name) => /^emails_batch_\d+\.json$/.test(name));
  const sorted = names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return Object.fromEntries(sorted.map((name) => [name, content[name]!]));
}

function manifestIn(content: Content): Manifest {
  return JSON.parse(content["manifest.json"]!);
}

type Step = Readonly<
  | { do: "list"; upTo: number }
  | { do: "end"; as: Ended["outcome"]; count: number }
  | { do: "retry" | "restart" | "commit" }
>;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("list" as const), upTo: fc.integer({ min: 1, max: 40 }) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("end" as const),
        as: fc.constantFrom<Ended["outcome"][]>("exported", "gone", "failed"),
        count: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("retry" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "commit" as const) }) },
  ),
  { maxLength: 40, size: "max" },
);

/** What every export directory does, whatever storage it is over; each storage runs this suite. */
export function exportDirectoryContract(implementation: string, make: () => Promise<DirectoryPlace>): void {
  describe(`ExportDirectory contract (${implementation})`, () => {
    test("an export ends as batches that are JSON arrays, and a manifest that says complete", async () => {
      await using place = await make();
      await using directory = await place.open();
      await listTo(directory, 12);
      await writePending(directory);
      const manifest = await directory.commit();

      expect(manifest).toMatchObject({ complete: true, total_emails: 12, total_batches: 3, historyId: "100" });
      const batches = batchesIn(await place.content());
      expect(Object.values(batches).map((text) => JSON.parse(text).length)).toEqual([5, 5, 2]);
      expect(idsIn(batches)).toEqual(refsTo(12).map(({ id }) => id));
      expect(manifestIn(await place.content())).toEqual(manifest);
      const names = Object.keys(await place.content());
      expect(names.filter((name) => !name.startsWith(".")).toSorted()).toEqual(
        ["changes.ndjson", "manifest.json", ...Object.keys(batches)].toSorted(),
      );
      expect(names).not.toContain(".journal"); // an export that has ended needs none
    });

    test("texts whose charset was guessed are counted over all runs, and the manifest names them only where there are some", async () => {
      await using place = await make();
      const guessed = (id: string, guessedCharsets: number): Ended => ({ ...exported(id), guessedCharsets }) as Ended;
      {
        await using directory = await place.open();
        await listTo(directory, 4);
        await directory.write([guessed("m0", 2), guessed("m1", 0)]);
        await directory.checkpoint();
        expect(manifestIn(await place.content())).toMatchObject({
          guessedCharsets: 2,
        });
      }
      {
        await using directory = await place.open();
        await directory.write([guessed("m2", 1), exported("m3")]);
        expect(await directory.commit()).toMatchObject({ complete: true, guessedCharsets: 3 });
      }
      await using directory = await place.open();
      expect(await directory.commit()).toMatchObject({ guessedCharsets: 3 });
      await using none = await make();
      await using other = await none.open();
      await listTo(other, 1);
      await writePending(other);
      expect(await other.commit()).not.toHaveProperty("guessedCharsets");
    });

    test("an empty mailbox is a complete export without batches", async () => {
      await using place = await make();
      await using directory = await place.open();
      await listTo(directory, 0);
      expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 0, batches: [] });
    });

    test("what is not durable yet is not in the ledger, and becomes durable within a second", async () => {
      await using place = await make();
      await using directory = await place.open();
      await listTo(directory, 3);
      await directory.write([exported("m0")]);
      expect(directory.ledger.count("exported")).toBe(0);
      await place.clock.advance(1_000);
      await expect.poll(() => directory.ledger.count("exported")).toBe(1);
    });

    test("a second writer is refused, and let in when the first has left", async () => {
      await using place = await make();
      {
        await using _first = await place.open();
        await expect(place.clock.run(place.open(), 5)).rejects.toMatchObject({ failure: { code: "directory_busy" } });
      }
      await using _second = await place.open();
    });

    test("a directory of another account or filter is refused and left alone", async () => {
      await using place = await make();
      {
        await using directory = await place.open();
        await listTo(directory, 1);
      }
      await expect(place.open({ email: "eve@example.com" })).rejects.toMatchObject({
        failure: { code: "directory_foreign" },
      });
      const filter = { ...EVERYTHING, query: "from:ada" };
      await expect(place.open({ filter })).rejects.toMatchObject({ failure: { code: "directory_foreign" } });
      await using _same = await place.open({ email: "Ada@Example.com" });
    });

    test("gone and failed messages are named, survive a restart, and failed ones are tried again", async () => {
      await using place = await make();
      {
        await using directory = await place.open();
        await listTo(directory, 3);
        await directory.write([{ outcome: "gone", id: "m0" }]);
        await directory.write([{ outcome: "failed", id: "m1", reason: "It would not.", attempts: 1 }]);
        await directory.checkpoint();
      }
      await using directory = await place.open();
      expect(directory.listedAt).toBe("100");
      expect([...directory.ledger.ids("gone")]).toEqual(["m0"]);
      expect([...directory.ledger.ids("failed")]).toEqual(["m1"]);
      expect([...directory.ledger.ids("pending")]).toEqual(["m2"]);
      await directory.write([{ outcome: "failed", id: "m1", reason: "It still would not.", attempts: 1 }]);
      await directory.write([exported("m2")]);
      const manifest = await directory.commit();
      expect(manifest).toMatchObject({
        complete: false,
        total_emails: 1,
        gone: ["m0"],
        failed: [{ id: "m1", reason: "It still would not.", attempts: 2 }],
      });
    });

    test("the manifest of a growing export names nearly all of very many batches, and is not written for each", async () => {
      await using place = await make();
      await using directory = await place.open({ batchSize: 1 });
      await listTo(directory, 320);
      await writePending(directory);
      const named = async (): Promise<number> => manifestIn(await place.content()).total_batches;
      expect(Object.keys(batchesIn(await place.content()))).toHaveLength(320);
      expect(await named()).toBe(318);
      await directory.commit();
      expect(await named()).toBe(320);
    });

    test("a smaller batch size closes the batch that is too large already", async () => {
      await using place = await make();
      {
        await using directory = await place.open();
        await listTo(directory, 6);
        for (const id of ["m0", "m1", "m2", "m3"]) await directory.write([exported(id)]);
        await directory.checkpoint();
      }
      await using directory = await place.open({ batchSize: 1 });
      await writePending(directory);
      const manifest = await directory.commit();
      expect(manifest.batches.map(({ count }) => count)).toEqual([4, 1, 1]);
    });

    test("whatever happens in whatever order, each message is written once, and the numbers add up", async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (given) => {
          await using place = await make();
          const outcomes = new Map<string, Ended["outcome"] | "pending">();
          const attempts = new Map<string, number>(); // of what failed and has not ended otherwise since
          const written: string[] = [];
          const having = (outcome: string): string[] =>
            [...outcomes].flatMap(([id, its]) => (its === outcome ? [id] : []));
          const expectSame = ({ ledger }: ExportDirectory): void => {
            for (const outcome of ["pending", "exported", "gone", "failed"] as const)
              expect([...ledger.ids(outcome)].toSorted()).toEqual(having(outcome).toSorted());
          };

          let directory = await place.open();
          const restart = async (): Promise<void> => {
            await directory[Symbol.asyncDispose]();
            directory = await place.open();
            for (const id of attempts.keys()) outcomes.set(id, "failed"); // what was to be tried again
            expectSame(directory);
          };
          const end = (id: string, outcome: Ended["outcome"]): Ended => {
            outcomes.set(id, outcome);
            if (outcome === "failed") attempts.set(id, (attempts.get(id) ?? 0) + 1);
            else attempts.delete(id);
            if (outcome === "exported") written.push(id);
            if (outcome === "failed") return { outcome, id, reason: "It would not.", attempts: 1 };
            return outcome === "gone" ? { outcome, id } : exported(id);
          };
          const commit = async (): Promise<void> => {
            const manifest = await directory.commit();
            const { batches, failed, gone, complete, total_emails, total_batches } = manifest;
            expect(idsIn(batchesIn(await place.content()))).toEqual(written);
            expect(total_emails).toBe(written.length);
            expect(total_batches).toBe(batches.length);
            expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(written.length);
            expect(gone.toSorted()).toEqual(having("gone").toSorted());
            expect(new Map(failed.map((one) => [one.id, one.attempts]))).toEqual(attempts);
            expect(complete).toBe(attempts.size === 0 && having("pending").length === 0);
            for (const id of having("pending")) if (!attempts.has(id)) outcomes.delete(id); // listed anew, the next time
            await restart();
          };

          for (const step of given)
            switch (step.do) {
              case "list":
                if (directory.listedAt === undefined) await listTo(directory, step.upTo);
                else await directory.addRefs(refsTo(step.upTo));
                for (const { id } of refsTo(step.upTo))
                  if ((outcomes.get(id) ?? "gone") === "gone") outcomes.set(id, "pending");
                break;
              case "end":
                await directory.write(
                  having("pending")
                    .slice(0, step.count)
                    .map((id) => end(id, step.as)),
                );
                await directory.checkpoint();
                break;
              case "retry":
                for (const id of having("failed")) outcomes.set(id, "pending");
                for (const id of directory.ledger.ids("failed")) directory.ledger.mark(id, "pending");
                break;
              case "restart":
                await restart();
                break;
              case "commit":
                await commit();
                break;
            }
          expectSame(directory);
          await commit();
          await directory[Symbol.asyncDispose]();
        }),
        { numRuns: 60 },
      );
    });

    test("who lost the hold writes nothing more, no checkpoint either, and not what waited to be made durable", async () => {
      await using place = await make();
      const lost = new AbortController();
      await using directory = await place.open({}, lost.signal);
      await listTo(directory, 3);
      await directory.checkpoint();
      await directory.write([exported("m0")]);
      const before = await place.content();
      lost.abort(new HoldLost("Another worker has it."));
      await place.clock.advance(1_000);
      await expect(directory.checkpoint()).rejects.toThrow(HoldLost);
      await expect(directory.commit()).rejects.toThrow(HoldLost);
      expect(await place.content()).toEqual(before);
    });

    test("a directory that was proven complete stays so until a later run changes something, however that run ended", async () => {
      await using place = await make();
      {
        await using directory = await place.open();
        await listTo(directory, 7);
        await writePending(directory);
        expect(await directory.commit()).toMatchObject({ complete: true });
      }
      const manifest = async (): Promise<string | undefined> => (await place.content())["manifest.json"];
      const before = await manifest();
      for (const _ of [1, 2]) {
        await using directory = await place.open();
        await directory.beginListing("200");
        await directory.addRefs(refsTo(9)); // two of them new, and then the network is gone
        await directory.checkpoint();
        expect(await manifest()).toBe(before);
      }
      await using directory = await place.open();
      await listTo(directory, 9);
      await directory.write([exported("m7")]);
      await directory.checkpoint();
      expect(manifestIn(await place.content())).toMatchObject({ complete: false, total_emails: 7 });
      await directory.write([exported("m8")]);
      expect(await directory.commit()).toMatchObject({ complete: true, total_emails: 9 });
    });
  });
}

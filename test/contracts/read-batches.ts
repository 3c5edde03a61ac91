import { describe, expect, test } from "vitest";

import type { ExportRecord } from "../../src/core/mail/record.ts";
import type { FoundBatch, IndexedExport, ReadBatches } from "../../src/core/ports/records.ts";
import { record } from "../written-export.ts";

export type BatchesStage = AsyncDisposable &
  Readonly<{
    batches: ReadBatches;
    /** Where nothing is yet. */
    directory: string;
    /** Finished batches by their numbers, named by the manifest where `named` holds their number. */
    write(
      batches: Readonly<Record<number, readonly ExportRecord[]>>,
      how?: Readonly<{ named?: number[]; unfinished?: boolean }>,
    ): Promise<void>;
    /** The batch that grows, in an export that has no manifest yet. */
    grow(number: number, records: readonly ExportRecord[], torn?: string): Promise<void>;
    remove(file: string): Promise<void>;
  }>;

const NEVER = new AbortController().signal;
const [ONE, TWO, THREE] = ["1", "2", "3"].map((id) => record(id)) as [ExportRecord, ExportRecord, ExportRecord];
const lineOf = (one: ExportRecord): string => JSON.stringify(one);

/** What every reader of batches does; each runs this suite. */
export function readBatchesContract(implementation: string, setUp: () => Promise<BatchesStage>): void {
  const exportIn = ({ directory }: BatchesStage, owns: IndexedExport["owns"] = () => true) => ({ directory, owns });
  const find = async (w: BatchesStage): Promise<{ path: string; batches: readonly FoundBatch[] }> => {
    const found = await w.batches.find(exportIn(w));
    if (!found) throw new Error("nothing was found");
    return found;
  };
  const linesIn = async (w: BatchesStage, path: string, batch: FoundBatch): Promise<string[] | undefined> => {
    const lines: string[] = [];
    const onRecord = (line: Buffer): void => void lines.push(line.toString());
    return (await w.batches.read(path, batch, onRecord, NEVER)) && lines;
  };

  describe(`ReadBatches contract (${implementation})`, () => {
    test("where nothing is, and where another export is, nothing is found", async () => {
      await using w = await setUp();
      expect(await w.batches.find(exportIn(w))).toBeUndefined();
      await w.write({ 1: [ONE] });
      const told: unknown[] = [];
      expect(await w.batches.find(exportIn(w, (found) => (told.push(found), false)))).toBeUndefined();
      expect(told).toEqual([expect.objectContaining({ email: "ada@example.com" })]);
    });

    test("finished batches are found by number, those without a name in the manifest while the export is unfinished", async () => {
      await using w = await setUp();
      const all = { 10: [THREE], 2: [TWO], 1: [ONE] };
      await w.write(all, { named: [1, 2], unfinished: true });
      const { batches } = await find(w);
      expect(batches.map(({ number, growing }) => [number, growing])).toEqual([
        [1, false],
        [2, false],
        [10, false],
      ]);
      expect(batches.map(({ sha256 }) => sha256?.length)).toEqual([64, 64, undefined]);
      await w.write(all, { named: [1, 2] });
      expect((await find(w)).batches.map(({ number }) => number)).toEqual([1, 2]);
    });

    test("a batch is read line by line, with where each begins and the hash that the manifest has", async () => {
      await using w = await setUp();
      await w.write({ 1: [ONE, TWO] });
      const { path, batches } = await find(w);
      const read: [string, number][] = [];
      const onRecord = (line: Buffer, start: number): void => void read.push([line.toString(), start]);
      expect(await w.batches.read(path, batches[0]!, onRecord, NEVER)).toEqual({
        sha256: batches[0]!.sha256,
        whole: true,
      });
      expect(read).toEqual([
        [lineOf(ONE), 2],
        [lineOf(TWO), 2 + lineOf(ONE).length + 2],
      ]);
      const [, [line, start]] = read as [unknown, [string, number]];
      expect((await w.batches.bytes(path, batches[0]!, start, line.length)).toString()).toBe(line);
    });

    test("a batch that is no longer the one that was found is not read", async () => {
      await using w = await setUp();
      await w.write({ 1: [ONE], 2: [TWO] });
      const { path, batches } = await find(w);
      await w.write({ 1: [THREE], 2: [TWO] });
      await w.remove(batches[1]!.file);
      for (const batch of batches) {
        expect(await linesIn(w, path, batch)).toBeUndefined();
        await expect(w.batches.bytes(path, batch, 2, 5)).rejects.toMatchObject({
          failure: { code: "directory_damaged" },
        });
      }
      const [first] = (await find(w)).batches;
      expect(first!.stamp).not.toBe(batches[0]!.stamp);
      expect(await linesIn(w, path, first!)).toEqual([lineOf(THREE)]);
    });

    test("bytes that the batch does not have are told as damage", async () => {
      await using w = await setUp();
      await w.write({ 1: [ONE] });
      const { path, batches } = await find(w);
      await expect(w.batches.bytes(path, batches[0]!, 2, 1_000_000)).rejects.toMatchObject({
        failure: { code: "directory_damaged" },
      });
    });

    test("of a batch that grows the whole records are read, from any of them on", async () => {
      await using w = await setUp();
      await w.grow(1, [ONE, TWO], '{"Message-ID":"3","Thr');
      const { path, batches } = await find(w);
      expect(batches).toMatchObject([{ number: 1, growing: true, sha256: undefined }]);
      await using open = await w.batches.openGrowing(path, batches[0]!);
      const from = async (start: number) =>
        (await Array.fromAsync(open!.read(start, NEVER))).map((one) => [one.line.toString(), one.start]);
      const second = 2 + lineOf(ONE).length + 2;
      expect(await from(0)).toEqual([
        [lineOf(ONE), 2],
        [lineOf(TWO), second],
      ]);
      expect(await from(second)).toEqual([[lineOf(TWO), second]]);
    });

    test("of a batch that grew and was finished meanwhile the bytes that were found are still read", async () => {
      await using w = await setUp();
      await w.grow(1, [ONE]);
      const { path, batches } = await find(w);
      await w.remove(batches[0]!.file);
      await w.write({ 1: [ONE, TWO] });
      expect(await w.batches.openGrowing(path, batches[0]!)).toBeUndefined();
      expect((await w.batches.bytes(path, batches[0]!, 2, lineOf(ONE).length)).toString()).toBe(lineOf(ONE));
    });

    test("what grows under a number that a finished batch has is not found", async () => {
      await using w = await setUp();
      await w.write({ 2: [ONE] }, { unfinished: true });
      await w.grow(2, [TWO]);
      expect((await find(w)).batches).toMatchObject([{ number: 2, growing: false }]);
    });

    test("a reading that is called off ends with the reason", async () => {
      await using w = await setUp();
      await w.write({ 1: [ONE] });
      const { path, batches } = await find(w);
      const reason = new Error("called off");
      await expect(w.batches.read(path, batches[0]!, () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}

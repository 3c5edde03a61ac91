import { rm } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { readBatches } from "../../test/on-disk.ts";
import { ALL, record, writeExport, writeGrowing } from "../../test/written-export.ts";
import type { ReadBatches } from "../core/ports/records.ts";
import { settled, stage } from "./testing.ts";

describe("a batch that still grows", () => {
  const [one, two, three, four] = ["1", "2", "3", "4"].map((id) => record(id, { Subject: `Number ${id}` }));
  const growing = { files: 0, of: 0, complete: true };

  test("is looked into as far as whole records stand there, each read once", async () => {
    const from: number[] = [];
    const openGrowing: ReadBatches["openGrowing"] = async (...asked) => {
      const open = await readBatches.openGrowing(...asked);
      return open && { ...open, read: (start, signal) => (from.push(start), open.read(start, signal)) };
    };
    await using w = await stage({ ...readBatches, openGrowing });
    await writeGrowing(w.directory, 1, [one!, two!], '{"Message-ID":"3","Thr');
    expect(await w.ids()).toEqual(["1", "2"]);
    expect((await w.records.line(w.of, "2")).line?.toString()).toBe(JSON.stringify(two));
    expect((await w.records.line(w.of, "3")).line).toBeUndefined();
    expect((await w.records.page(w.of, ALL, 9)).index).toEqual(growing);
    expect((await w.records.statistics(w.of)).messages).toBe(2);
    expect(from).toEqual([0]); // nothing came meanwhile

    await writeGrowing(w.directory, 1, [one!, two!, three!, four!]);
    expect(await w.ids()).toEqual(["1", "2", "3", "4"]);
    expect(await w.ids({ search: "number" })).toHaveLength(4);
    expect(from).toEqual([0, `[\n${JSON.stringify(one)},\n`.length]); // behind what is known
  });

  test("is another export's where its journal says so", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!]);
    const asked: unknown[] = [];
    const others = { ...w.of, owns: (found: unknown) => (asked.push(found), false) };
    expect((await w.records.page(others, ALL, 9)).records).toEqual([]);
    expect(asked).toEqual([expect.objectContaining({ email: "ada@example.com" })]);
  });

  test("stays in sight when it is finished, and becomes what the finished file says", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!, two!, three!]);
    expect(await w.ids()).toEqual(["1", "2", "3"]);
    const other = record("2", { Subject: "Another 2" }); // as after a power cut that took the end
    await rm(join(w.directory, "emails_batch_1.json.part"));
    await writeExport(w.directory, { 1: [one!, other] }, { unfinished: true });
    await writeGrowing(w.directory, 2, [four!]);
    expect((await w.records.page(w.of, ALL, 9)).index).toEqual(settled(1));
    expect(await w.ids()).toEqual(["1", "2", "4"]);
    expect(await w.ids({ search: "another" })).toEqual(["2"]);
    expect((await w.records.statistics(w.of)).messages).toBe(3);
  });

  test("is read anew when its end is another than the one that was read, and goes with its file", async () => {
    await using w = await stage();
    await writeGrowing(w.directory, 1, [one!, two!, three!]);
    expect(await w.ids()).toHaveLength(3);
    await writeGrowing(w.directory, 1, [one!, four!]);
    expect(await w.ids()).toEqual(["1", "4"]);
    await writeGrowing(w.directory, 1, []);
    expect(await w.ids()).toEqual([]);
    await writeGrowing(w.directory, 1, [two!]);
    expect(await w.ids()).toEqual(["2"]);
    await rm(join(w.directory, "emails_batch_1.json.part"));
    expect(await w.ids()).toEqual([]);
  });

  test("is no longer looked for where a finished one has its number", async () => {
    await using w = await stage();
    await writeExport(w.directory, { 2: [one!] }, { unfinished: true });
    await writeGrowing(w.directory, 2, [two!]);
    expect(await w.ids()).toEqual(["1"]);
  });

  test("may be finished between the search and the reading of a line", async () => {
    await using w = await stage({
      ...readBatches,
      async bytes(...asked) {
        await rm(join(w.directory, "emails_batch_1.json.part"));
        await writeExport(w.directory, { 1: isSame ? [one!, two!] : [two!, one!] });
        return readBatches.bytes(...asked);
      },
    });
    let isSame = true;
    await writeGrowing(w.directory, 1, [one!, two!]);
    expect((await w.records.line(w.of, "2")).line?.toString()).toBe(JSON.stringify(two));
    await rm(join(w.directory, "emails_batch_1.json"));
    await rm(join(w.directory, "manifest.json"));
    await writeGrowing(w.directory, 1, [one!, two!]);
    isSame = false;
    await expect(w.records.line(w.of, "2")).rejects.toMatchObject({ failure: { code: "directory_damaged" } });
  });
});

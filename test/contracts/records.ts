import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ExportRecord } from "../../src/core/mail/record.ts";
import type { IndexedExport, RecordPosition, RecordQuestion, Records } from "../../src/core/ports/records.ts";
import { ALL, record } from "../written-export.ts";

export type RecordsStage = AsyncDisposable &
  Readonly<{
    records: Records;
    of: IndexedExport;
    /** Finished batches by their numbers, in place of those of these numbers. */
    write(batches: Readonly<Record<number, readonly (ExportRecord | string)[]>>): Promise<void>;
    remove(file: string): Promise<void>;
  }>;

/** What every search through what was exported does; each runs this suite. */
export function recordsContract(implementation: string, setUp: () => Promise<RecordsStage>): void {
  const settled = (files: number) => ({ files, of: files, complete: true });
  const ids = async ({ records, of }: RecordsStage, question: Partial<RecordQuestion> = {}): Promise<string[]> =>
    (await records.page(of, { ...ALL, ...question }, 200)).records.map(({ id }) => id).toSorted();
  const subjects = fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { minLength: 1, maxLength: 8 });

  describe(`Records contract (${implementation})`, () => {
    test("rows tell what the records do", async () => {
      await using w = await setUp();
      const attachment = { id: "a", filename: "a.pdf", mimeType: "application/pdf", size: 3, partId: "2" };
      const full = record("1", {
        "Thread-ID": "t",
        Labels: ["INBOX", "Label_7"],
        "Label-Names": ["INBOX", "Travel/Lisbon"],
        From: "Ada <ada@example.com>",
        To: "Grace <grace@example.com>",
        Subject: "Tickets",
        Snippet: "Here they are",
        Attachments: [attachment, attachment],
        "Size-Estimate": 4321,
      });
      await w.write({ 1: [full, record("2", { "Internal-Date": "", To: "x".repeat(5_000) })] });
      const { records, ...page } = await w.records.page(w.of, ALL, 10);
      expect(page).toEqual({ index: settled(1), total: 2, next: undefined });
      expect(records[0]).toEqual({
        id: "1",
        threadId: "t",
        date: Date.parse("2026-11-23T09:30:17.250Z"),
        from: "Ada <ada@example.com>",
        to: "Grace <grace@example.com>",
        subject: "Tickets",
        snippet: "Here they are",
        labels: ["INBOX", "Label_7"],
        labelNames: ["INBOX", "Travel/Lisbon"],
        sizeEstimate: 4321,
        attachments: 2,
      });
      expect(records[1]).toMatchObject({ id: "2", date: undefined, to: expect.stringMatching(/^x{500}…$/) });
    });

    test("a record's line comes as it stands in its batch, whatever is in it", async () => {
      await using w = await setUp();
      const odd = {
        Subject: "a\0b\ud800c",
        Body: { plain: '"},"Attachments":', html: '<a title=\\",\\"html\\":\\">' },
      };
      const lines = [
        JSON.stringify(record("1", odd)),
        JSON.stringify(record("2")).replace("{", '{"Message-ID":"2","__proto__":{"x":1},'),
        JSON.stringify({ ...record("3"), Body: { html: "x", plain: "y" } }),
      ];
      await w.write({ 1: lines.slice(0, 2), 2: lines.slice(2) });
      for (const [place, line] of lines.entries()) {
        const found = await w.records.line(w.of, String(place + 1));
        expect(found.line?.toString()).toBe(line);
      }
      expect((await w.records.line(w.of, "4")).line).toBeUndefined();
      expect((await w.records.page(w.of, ALL, 9)).records.find(({ id }) => id === "1")?.subject).toBe("a\0b\ufffdc");
      expect(await ids(w, { search: "b" })).toEqual(["1"]);
    });

    test("any text can be searched for, and every word of a subject finds its message", async () => {
      await using w = await setUp();
      let round = 0;
      await fc.assert(
        fc.asyncProperty(subjects, fc.string({ unit: "binary", maxLength: 60 }), async (texts, anything) => {
          round += 1;
          await w.write({ 1: texts.map((Subject, place) => record(`${round}-${place}`, { Subject })) });
          for (const field of ["search", "from", "subject"]) await ids(w, { [field]: anything });
          for (const [place, text] of texts.entries())
            for (const word of text.split(/\s+/)) {
              expect(await ids(w, { search: word })).toContain(`${round}-${place}`);
              expect(await ids(w, { subject: word.normalize("NFD") })).toContain(`${round}-${place}`);
            }
        }),
        { numRuns: 40 },
      );
    });

    test("words are found where they are looked for: by their beginning, whatever their case and accents", async () => {
      await using w = await setUp();
      await w.write({
        1: [
          record("1", { From: "Zoë Müller <zoe@example.com>", Subject: "Três quilómetros 🎉" }),
          record("2", { To: "zoe@example.com", Cc: "Bob", Snippet: "até à praia" }),
        ],
      });
      expect(await ids(w, { search: "ZOE@EXAMPLE" })).toEqual(["1", "2"]);
      expect(await ids(w, { from: "zoe@example.com" })).toEqual(["1"]);
      expect(await ids(w, { from: "mull" })).toEqual(["1"]);
      expect(await ids(w, { subject: "QUILOMETROS tres" })).toEqual(["1"]);
      expect(await ids(w, { search: "🎉" })).toEqual(["1"]);
      expect(await ids(w, { search: "ate praia bob" })).toEqual(["2"]);
      expect(await ids(w, { subject: "praia" })).toEqual([]);
      expect(await ids(w, { search: "uller" })).toEqual([]);
    });

    test("labels are found by id and by name, days from one to before another", async () => {
      await using w = await setUp();
      const dated = (id: string, date: string, Labels: string[] = [], names = Labels) =>
        record(id, { "Internal-Date": date, Labels, "Label-Names": names });
      await w.write({
        1: [
          dated("1", "2024-01-31T23:59:59.999Z", ["INBOX", "Label_7"], ["INBOX", "Travel"]),
          dated("2", "2024-02-01T00:00:00.000Z", ["INBOX"]),
          dated("3", ""),
        ],
      });
      expect(await ids(w, { label: "Label_7" })).toEqual(["1"]);
      expect(await ids(w, { label: "Travel" })).toEqual(["1"]);
      expect(await ids(w, { label: "INBOX" })).toEqual(["1", "2"]);
      expect(await ids(w, { label: "Label" })).toEqual([]);
      const february = Date.parse("2024-02-01");
      expect(await ids(w, { after: february })).toEqual(["2"]);
      expect(await ids(w, { before: february })).toEqual(["1"]);
      expect(await ids(w, { before: february, label: "INBOX", search: "" })).toEqual(["1"]);
    });

    test("pages of any size hold every record once, in order, also while the index grows", async () => {
      const moments = fc.constantFrom(
        "",
        "2024-01-01T00:00:00.000Z",
        "2024-01-02T00:00:00.000Z",
        "0001-01-01T00:00:00.000Z",
      );
      const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
      const order = fc.constantFrom("newest" as const, "oldest" as const);
      await fc.assert(
        fc.asyncProperty(
          fc.array(moments, { minLength: 1, maxLength: 25 }),
          sizes,
          order,
          fc.boolean(),
          async (dates, limits, way, grows) => {
            await using w = await setUp();
            const make = (name: string): ExportRecord[] =>
              dates.map((date, place) => record(`${name}-${place}`, { "Internal-Date": date }));
            const batches: Record<number, ExportRecord[]> = { 1: make("1") };
            await w.write(batches);
            const seen: string[] = [];
            let from: RecordPosition | undefined;
            let last: number | undefined;
            for (let turn = 0; turn === 0 || from; turn++) {
              const page = await w.records.page(w.of, { ...ALL, order: way }, limits[turn % limits.length]!, from);
              expect(page.records.length).toBeLessThanOrEqual(limits[turn % limits.length]!);
              for (const { id, date = -Infinity } of page.records) {
                if (last !== undefined) expect(way === "newest" ? last >= date : last <= date).toBe(true);
                last = date;
                seen.push(id);
              }
              from = page.next;
              if (grows && turn < 3) await w.write(Object.assign(batches, { [turn + 2]: make(`${turn + 2}`) }));
            }
            expect(new Set(seen).size).toBe(seen.length);
            expect(seen.filter((id) => id.startsWith("1-")).length).toBe(dates.length);
            if (!grows) expect(seen.length).toBe(dates.length);
          },
        ),
        { numRuns: 25 },
      );
    });

    test("charts count what the records say, also after a batch was changed and another removed", async () => {
      await using w = await setUp();
      const make = (count: number, salt: number): ExportRecord[] =>
        Array.from({ length: count }, (_, place) =>
          record(`${salt}-${place}`, {
            From: `P${place % 25} <p${place % 25}@Example.com>`,
            "Internal-Date": place % 10 === 0 ? "" : `202${place % 4}-0${1 + (place % 9)}-15T00:00:00.000Z`,
            "Size-Estimate": 10 ** (place % 9),
            Labels: place % 3 ? ["INBOX", "Label_1"] : ["SENT"],
            "Label-Names": place % 3 ? ["INBOX", "One"] : ["SENT"],
            Attachments: Array.from({ length: place % 2 }, () => ({
              id: "",
              filename: "",
              mimeType: "",
              size: 0,
              partId: "",
            })),
          }),
        );
      await w.write({ 1: make(200, 1), 2: make(90, 2), 3: make(70, 3) });
      await w.records.statistics(w.of);
      const left = { 1: make(200, 1), 3: make(33, 4) };
      await w.remove("emails_batch_2.json");
      await w.write(left);
      const all = Object.values(left).flat();
      const sum = (some: readonly ExportRecord[]): number =>
        some.reduce((bytes, one) => bytes + one["Size-Estimate"], 0);

      const found = await w.records.statistics(w.of);
      expect(found).toMatchObject({ index: settled(2), messages: 233, bytes: sum(all) });
      expect(found.attachments).toBe(all.flatMap(({ Attachments }) => Attachments).length);
      const months = Map.groupBy(
        all.filter((one) => one["Internal-Date"] !== ""),
        (one) => one["Internal-Date"].slice(0, 7),
      );
      expect(found.months).toEqual(
        [...months]
          .map(([month, some]) => ({ month, messages: some.length, bytes: sum(some) }))
          .toSorted((a, b) => (a.month < b.month ? -1 : 1)),
      );
      expect(found.senders).toHaveLength(20);
      const [first] = found.senders;
      const theirs = all.filter(({ From }) => From === `${first!.name} <${first!.name.toLowerCase()}@Example.com>`);
      expect(first).toMatchObject({ messages: theirs.length, bytes: sum(theirs) });
      expect(first!.address).toBe(`${first!.name.toLowerCase()}@example.com`);
      const within = (from: number, to: number): number =>
        all.filter((one) => one["Size-Estimate"] > from && one["Size-Estimate"] <= to).length;
      expect(found.sizes).toEqual([
        { upToBytes: 10_000, messages: within(-1, 10_000) },
        { upToBytes: 100_000, messages: within(10_000, 100_000) },
        { upToBytes: 1_000_000, messages: within(100_000, 1_000_000) },
        { upToBytes: 10_000_000, messages: within(1_000_000, 10_000_000) },
        { upToBytes: undefined, messages: within(10_000_000, Infinity) },
      ]);
      const inbox = all.filter(({ Labels }) => Labels.includes("INBOX")).length;
      expect(found.labels).toEqual([
        { id: "INBOX", name: "INBOX", messages: inbox },
        { id: "Label_1", name: "One", messages: inbox },
        { id: "SENT", name: "SENT", messages: all.length - inbox },
      ]);
    });

    test("nothing of a directory that is another export's is shown, and its index is left alone", async () => {
      await using w = await setUp();
      await w.write({ 1: [record("1")] });
      await w.records.page(w.of, ALL, 9);
      const foreign = { ...w.of, owns: () => false };
      const nothing = { index: settled(0) };
      expect(await w.records.page(foreign, ALL, 9)).toEqual({ ...nothing, total: 0, records: [], next: undefined });
      expect(await w.records.statistics(foreign)).toMatchObject({ ...nothing, messages: 0, senders: [] });
      expect(await w.records.line(foreign, "1")).toEqual({ ...nothing, line: undefined });
      expect(await ids(w)).toEqual(["1"]);
    });
  });
}

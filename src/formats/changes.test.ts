import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { ChangeEntry, ChangesBegun, LabelChange, MessageChange } from "../core/export/change.ts";
import { changeLine, readChanges, type FoundChange } from "./changes.ts";

const AT = "2026-11-28T07:50:00.000Z";
const BEGUN: ChangesBegun = { at: AT, change: "begun", historyId: "1", names: [["Label_7", "Travel/Lisbon"]] };

const at = fc
  .date({ min: new Date("2004-04-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());
const id = fc.string({ minLength: 1, unit: "binary" });
const labels = fc.array(fc.string({ unit: "binary" }), { maxLength: 4 });
const historyId = fc.nat().map(String);
const name = fc.option(fc.string({ unit: "binary" }));
const begun = fc.record({
  at,
  change: fc.constant("begun"),
  historyId,
  names: fc.array(fc.tuple(id, fc.string({ unit: "binary" }))),
});
const later = fc.oneof(
  fc.record({ at, id, change: fc.constant("added"), labels, historyId }),
  fc.record({ at, id, change: fc.constant("deleted"), labels, historyId }),
  fc.record({ at, id, change: fc.constantFrom("deleted", "labels"), labels, labelsBefore: labels, historyId }),
  fc.record({ at, change: fc.constant("label"), label: id, name, was: name }),
);
const entries = fc.tuple(begun, fc.array(later)).map((all) => all.flat() as ChangeEntry[]);

async function* inPieces(bytes: Buffer, size = 7): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const fileOf = (all: readonly ChangeEntry[]): Buffer => Buffer.from(all.map(changeLine).join(""));
const read = (bytes: Buffer): Promise<FoundChange[]> => Array.fromAsync(readChanges(inPieces(bytes)));

test("any changes come back from their lines, each of which is one", async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (all) => {
      const bytes = fileOf(all);
      const found = await read(bytes);
      expect(found.map((line) => "change" in line && line.change)).toEqual(all);
      expect(found.at(-1)!.end).toBe(bytes.length);
      expect(bytes.toString().split("\n")).toHaveLength(all.length + 1);
    }),
  );
});

test("keys stand in the order of docs/format.md, however they were put together", () => {
  const change: MessageChange = {
    historyId: "9",
    labelsBefore: ["A"],
    labels: [],
    change: "labels",
    id: "18c2",
    at: AT,
  };
  const renamed: LabelChange = { was: null, name: "Travel", label: "Label_7", change: "label", at: AT };
  expect(changeLine(renamed)).toBe(`{"at":"${AT}","change":"label","label":"Label_7","name":"Travel","was":null}\n`);
  expect(changeLine(change)).toBe(
    `{"at":"${AT}","id":"18c2","change":"labels","labels":[],"labelsBefore":["A"],"historyId":"9"}\n`,
  );
});

test("wherever the file is cut, what is whole of it is found, and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(entries, fc.nat(), fc.boolean(), async (all, place, withZeros) => {
      const bytes = fileOf(all);
      const cut = place % (bytes.length + 1);
      const torn = Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(withZeros ? 9 : 0)]);
      const whole = bytes.subarray(0, bytes.subarray(0, cut).lastIndexOf("\n") + 1);
      const lines = await read(torn);
      const faults = lines.filter((line) => "fault" in line);
      expect(faults).toHaveLength(torn.length > whole.length ? 1 : 0);
      expect(lines.filter((line) => "change" in line)).toEqual(await read(whole));
    }),
  );
});

test("a kind and a key of a later version are passed over", async () => {
  const lines = [
    { ...BEGUN, more: 1 },
    { at: AT, change: "starred", id: "18c2" },
  ];
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  expect(await read(bytes)).toMatchObject([
    { number: 1, change: BEGUN },
    { number: 2, change: undefined },
  ]);
});

test.each([
  ["no JSON", `${changeLine(BEGUN)}{"at":\n`, 2],
  ["JSON that is no object", `${changeLine(BEGUN)}7\n`, 2],
  ["a file that does not begin as one", `{"at":"${AT}","id":"18c2","change":"added","labels":[],"historyId":"1"}\n`, 1],
  ["a second beginning", `${changeLine(BEGUN)}${changeLine(BEGUN)}`, 2],
  [
    "a change without its message",
    `${changeLine(BEGUN)}{"at":"${AT}","change":"added","labels":[],"historyId":"1"}\n`,
    2,
  ],
  [
    "a moment that is none",
    `${changeLine(BEGUN)}{"at":"today","change":"label","label":"L","name":null,"was":"x"}\n`,
    2,
  ],
  [
    "other labels than before, without those before",
    `${changeLine(BEGUN)}{"at":"${AT}","id":"18c2","change":"labels","labels":[],"historyId":"1"}\n`,
    2,
  ],
  ["a line without its end", `${changeLine(BEGUN)}{"at":"${AT}","change":"label","label":"L","name":"a","was":"b"}`, 2],
])("%s is told by its line", async (_what, text, number) => {
  const bytes = Buffer.from(text);
  const lines = await read(bytes);
  expect(lines.filter((line) => "fault" in line)).toMatchObject([{ number, end: bytes.length }]);
});

test("what is wrong with a line is told without what it says", async () => {
  const text =
    '{"change":"labels","id":"secret","labels":["secret"]}\n{"change":"label","label":"secret","name":"secret"}\n';
  expect(JSON.stringify(await read(Buffer.from(text)))).not.toContain("secret");
});

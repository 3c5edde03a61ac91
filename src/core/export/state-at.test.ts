import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { ChangeEntry } from "./change.ts";
import { stateAtEndOf, type StateAt } from "./state-at.ts";

const DAY_MS = 86_400_000;
const FIRST = Date.parse("2026-11-01T09:30:00Z");
const isoAt = (at: number): string => new Date(at).toISOString();
const dayOf = (at: number): number => Math.floor(at / DAY_MS) * DAY_MS;

/** A mailbox of which each day is remembered: what reconstruction is held against. */
type Mailbox = Readonly<{ messages: ReadonlyMap<string, readonly string[]>; names: ReadonlyMap<string, string> }>;

const IDS = ["18c1", "18c2", "18c3", "18c4"];
const LABELS = ["INBOX", "Label_1", "Label_2"];

const step = fc.oneof(
  fc.record({ what: fc.constant("add" as const), id: fc.constantFrom(...IDS), labels: fc.subarray(LABELS) }),
  fc.record({ what: fc.constant("relabel" as const), id: fc.constantFrom(...IDS), labels: fc.subarray(LABELS) }),
  fc.record({ what: fc.constant("delete" as const), id: fc.constantFrom(...IDS) }),
  fc.record({
    what: fc.constant("rename" as const),
    label: fc.constantFrom("Label_1", "Label_2"),
    name: fc.constantFrom("Travel", "Work", "Home", null),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
const run = fc.record({ hoursLater: fc.integer({ min: 0, max: 60 }), steps: fc.array(step, { maxLength: 6 }) });

/** Applies runs to a mailbox; tells what changes.ndjson says of them, what was deleted, and how the mailbox was behind each. */
function apply(runs: readonly { hoursLater: number; steps: readonly Step[] }[]) {
  const messages = new Map<string, readonly string[]>([
    ["18c1", ["INBOX"]],
    ["18c2", ["Label_1"]],
  ]);
  const names = new Map([["Label_1", "Travel"]]);
  const records = new Map(messages);
  const deleted = new Map<string, string>();
  const changes: ChangeEntry[] = [{ at: isoAt(FIRST), change: "begun", historyId: "1", names: [...names] }];
  const states: { at: number; mailbox: Mailbox }[] = [];
  const keep = (at: number): void => {
    states.push({ at, mailbox: { messages: new Map(messages), names: new Map(names) } });
  };
  keep(FIRST);
  let at = FIRST;
  for (const { hoursLater, steps } of runs) {
    at += hoursLater * 3_600_000;
    const before = { messages: new Map(messages), names: new Map(names) };
    for (const one of steps)
      if (one.what === "add") messages.set(one.id, one.labels);
      else if (one.what === "delete") messages.delete(one.id);
      else if (one.what === "relabel" && messages.has(one.id)) messages.set(one.id, one.labels);
      else if (one.what === "rename" && one.name !== null) names.set(one.label, one.name);
      else if (one.what === "rename") names.delete(one.label);
    const [moment, historyId] = [isoAt(at), String(states.length + 1)];
    for (const id of IDS) {
      const [was, is] = [before.messages.get(id), messages.get(id)];
      if (is) records.set(id, is); // of what is deleted the record stays as it was
      if (was && !is) {
        changes.push({ at: moment, id, change: "deleted", labels: was, historyId });
        deleted.set(id, moment);
      } else if (!was && is) {
        changes.push({ at: moment, id, change: "added", labels: is, historyId });
        deleted.delete(id);
      } else if (was && is && was.join() !== is.join())
        changes.push({ at: moment, id, change: "labels", labels: is, labelsBefore: was, historyId });
    }
    for (const label of LABELS) {
      const [was, name] = [before.names.get(label) ?? null, names.get(label) ?? null];
      if (was !== name) changes.push({ at: moment, change: "label", label, name, was });
    }
    keep(at);
  }
  return {
    changes,
    records,
    names,
    states,
    deleted: Array.from(deleted, ([id, seenAt]) => ({ id, seenAt })),
    last: at,
  };
}

/** The state at the end of a day that is known. */
async function stateAt(...given: Parameters<typeof stateAtEndOf>): Promise<StateAt> {
  const state = await stateAtEndOf(...given);
  if ("begunAt" in state) throw new Error(`begun at ${state.begunAt}`);
  return state;
}

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

test("every day since the first run is told as the mailbox was then, of records as they are now", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 8 }), async (runs) => {
      const { changes, records, names, states, deleted, last } = apply(runs);
      for (let day = dayOf(FIRST); day <= dayOf(last) + DAY_MS; day += DAY_MS) {
        const { mailbox } = states.findLast(({ at }) => at < day + DAY_MS)!;
        const state = await stateAt(day, each(changes), deleted);
        const told = IDS.map((id) => records.has(id) && state.labelsOf(id, records.get(id)!));
        expect(told).toEqual(IDS.map((id) => records.has(id) && mailbox.messages.get(id)));
        const called = LABELS.map((label) => state.nameOf(label, names.get(label) ?? label));
        expect(called).toEqual(LABELS.map((label) => mailbox.names.get(label) ?? label));
      }
    }),
    { numRuns: 500 },
  );
});

test("nobody knows of a day that ended before the first run did; of its own day the end is known", async () => {
  const { changes } = apply([]);
  expect(await stateAtEndOf(dayOf(FIRST) - DAY_MS, each(changes), [])).toEqual({ begunAt: isoAt(FIRST) });
  const state = await stateAt(dayOf(FIRST), each(changes), []);
  expect(state.labelsOf("18c1", ["INBOX"])).toEqual(["INBOX"]);
});

test("midnight is the next day's", async () => {
  const at = "2026-11-03T00:00:00.000Z";
  const { changes } = apply([]);
  const all: ChangeEntry[] = [...changes, { at, id: "18c1", change: "deleted", labels: ["INBOX"], historyId: "2" }];
  const before = await stateAt(Date.parse("2026-11-02"), each(all), []);
  const behind = await stateAt(Date.parse("2026-11-03"), each(all), []);
  expect([before, behind].map((state) => state.labelsOf("18c1", ["INBOX"]))).toEqual([["INBOX"], undefined]);
});

test("what the manifest calls deleted is not there from that day on, also where no line tells it", async () => {
  const { changes } = apply([]);
  const deleted = [{ id: "18c1", seenAt: "2026-11-05T10:00:00.000Z" }];
  const told = ["2026-11-04", "2026-11-05"].map(async (day) => {
    const state = await stateAt(Date.parse(day), each(changes), deleted);
    return state.labelsOf("18c1", ["INBOX"]);
  });
  expect(await Promise.all(told)).toEqual([["INBOX"], undefined]);
});

test("labels that a message lost in the run that saw it deleted are those of the days before", async () => {
  const change: ChangeEntry = {
    at: "2026-11-05T10:00:00.000Z",
    id: "18c1",
    change: "deleted",
    labels: [],
    labelsBefore: ["INBOX"],
    historyId: "2",
  };
  const state = await stateAt(Date.parse("2026-11-04"), each([...apply([]).changes, change]), []);
  expect(state.labelsOf("18c1", [])).toEqual(["INBOX"]);
});

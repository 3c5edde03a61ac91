import { expect, test } from "vitest";

import type { LabelNames } from "../../core/ports/mailbox-source.ts";
import { readLabelNames } from "./label-names.ts";

const NAMES: LabelNames = new Map([["INBOX", "INBOX"]]);
const NONE: LabelNames = new Map();

/** A mailbox that gives these answers one after the other. */
async function read(answers: readonly LabelNames[]): Promise<Readonly<{ names: LabelNames; asked: number }>> {
  let asked = 0;
  const names = await readLabelNames({ labels: async () => answers[asked++]! }, new AbortController().signal);
  return { names, asked };
}

test("that a mailbox has no labels is asked again; what it answers then counts", async () => {
  expect(await read([NAMES])).toEqual({ names: NAMES, asked: 1 });
  expect(await read([NONE, NAMES])).toEqual({ names: NAMES, asked: 2 });
  expect(await read([NONE, NONE])).toEqual({ names: NONE, asked: 2 });
});

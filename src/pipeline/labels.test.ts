import { expect, test } from "vitest";

import { failureOf } from "../core/errors.ts";
import { EVERYTHING } from "../core/mail/filter.ts";
import type { LabelNames } from "../core/ports/mailbox-source.ts";
import { withLabelIds } from "./labels.ts";

const NAMES: LabelNames = new Map([
  ["INBOX", "INBOX"],
  ["Label_1", "Work"],
  ["Label_2", "work/Lisbon"],
  ["Label_3", "Ärger"],
  ["Label_4", "Label_1"], // a name may look like another's id
  ["Label_5", "Twice"],
  ["Label_6", "twice"],
]);

const idsOf = (...labels: string[]): readonly string[] => withLabelIds({ ...EVERYTHING, labels }, NAMES).labels;

test("labels are found by id, by name, and by a name in other letters where that is one label", () => {
  expect(idsOf("Label_1", "Work", "WORK/LISBON", "ärger")).toEqual(["Label_1", "Label_1", "Label_2", "Label_3"]);
  expect(idsOf(" work", "Work / Lisbon", "A\u0308rger")).toEqual(["Label_1", "Label_2", "Label_3"]);
  expect(idsOf("Twice", "twice")).toEqual(["Label_5", "Label_6"]);
  expect(idsOf("INBOX", "inbox", "CATEGORY_SOCIAL")).toEqual(["INBOX", "INBOX", "CATEGORY_SOCIAL"]);
});

test("one that the mailbox does not have is refused by its name, with the labels there are", () => {
  for (const label of ["Wrok", "Label_99", "TWICE", ""]) {
    const refused = (() => {
      try {
        return idsOf(label);
      } catch (error) {
        return failureOf(error);
      }
    })();
    expect(refused).toMatchObject({
      code: "label_unknown",
      message: expect.stringContaining(JSON.stringify(label)),
      next: expect.stringContaining("Work, work/Lisbon, Ärger"),
    });
  }
});

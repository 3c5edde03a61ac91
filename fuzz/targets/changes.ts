import * as fc from "fast-check";

import { changeLine, readChanges } from "../../src/formats/changes.ts";
import { must, type Target } from "../target.ts";

const AT = "2026-11-28T07:50:00.000Z";
const BEGUN = changeLine({ at: AT, change: "begun", historyId: "1", names: [["Label_7", "Travel"]] });
const LATER = [
  changeLine({ at: AT, id: "18c2", change: "added", labels: ["INBOX", "Label_7"], historyId: "2" }),
  changeLine({ at: AT, id: "18c3", change: "deleted", labels: [], historyId: "2" }),
  changeLine({ at: AT, id: "18c2", change: "labels", labels: [], labelsBefore: ["INBOX", "Label_7"], historyId: "3" }),
  changeLine({ at: AT, change: "label", label: "Label_7", name: null, was: "Travel" }),
];

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += 61) yield bytes.subarray(from, from + 61);
}

/** What changed in Gmail, changed: each line is a change, none that this version knows, or told to be wrong. */
export const changes: Target = {
  name: "changes",
  share: 20,
  async open() {
    return {
      seeds: [Buffer.from(BEGUN + LATER.join("")), Buffer.from(BEGUN)],
      shapes: fc.array(fc.constantFrom(...LATER, BEGUN, '{"change":"later"}\n')).map((lines) => BEGUN + lines.join("")),
      async feed(input) {
        let end = 0;
        for await (const line of readChanges(inPieces(input))) {
          must(line.end > end, "a line that ends before it begins");
          end = line.end;
          if (!("change" in line) || line.change === undefined) continue;
          const [again] = await Array.fromAsync(readChanges(inPieces(Buffer.from(changeLine(line.change)))));
          const isBegun = line.change.change === "begun";
          must(
            again !== undefined && "change" in again === isBegun,
            "a change that is not read again as it is written",
          );
        }
        must(end === input.length, "another part was read than there is");
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

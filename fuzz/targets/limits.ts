import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";

import type { LearnedLimit } from "../../src/core/ports/learned-limits.ts";
import { createPacer } from "../../src/sources/gmail-api/pace/pacer.ts";
import { learnedLimits } from "../../src/state/embedded/learned-limits.ts";
import { filesOnDisk as files } from "../../src/storage/folder/private-files.ts";
import { manualClock } from "../../test/manual-clock.ts";
import { projectBudget } from "../../test/project-budget.ts";
import { must, type Target } from "../target.ts";

const CLIENTS = ["id", "__proto__", "constructor", "toString"];

/** Beyond any wait that an honest limit could ask for. */
const PATIENCE_MS = 60 * 60_000;

/** STATE_DIR/limits.json: whatever it says, calls go, and not without limit. */
export const limits: Target = {
  name: "limits",
  share: 40,
  async open(folder) {
    const path = join(folder, "limits.json");
    const learned = { tier: "legacy", unitsPerMinute: 15_000, priceFactor: 1.25 };
    const { read } = learnedLimits(path, files);
    return {
      seeds: [{ id: learned }, { id: learned, other: { ...learned, tier: "2026" } }].map((json) =>
        Buffer.from(JSON.stringify(json)),
      ),
      shapes: fc
        .record({ tier: fc.constantFrom("2026", "legacy"), unitsPerMinute: fc.double(), priceFactor: fc.double() })
        .map((one) => JSON.stringify({ id: one })),
      async feed(input) {
        await writeFile(path, input);
        for (const client of CLIENTS) await callsGo(await read(client));
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

async function callsGo(remembered: LearnedLimit | undefined): Promise<void> {
  const clock = manualClock();
  const begun = clock.now();
  const pacer = createPacer({
    clock,
    tier: "auto",
    unitsPerMinute: undefined,
    maxInFlight: 10,
    project: projectBudget(clock, 1_200_000),
    remembered,
    onLearned: () => {},
  });
  for (let call = 0; call < 3; call += 1)
    (await clock.run(pacer.turn("messages.get", new AbortController().signal))).done();
  must(clock.now() - begun < PATIENCE_MS, "calls are held back without end");
  must(pacer.pace().unitsPerMinute <= 1_000_000_000, "calls go without limit", JSON.stringify(pacer.pace()));
}

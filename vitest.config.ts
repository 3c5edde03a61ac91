import { defineConfig } from "vitest/config";

import { LongestFirst } from "./test/run/longest-first.ts";
import { summary } from "./test/run/summary.ts";

/** Single modules, tried in a process that others were tried in: what they import is loaded once. */
const MODULES = ["src/**/*.test.ts", "simulator/**/*.test.ts"];

/** Tells what a module adds to the memory of its process. */
const MEASURES_MEMORY = ["src/core/export/ledger.test.ts", "src/pipeline/update/label-members-memory.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/run/global-setup.ts",
    reporters: ["default", summary()],
    // On two cores: some tests wait for what takes its time, and a third worker works meanwhile.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...everywhere(), name: "modules", include: MODULES, exclude: MEASURES_MEMORY, isolate: false } },
      {
        test: {
          ...everywhere(),
          name: "program",
          include: ["test/**/*.test.ts", "fuzz/**/*.test.ts", ...MEASURES_MEMORY],
        },
      },
    ],
  },
});

function everywhere() {
  return {
    setupFiles: "test/run/report-failure.ts",
    // No test is held to a time: every wait has one generous limit of its own (test/wait.ts), and tells what it saw.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
  };
}

import { defineConfig } from "vitest/config";

import { LongestFirst } from "./test/run/longest-first.ts";
import { summary } from "./test/run/summary.ts";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "simulator/**/*.test.ts", "test/**/*.test.ts", "fuzz/**/*.test.ts"],
    globalSetup: "test/run/global-setup.ts",
    setupFiles: "test/run/report-failure.ts",
    reporters: ["default", summary()],
    // No test is held to a time: every wait has one generous limit of its own (test/wait.ts), and tells what it saw.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 300_000 } },
    // On two cores: some tests wait for what takes its time, and a third worker works meanwhile.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});

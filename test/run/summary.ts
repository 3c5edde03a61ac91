import { writeFileSync } from "node:fs";

import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Ends a run with one plain line, "12 passed, 0 failed", for readers that do not know vitest's own; TEST_SUMMARY names a
 * file that gets it as well. What stands outside any test, such as a file that cannot be read, counts as failed.
 */
export function summary(): Reporter {
  return { onTestRunEnd: summarize };
}

function summarize(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
  const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) counts[test.result().state] += 1;
    if (module.state() === "failed") counts.failed += failedOutside(module);
  }
  const left = counts.skipped + counts.pending;
  const line = `${counts.passed} passed, ${counts.failed} failed${left > 0 ? `, ${left} not run` : ""}`;
  process.stdout.write(`${line}\n`);
  const file = process.env["TEST_SUMMARY"];
  if (file !== undefined) writeFileSync(file, `${line}\n`);
}

/** Errors of a file and of its suites: in an import, a `beforeAll`, an `afterAll`. */
function failedOutside(module: TestModule): number {
  const suites = [...module.children.allSuites()];
  return module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0);
}

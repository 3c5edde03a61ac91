import { expect, test } from "vitest";

import { EXIT, worseExitCode } from "./exit-code.ts";

test("of two endings the worse one counts, in whichever order they come; each has its place", () => {
  expect(worseExitCode(EXIT.ok, EXIT.incomplete)).toBe(EXIT.incomplete);
  expect(worseExitCode(EXIT.setup, EXIT.google)).toBe(EXIT.setup);
  expect(worseExitCode(EXIT.google, EXIT.setup)).toBe(EXIT.setup);
  for (const code of Object.values(EXIT)) {
    expect(worseExitCode(EXIT.ok, code)).toBe(code);
    expect(worseExitCode(code, EXIT.ok)).toBe(code);
  }
});

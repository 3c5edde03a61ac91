import { expect, test } from "vitest";

import { bareCause } from "./bare-cause.ts";
import { isOutOfDescriptors, refuse } from "./errors.ts";

const refused = (code: string): Error => Object.assign(new Error(`${code}: open 'x'`), { code, syscall: "open" });

test.each(["EMFILE", "ENFILE"])("what fails because there are no descriptors left (%s) passes by itself", (code) => {
  for (const cause of [refused(code), bareCause(refused(code))]) {
    expect(isOutOfDescriptors(cause)).toBe(true);
    expect(refuse("grant_unreadable", "It cannot be read.", "Look.", { cause }).failure).toMatchObject({
      code: "disk",
      retry: "backoff",
      outage: true,
      message: "It cannot be read.",
    });
  }
});

test.each(["ENOSPC", "EACCES", "EIO"])("what fails otherwise (%s) needs a person", (code) => {
  expect(refuse("disk", "m", "n", { cause: refused(code) }).failure).toMatchObject({ code: "disk", retry: "never" });
});

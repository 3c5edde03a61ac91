import { afterEach, beforeEach } from "vitest";

import { forgetEnded, processLog } from "../process-log.ts";

/** Whatever a test fails of, what its servers and commands said is printed beside it. */
beforeEach(forgetEnded);
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(`${task.name}: what its processes said\n${processLog()}\n`);
});

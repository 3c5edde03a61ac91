import { expect, test } from "vitest";

import { until } from "../../../../test/wait.ts";
import { systemClock } from "../../../clock.ts";
import { mailRenderer } from "./mail-renderer.ts";

test("what takes too long to be made inert is given up, while everything else goes on, and the next mail is not", async () => {
  const waited: number[] = [];
  const first = Promise.withResolvers<void>();
  // The first limit runs out when this thread has gone on for a while; the others do not.
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) =>
      waited.push(ms) === 1 ? first.promise : systemClock.sleep(2 ** 30, signal),
  };
  const renderer = mailRenderer(clock);
  try {
    const tangle = "<i>".repeat(200_000) + "</b>".repeat(200_000);
    const both = Promise.all([renderer.render(tangle), renderer.render("<p>Hi</p>")]);
    await until(() => waited.length === 1); // it would be half a minute, and then an answer, were it done here
    for (let turns = 0; turns < 100; turns += 1) await new Promise(setImmediate);
    first.resolve();
    const [none, some] = await both;
    expect(none).toBeUndefined();
    expect(some?.document).toContain("<p>Hi</p>");
    expect(waited[0]).toBe(3_000);
  } finally {
    await renderer.close();
  }
});

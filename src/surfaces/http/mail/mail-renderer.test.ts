import { expect, test } from "vitest";

import { systemClock } from "../../../clock.ts";
import { mailRenderer } from "./mail-renderer.ts";

test("what takes too long to be made inert is given up, while everything else goes on, and the next mail is not", async () => {
  const waited: number[] = [];
  // The limit, and not the program that has to be there first, runs out soon.
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => (waited.push(ms), systemClock.sleep(ms / 10, signal)),
  };
  const renderer = mailRenderer(clock);
  try {
    const tangle = "<i>".repeat(200_000) + "</b>".repeat(200_000);
    let longest = 0;
    let on = true;
    let last = performance.now();
    const look = (): void => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      if (on) setImmediate(look);
    };
    look();
    const [none, some] = await Promise.all([renderer.render(tangle), renderer.render("<p>Hi</p>")]);
    on = false;
    expect(none).toBeUndefined();
    expect(some?.document).toContain("<p>Hi</p>");
    expect(waited[0]).toBe(3_000);
    expect(longest).toBeLessThan(300); // it would be half a minute
  } finally {
    await renderer.close();
  }
});

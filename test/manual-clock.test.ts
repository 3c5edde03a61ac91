import { clockContract } from "./contracts/clock.ts";
import { manualClock } from "./manual-clock.ts";

clockContract("one that stands still until told", () => {
  const clock = manualClock();
  return { clock, run: (work) => clock.run(work) };
});

import { writeFileSync } from "node:fs";

/** What a process has used in its whole life, all its threads together. */
export type Usage = Readonly<{ cpuMs: number; peakMb: number; seconds: number }>;

// Loaded into a measured process before anything else (`node --import`): as it ends, it leaves its usage in the file named.
const path = process.env["BENCH_USAGE"];
if (path !== undefined)
  process.once("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); // microseconds; kilobytes
    const usage: Usage = {
      cpuMs: (userCPUTime + systemCPUTime) / 1_000,
      peakMb: maxRSS / 1_024,
      seconds: process.uptime(),
    };
    writeFileSync(path, JSON.stringify(usage));
  });

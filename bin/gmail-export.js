#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// Plain JavaScript that any Node can read: an older one must be told what it lacks, not shown a syntax error.
if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error(
    `gmail-export needs Node 24 or newer; this is ${process.version}.\n` +
      "In the repository, `npx gmail-export` brings its own; elsewhere install it from https://nodejs.org.",
  );
  process.exit(3);
}

// V8 lets garbage grow with the memory of the machine. An export runs for hours beside other things: it stays small
// instead (docs/bench.md), for a little more work of the collector.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--heap-growing-percent=100");

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"])
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130); // asked twice: leave at once, which is no worse than a crash
    stop.abort();
  });

const { main } = await import("../src/main.ts");
process.exitCode = await main(process.argv.slice(2), process.env, stop.signal);

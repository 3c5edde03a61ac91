#!/usr/bin/env node
// Plain JavaScript that any Node can read: an older one must be told what it lacks, not shown a syntax error.
if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error(
    `gmail-export needs Node 24 or newer; this is ${process.version}.\n` +
      "In the repository, `npx gmail-export` brings its own; elsewhere install it from https://nodejs.org.",
  );
  process.exit(3);
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"])
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130); // asked twice: leave at once, which is no worse than a crash
    stop.abort();
  });

const { main } = await import("../src/main.ts");
process.exitCode = await main(process.argv.slice(2), process.env, stop.signal);

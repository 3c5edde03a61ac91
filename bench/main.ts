import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { measureLargeMail, runEngine, SMALL, type Measured } from "./engine/engine.ts";
import { measureOriginals } from "./engine/originals.ts";
import { drawFirstMinute, measureMeters } from "./quota/meters.ts";
import { runScenarios, type Result } from "./quota/scenarios.ts";
import { report } from "./report.ts";
import { measureUpdates } from "./updates.ts";

const HELP = `Usage: npm run bench -- [--large] [--rounds N] [--only quota|meters|engine|large|originals|updates]

Measures gmail-export beside other ways of doing the same, prints what it found and writes docs/bench.md.

  --large      export 200,000 messages too (some ten minutes more, and 5 GB of room for temporary files)
  --rounds N   how often ${SMALL.toLocaleString("en-US")} messages are exported, in turns with the bare loop; default 5
  --only PART  quota: speed under Google's limits, in virtual time · meters: the same under
               meters of every kind · engine: CPU and memory · large: memory with conversations of up to 128 MB
               · originals: attachments and originals beside a bare loop, and memory with attachments of up to 25 MB
               (200 messages; 2,000 with --large) · updates: what it costs to bring 100,000 messages up to date.
               docs/bench.md stays as it is
  --help       this
`;

const REPORT = fileURLToPath(import.meta.resolve("../docs/bench.md"));
const PICTURE = fileURLToPath(import.meta.resolve("../docs/first-minute.svg"));
const PARTS = ["quota", "meters", "engine", "large", "originals", "updates"] as const;

const { values } = parseArgs({
  options: {
    large: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const parts = PARTS.filter((part) => values.only === undefined || values.only === part);

if (values.help) process.stdout.write(HELP);
else if (parts.length === 0 || !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  const results: Result[] = [];
  const measured: Measured[] = [];
  const progress = (text: string): void => void process.stderr.write(`${text}\n`);
  if (parts.includes("quota"))
    await runScenarios((result) => {
      progress(`${result.group}: ${result.shape}: ${result.way}`);
      results.push(result);
    });
  const meters = parts.includes("meters") ? await measureMeters(progress) : undefined;
  if (meters !== undefined) await writeFile(PICTURE, await drawFirstMinute());
  if (parts.includes("engine")) {
    const sizes = [[SMALL, rounds], [50_000, 1], ...(values.large ? ([[200_000, 1]] as const) : [])] as const;
    await runEngine(sizes, (one) => {
      progress(`${one.messages} messages exported`);
      measured.push(one);
    });
  }
  const largeMailMb = parts.includes("large") ? await measureLargeMail() : undefined;
  const originals = parts.includes("originals")
    ? await measureOriginals(values.large ? 2_000 : 200, progress)
    : undefined;
  const updates = parts.includes("updates") ? await measureUpdates(100_000, progress) : undefined;
  const text = report(results, measured, meters, largeMailMb, originals, updates);
  process.stdout.write(text);
  if (values.only === undefined) await writeFile(REPORT, text);
}

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { catchStrays } from "./judge.ts";
import { run } from "./run.ts";
import { casesOf, TARGETS } from "./targets.ts";
import { watchdog } from "./watchdog.ts";

const HELP = `Usage: npm run fuzz -- [--cases N] [--seed N] [--only TARGET] [--input FILE]

Feeds gmail-export with input that is nearly right: no crash, no hang over a second, nothing written where it does not
belong, no secret in what it says. The first case that breaks this is made small, written down, and ends the run.

  --cases N      in all, shared among the targets; default 100000
  --seed N       which cases; the same number, the same cases. Default: a new one, which is printed
  --only TARGET  all cases for one of: ${TARGETS.map(({ name }) => name).join(", ")}
  --input FILE   this input alone, with --only
  --help         this
`;

/** Far longer than a case may take by the judge's clock: a busy machine is not a hang. */
const HANG_MS = 30_000;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string" },
    input: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
const targets = TARGETS.filter(({ name }) => values.only === undefined || values.only === name);

if (values.help) process.stdout.write(HELP);
else if (targets.length === 0 || !(cases > 0) || !Number.isInteger(seed)) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  const folder = await mkdtemp(join(tmpdir(), "gmail-export-fuzz-"));
  const given = values.input === undefined ? undefined : await readFile(values.input);
  await using dog = watchdog(folder, HANG_MS);
  using _strays = catchStrays();
  process.stdout.write(`seed ${seed}, in ${folder}\n`);
  let total = 0;
  for (const target of targets) {
    process.stdout.write(target.name.padEnd(14));
    const report = await run(target, given ? 1 : casesOf(target, cases, targets), seed, folder, dog, given);
    const { defect, accepted, refused, slowestMs, seconds } = report;
    total += report.cases;
    process.stdout.write(
      `${String(report.cases).padStart(7)} cases: ${accepted} accepted, ${refused} refused; slowest ${slowestMs} ms; ${seconds} s\n`,
    );
    if (!defect) continue;
    process.stderr.write(
      `\n${defect.error.message}\n\nseed ${seed}, target ${target.name}, case ${defect.index}; input: ${defect.path}\n` +
        `again: npm run fuzz -- --only ${target.name} --input ${defect.path}\n`,
    );
    process.exitCode = 1;
    break;
  }
  process.stdout.write(`${total} cases\n`);
  if (process.exitCode !== 1) await rm(folder, { recursive: true, force: true });
}

import { hash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import * as fc from "fast-check";

import { seededRandom } from "../test/random.ts";
import { judge } from "./judge.ts";
import { mutateJson } from "./mutate-json.ts";
import { below, mutate } from "./mutate.ts";
import { smaller } from "./smaller.ts";
import { Defect, type Subject, type Target } from "./target.ts";
import type { Watchdog } from "./watchdog.ts";

/** What became of a target's cases. */
export type Report = Readonly<{
  target: string;
  cases: number;
  accepted: number;
  refused: number;
  slowestMs: number;
  seconds: number;
  /** The first defect ends a target; where its input is, as small as could be made. */
  defect?: Readonly<{ error: Defect; index: number; path: string }>;
}>;

/** The input of a case: always the same for one seed, target and index. */
function inputOf(subject: Subject, seed: number, target: string, index: number): Buffer {
  const own = Number.parseInt(hash("sha1", `${seed} ${target} ${index}`).slice(0, 8), 16);
  const random = seededRandom(own);
  const { seeds, shapes } = subject;
  const pick = (): Buffer => seeds[below(random, seeds.length)]!;
  const isShaped = shapes !== undefined && random() < 0.4;
  const base = isShaped ? Buffer.from(fc.sample(shapes, { seed: own, numRuns: 1 })[0]!) : pick();
  const valid = random() < 0.5 ? (mutateJson(base, random) ?? base) : base;
  const isGood = !isShaped && valid === base;
  return random() < (isGood ? 0.95 : 0.4) ? mutate(valid, pick(), random) : valid;
}

/** Runs `cases` of a target, or one input given. */
export async function run(
  { name, open }: Target,
  cases: number,
  seed: number,
  folder: string,
  watch?: Watchdog,
  given?: Buffer,
): Promise<Report> {
  const begun = performance.now();
  const own = join(folder, name);
  await mkdir(own, { recursive: true });
  await using subject = await open(own);
  const counts = { accepted: 0, refused: 0 };
  let slowestMs = 0;
  const report = (done: number, defect?: Report["defect"]): Report => ({
    target: name,
    cases: done,
    ...counts,
    slowestMs: Math.round(slowestMs),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    ...(defect && { defect }),
  });
  const write = async (input: Buffer): Promise<string> => {
    const path = join(folder, `${name}.input`);
    await writeFile(path, input);
    return path;
  };

  for (let index = 0; index < cases; index += 1) {
    const input = given ?? inputOf(subject, seed, name, index);
    watch?.begins(index, input);
    try {
      const { outcome, ms } = await judge(subject, input);
      counts[outcome] += 1;
      slowestMs = Math.max(slowestMs, ms);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      watch?.rests();
      const fails = async (candidate: Buffer): Promise<boolean> => {
        const again = await judge(subject, candidate).catch((found: unknown) => found);
        return again instanceof Defect && again.kind === error.kind;
      };
      return report(index + 1, { error, index, path: await write(await smaller(input, fails)) });
    }
  }
  watch?.rests();
  try {
    await subject.audit?.();
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    return report(cases, { error, index: cases, path: "none: it showed at the end" });
  }
  return report(cases);
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";

import { ExportError } from "../src/core/errors.ts";
import { PATIENCE_MS } from "../test/wait.ts";
import { markIn } from "./marks.ts";
import { Defect, must, type Subject } from "./target.ts";

/** Of the one thread that everything waits for, in time of the processor. */
const LONGEST_MS = 1_000;

const LARGEST_BYTES = 2 ** 31;

export type Verdict = Readonly<{ outcome: "accepted" | "refused"; ms: number }>;

/** Errors that nobody awaited; a case that leaves one is a defect. */
const strays: unknown[] = [];
export function catchStrays(): Disposable {
  const keep = (error: unknown): void => void strays.push(error);
  process.on("uncaughtException", keep).on("unhandledRejection", keep);
  return {
    [Symbol.dispose]: () => void process.off("uncaughtException", keep).off("unhandledRejection", keep),
  };
}

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const keysOf = (): number => PROTOTYPES.reduce<number>((sum, prototype) => sum + Reflect.ownKeys(prototype).length, 0);
const KEYS = keysOf();

/** Feeds one input and holds what came of it against what must hold always. Throws a Defect. */
export async function judge(subject: Subject, input: Buffer): Promise<Verdict> {
  const begun = process.threadCpuUsage();
  const begunAt = performance.now();
  let told: readonly string[];
  let outcome: Verdict["outcome"] = "accepted";
  try {
    told = await subject.feed(input);
  } catch (error) {
    if (error instanceof Defect) throw error;
    if (!(error instanceof ExportError)) throw unexpected(error);
    outcome = "refused";
    const { message, next, code } = error.failure;
    must(/^[a-z_]+$/.test(code) && message !== "" && next !== "", "a failure without words", inspect(error.failure));
    told = [inspect(error, { depth: 5 }), JSON.stringify(error.failure)];
  }
  const { user, system } = process.threadCpuUsage(begun);
  const ms = (user + system) / 1_000;

  const mark = told.map((text) => markIn(text)).find((found) => found !== undefined);
  must(mark === undefined, "a secret was told", `${mark} in ${told.join("\n").slice(0, 2_000)}`);
  must(ms < LONGEST_MS, "too long", `${Math.round(ms)} ms`);
  const waitedMs = performance.now() - begunAt;
  must(waitedMs < PATIENCE_MS, "too long", `${Math.round(waitedMs)} ms, most of it waiting`);
  if (keysOf() !== KEYS) throw new Defect("a prototype was changed");
  const { rss } = process.memoryUsage();
  must(rss < LARGEST_BYTES, "too much memory", `${rss >> 20} MB`);
  const stray = strays.shift();
  if (stray !== undefined) throw unexpected(stray);
  return { outcome, ms };
}

function unexpected(error: unknown): Defect {
  if (!(error instanceof Error)) return new Defect("something else was thrown", inspect(error));
  const frame = /\(?([^()\s]+\.ts):\d+:\d+\)?/.exec(error.stack ?? "")?.[1] ?? "";
  return new Defect(`${error.name} in ${frame.split("/").at(-1)}`, error.stack);
}

/** A folder beside the ones that may be written, to see whether anything gets there. */
export function mustBeUntouched(folder: string, names: readonly string[]): void {
  for (const name of names) must(!existsSync(join(folder, name)), "something was written outside", name);
}

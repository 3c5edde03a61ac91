import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { ExportError } from "../src/core/errors.ts";
import { seededRandom } from "../test/random.ts";
import { scratchFolder } from "../test/scratch.ts";
import { mutate } from "./mutate.ts";
import { run } from "./run.ts";
import { Defect, type Subject, type Target } from "./target.ts";
import { casesOf, TARGETS } from "./targets.ts";

/** A small part of `npm run fuzz`, the same each time. */
const CASES = 2_000;
const SEED = 20_261_123;

describe("input that is nearly right is taken or refused, and nothing else comes of it", () => {
  test.each(TARGETS)("$name", async (target) => {
    await using folder = await scratchFolder();
    const { defect, ...report } = await run(target, casesOf(target, CASES, TARGETS), SEED, folder.path);
    expect(defect?.error).toBeUndefined();
    expect(report.accepted).toBeGreaterThan(0);
  });
});

describe("a run finds", () => {
  const findsIn = async (feed: Subject["feed"], seed = "an input that goes well") => {
    await using folder = await scratchFolder();
    const target: Target = {
      name: "made-up",
      share: 1,
      open: async () => ({ seeds: [Buffer.from(seed)], feed, async [Symbol.asyncDispose]() {} }),
    };
    return (await run(target, 300, SEED, folder.path)).defect?.error.kind;
  };
  const says = (text: Buffer, letter: string): boolean => text.includes(letter);

  test("nothing where all is refused or accepted", async () => {
    const refused = new ExportError({ code: "bad_request", retry: "never", message: "No.", next: "Stop." });
    expect(await findsIn(async (input) => (says(input, "well") ? Promise.reject(refused) : []))).toBeUndefined();
  });

  test("an error that is none of ours", async () => {
    const kind = await findsIn(async (input) => (says(input, "\0") ? Promise.reject(new TypeError("x")) : []));
    expect(kind).toMatch(/^TypeError in fuzz\.test/);
  });

  test("a secret that is told, in an answer and in a failure", async () => {
    expect(await findsIn(async (input) => [input.toString()], "zq7subject4kx")).toBe("a secret was told");
    const cause = new Error("zq7body4kx");
    const failure = { code: "bad_request", retry: "never", message: "No.", next: "Stop." } as const;
    const telling = () => Promise.reject(new ExportError(failure, { cause }));
    expect(await findsIn(telling)).toBe("a secret was told");
  });

  test("a prototype that was changed", async () => {
    const polluted = Object.prototype as { polluted?: boolean };
    const kind = await findsIn(async () => {
      polluted.polluted = true;
      return [];
    });
    delete polluted.polluted;
    expect(kind).toBe("a prototype was changed");
  });

  test("work that takes too long", async () => {
    let isFirst = true;
    const kind = await findsIn(async () => {
      const begun = process.threadCpuUsage();
      if (isFirst) while (process.threadCpuUsage(begun).user < 1_500_000);
      isFirst = false;
      return [];
    });
    expect(kind).toBe("too long");
  });

  test("what is still wrong in less of the input", async () => {
    await using folder = await scratchFolder();
    const bad = `${"a".repeat(500)}X${"b".repeat(500)}`;
    const open = async (): Promise<Subject> => ({
      seeds: [],
      feed: async (input) => (says(input, "X") ? Promise.reject(new Defect("X")) : []),
      async [Symbol.asyncDispose]() {},
    });
    const target = { name: "x", share: 1, open };
    const { defect } = await run(target, 1, SEED, folder.path, undefined, Buffer.from(bad));
    expect(await readFile(defect!.path, "utf8")).toBe("X");
  });
});

test("the same seed makes the same input", () => {
  const inputs = [1, 1, 2].map((seed) => mutate(Buffer.from('{"a":[1,2]}'), Buffer.from("other"), seededRandom(seed)));
  expect(inputs[0]!.equals(inputs[1]!)).toBe(true);
  expect(inputs[0]!.equals(inputs[2]!)).toBe(false);
});

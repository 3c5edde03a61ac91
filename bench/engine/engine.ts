import { median } from "../markdown.ts";
import { setUp, type Stage } from "./stage.ts";
import type { Usage } from "./usage.ts";

/** The target compares others with this many messages; measured several times, in turns. */
export const SMALL = 5_000;

/** Several runs over one mailbox. CPU is in milliseconds a message, without the start of the program. */
export type Measured = Readonly<{ messages: number; ours: readonly Run[]; bare: readonly Run[] }>;
type Run = Readonly<{ cpuMs: number; peakMb: number }>;

/** Measures exports of mailboxes of these sizes, each in turns with the bare loop: ours, bare, ours, bare, … */
export async function runEngine(
  sizes: readonly (readonly [messages: number, rounds: number])[],
  onMeasured: (measured: Measured) => void,
): Promise<void> {
  for (const [messages, rounds] of sizes) {
    await using stage = await setUp(messages);
    onMeasured(await measure(stage, messages, rounds));
  }
}

/** Messages of `LARGE_BYTES` of text, in conversations of twenty on the average: many answers of up to 128 MB. */
const LARGE_MESSAGES = 200;
const LARGE_BYTES = 3_700_000;

/** Exports mail that is large, from first to last in conversations that are; peak memory in MB. */
export async function measureLargeMail(): Promise<number> {
  await using stage = await setUp(LARGE_MESSAGES, { perThread: 20, bodyBytes: LARGE_BYTES });
  return (await stage.ours()).peakMb;
}

async function measure(stage: Stage, messages: number, rounds: number): Promise<Measured> {
  const start = { ours: await several(stage.startOurs), bare: await several(stage.startBare) };
  const perMessage = ({ cpuMs, peakMb }: Usage, startMs: number): Run => ({
    cpuMs: (cpuMs - startMs) / messages,
    peakMb,
  });
  const ours: Run[] = [];
  const bare: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(perMessage(await stage.ours(), start.ours));
    bare.push(perMessage(await stage.bare(), start.bare));
    if (messages === SMALL && round === 0) await stage.mustAgree();
  }
  return { messages, ours, bare };
}

/** CPU of a start, in milliseconds: the middle of three. */
async function several(run: () => Promise<Usage>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) times.push((await run()).cpuMs);
  return median(times);
}

import { describe, expect, test } from "vitest";

import { manualClock, type ManualClock } from "../../../../test/manual-clock.ts";
import {
  DEARER,
  DEARER_LEGACY,
  LISTED,
  matrix,
  meterOf,
  OTHER_LIMITS,
  priceOf,
  THREADS,
  type Case,
} from "../../../../test/meter-matrix.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import { chargeOf, seeded, type Call, type Server } from "../../../../test/quota-server.ts";
import type { CallsToCome, Outlook, Pacer } from "../../../core/ports/pacer.ts";
import { createPacer, type Learned } from "./pacer.ts";

const MINUTES = 5;
const NEVER = new AbortController().signal;

/** Calls that take five minutes of all that the server allows. */
function callsOf(one: Case): Call[] {
  const roll = seeded(11);
  const count = Math.ceil((MINUTES * one.limit) / priceOf(one));
  return Array.from({ length: count }, () => ({
    method: roll() < THREADS[one.conversation] ? "threads.get" : "messages.get",
  }));
}

function countOf(calls: readonly Call[]): CallsToCome[] {
  const threads = calls.filter(({ method }) => method === "threads.get").length;
  return [
    { method: "threads.get", count: threads },
    { method: "messages.get", format: "full", count: calls.length - threads },
  ];
}

/** Carries out these calls, each until it gets through; how many minutes that took. */
async function carryOut(calls: readonly Call[], pacer: Pacer, server: Server, clock: ManualClock): Promise<number> {
  const begun = clock.now();
  const left = calls.values();
  const way = server.latencyMs!(() => 0) / 2;
  const attempt = async (call: Call): Promise<boolean> => {
    const turn = await pacer.turn(call.method, NEVER, call.format);
    turn.sent();
    await clock.sleep(way);
    const refusal = server.meter.charge(chargeOf(server, call, clock.now()), clock.now());
    await clock.sleep(way);
    if (refusal) pacer.refused(refusal, turn);
    else pacer.accepted(turn);
    turn.done();
    return refusal === undefined;
  };
  const worker = async (): Promise<void> => {
    for (const call of left) while (!(await attempt(call)));
  };
  await clock.run(Promise.all(Array.from({ length: 20 }, worker)));
  return (clock.now() - begun) / 60_000;
}

/** A dry run, which lists, and then the export, each a process of its own: what was told, how long it took, and what it taught. */
async function dryRunAndExport(one: Case, remembered?: Learned) {
  const clock = manualClock();
  let learned = remembered;
  const start = (): Pacer =>
    createPacer({
      clock,
      tier: "auto",
      maxInFlight: 10,
      project: projectBudget(clock),
      remembered,
      onLearned: (now) => void (learned = now),
    });
  const server: Server = {
    meter: meterOf(one),
    tier: one.tier,
    overprice: one.overprice,
    latencyMs: () => one.latencyMs,
  };
  const listing = Array.from({ length: 6 }, (): Call => ({ method: "messages.list" }));
  const calls = callsOf(one);
  const dryRun = start();
  await carryOut(listing, dryRun, server, clock);
  const told: Outlook = dryRun.foresee(countOf(calls));
  await clock.advance(120_000);
  const minutes = await carryOut([...listing, ...calls], start(), server, clock);
  return { told, minutes, learned };
}

const nameOf = (one: Case): string =>
  `${one.meter}, ${one.limit} (${one.tier}), ${one.overprice} times the list, ${one.latencyMs} ms, ${one.conversation} a conversation`;

/** A fourth of them, in which each meter, price and limit is met. */
const cases = matrix([...LISTED, ...OTHER_LIMITS, ...DEARER, ...DEARER_LEGACY])
  .filter((_, n) => (n + Math.floor(n / 11)) % 4 === 0)
  .map((one) => [nameOf(one), one] as const);

describe("what a dry run tells is what then happens: from and to of a project nobody knows, to 5 % once it is known", () => {
  test.each(cases)("%s", async (_, one) => {
    const first = await dryRunAndExport(one);
    const second = await dryRunAndExport(one, first.learned);
    if (second.told.notKnown.length > 0) {
      // Minutes that began before the first call may leave it open whose limit was found, and with it the price.
      expect(one.meter).toBe("whole minutes begun before it");
      expect(second.told.from).toBeLessThan(1.05 * second.minutes);
      expect(second.told.to).toBeGreaterThan(second.minutes);
      return;
    }
    // A bucket that holds no more than one call is not used up: docs/pacing.md.
    const off = one.meter === "bucket of 1 s" && one.overprice > 1 ? 0.16 : 0.05;
    expect(Math.abs(second.told.likely / second.minutes - 1)).toBeLessThan(off);
    expect(first.told.notKnown).toEqual(["limit", "price"]);
    expect(first.told.from).toBeLessThan(first.minutes);
    expect(first.told.to).toBeGreaterThan(first.minutes);
  });
});

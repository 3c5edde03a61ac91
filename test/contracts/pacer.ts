import { describe, expect, test } from "vitest";

import type { Pacer, Turn } from "../../src/core/ports/pacer.ts";
import { manualClock, type ManualClock } from "../manual-clock.ts";

const NEVER = new AbortController().signal;

/** What every pacer does, those that only listen to another too; each runs this suite. `make` gives one whose limits are not near. */
export function pacerContract(implementation: string, make: (clock: ManualClock) => Pacer): void {
  const stage = (): { pacer: Pacer; clock: ManualClock } => {
    const clock = manualClock();
    return { pacer: make(clock), clock };
  };
  const go = (turn: Turn): void => {
    turn.sent();
    turn.done();
  };

  describe(`Pacer contract (${implementation})`, () => {
    test("what was sent is spent, at its price, and what was not is not", async () => {
      const { pacer, clock } = stage();
      const turns = await clock.run(Promise.all([1, 2, 3].map(() => pacer.turn("messages.get", NEVER))));
      expect(pacer.pace().inFlight).toBe(3);
      const [sent, another, unsent] = turns as [Turn, Turn, Turn];
      go(sent);
      go(another);
      unsent.done();
      expect(pacer.spent()).toMatchObject({ units: 2 * pacer.prices["messages.get"], calls: { "messages.get": 2 } });
      expect(pacer.pace()).toMatchObject({ inFlight: 0, usedLastMinute: 2 * pacer.prices["messages.get"] });
      await clock.advance(61_000);
      expect(pacer.pace().usedLastMinute).toBe(0);
      expect(pacer.spent().units).toBe(2 * pacer.prices["messages.get"]);
    });

    test("turns have numbers of their own, and come in the order in which they were asked for", async () => {
      const { pacer, clock } = stage();
      const order: number[] = [];
      const asked = Array.from({ length: 40 }, async (_, place) => {
        const turn = await pacer.turn("messages.list", NEVER);
        order.push(place);
        go(turn);
        pacer.accepted(turn);
        return turn.number;
      });
      const numbers = await clock.run(Promise.all(asked));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(40);
    });

    test("who calls off while it waits gets the reason, spends nothing, and stands in nobody's way", async () => {
      const { pacer, clock } = stage();
      const held: Turn[] = [];
      const stop = new AbortController();
      const reason = new Error("called off");
      const all = Array.from({ length: 500 }, async () => held.push(await pacer.turn("getProfile", stop.signal)));
      const ends = Promise.allSettled(all);
      await clock.advance(60_000);
      expect(held.length).toBeLessThan(500); // only so many may be in flight
      stop.abort(reason);
      const refused = (await ends).filter((end) => end.status === "rejected");
      expect(new Set(refused.map((end) => end.reason))).toEqual(new Set([reason]));
      for (const turn of held) turn.done();
      expect(pacer.spent().units).toBe(0);
      go(await clock.run(pacer.turn("getProfile", NEVER)));
      expect(pacer.spent().calls).toEqual({ getProfile: 1 });
    });

    test("a refusal is counted, and told as a wait until the moment it names", async () => {
      const { pacer, clock } = stage();
      const turn = await clock.run(pacer.turn("messages.get", NEVER));
      turn.sent();
      const at = clock.now() + 20_000;
      pacer.refused({ code: "locked_out", at }, turn);
      turn.done();
      expect(pacer.spent().refused).toBe(1);
      expect(pacer.pace().waitingUntil).toBeGreaterThanOrEqual(at);
      const next = pacer.turn("messages.get", NEVER);
      go(await clock.run(next));
      expect(clock.now()).toBeGreaterThanOrEqual(at);
    });

    test("a limit that a refusal names is adopted", async () => {
      const { pacer, clock } = stage();
      const turn = await clock.run(pacer.turn("messages.get", NEVER));
      turn.sent();
      const named = pacer.pace().unitsPerMinute / 2;
      pacer.refused({ code: "quota_exceeded", unitsPerMinute: named, at: clock.now() + 1_000 }, turn);
      turn.done();
      expect(pacer.pace().unitsPerMinute).toBeLessThanOrEqual(named);
    });
  });
}

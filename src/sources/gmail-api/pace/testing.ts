import type { ManualClock } from "../../../../test/manual-clock.ts";
import { projectBudget } from "../../../../test/project-budget.ts";
import type { Turn } from "../../../core/ports/pacer.ts";
import { createPacer, type PacerOptions } from "./pacer.ts";

export const NEVER = new AbortController().signal;
export const MINUTE = 60_000;

/** A pacer of the 2026 tier with a project of its own. */
export const pacerOn = (clock: ManualClock, options: Partial<PacerOptions> = {}): ReturnType<typeof createPacer> =>
  createPacer({ clock, tier: "2026", maxInFlight: 10, project: projectBudget(clock), ...options });

/** As many turns as can be had at once, given minutes of time; nobody is left waiting. */
export const fill = async (pacer: ReturnType<typeof pacerOn>, clock: ManualClock): Promise<Turn[]> => {
  const turns: Turn[] = [];
  const stop = new AbortController();
  const asked = Array.from({ length: 20 }, async () => turns.push(await pacer.turn("getProfile", stop.signal)));
  await clock.advance(5 * MINUTE);
  stop.abort();
  await Promise.allSettled(asked);
  return turns;
};

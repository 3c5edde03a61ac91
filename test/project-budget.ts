import type { Clock } from "../src/core/ports/clock.ts";
import { PROJECT_UNITS_PER_MINUTE } from "../src/core/quota.ts";
import type { LeaseUnits } from "../src/sources/gmail-api/pace/project-share.ts";
import { embeddedBudget } from "../src/state/embedded/budget.ts";

/** The budget of a project that one pacer has for itself, as in the program. */
export function projectBudget(clock: Clock, unitsPerMinute: number = PROJECT_UNITS_PER_MINUTE): LeaseUnits {
  const budget = embeddedBudget(unitsPerMinute, clock);
  return (units, signal) => budget.lease("client", "user", units, signal);
}

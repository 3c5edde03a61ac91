import type { Pacer } from "../src/core/ports/pacer.ts";
import { lookBack } from "../src/sources/gmail-api/pace/look-back.ts";
import { createPacer } from "../src/sources/gmail-api/pace/pacer.ts";
import { rememberCalls } from "../src/sources/gmail-api/pace/remember-calls.ts";
import { createMeasures } from "../src/surfaces/http/operations/measures.ts";
import { pacerContract } from "./contracts/pacer.ts";
import type { ManualClock } from "./manual-clock.ts";
import { projectBudget } from "./project-budget.ts";

const pacerOn = (clock: ManualClock): Pacer =>
  createPacer({ clock, tier: "2026", maxInFlight: 10, project: projectBudget(clock) });

pacerContract("gmail-api", pacerOn);
pacerContract("one that is measured", (clock) => createMeasures(clock).pacer(pacerOn(clock)));
pacerContract(
  "one that is remembered",
  (clock) => rememberCalls(pacerOn(clock), lookBack(undefined, clock.now()), async () => {}, clock).pacer,
);

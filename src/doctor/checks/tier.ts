import { UNITS_PER_MINUTE } from "../../core/quota.ts";
import type { Learned, Settings } from "../facts.ts";
import { ok, warn, type Finding } from "../finding.ts";
import { number } from "../words.ts";

/** Beyond this, what was learned is more likely to be a mistake, or another program, than Google's price. */
const DEAR = 1.5;

/** Never at fault: what is not known yet is found out by the first export. */
export function tierFinding({ tier }: Settings, learned: Learned | undefined): Finding {
  const allowed = (units: number, of: string): string =>
    `${number(units)} units a minute for each account (tier ${of})`;
  if (tier !== "auto") return ok("tier", `GMAIL_TIER says: ${allowed(UNITS_PER_MINUTE[tier], tier)}`);
  if (learned === undefined)
    return ok("tier", "How much Google allows this project is not learned yet; the first export finds out");
  const { unitsPerMinute, priceFactor } = learned;
  const dearer = priceFactor > 1.05 ? `, and calls cost ${priceFactor.toFixed(1)} times their list price` : "";
  if (priceFactor > DEAR)
    return warn(
      "tier",
      `Google was learned to allow ${allowed(unitsPerMinute, learned.tier)}${dearer}`,
      "Exports take as many times as long. Another program that uses the same Google Cloud project would look like this too.",
      "Stop what else uses the project, move limits.json in STATE_DIR away, and start the export again: it learns anew. " +
        "With GMAIL_RECORD_REFUSALS=<file> it also keeps what Google says when it refuses (docs/pacing.md).",
    );
  return ok("tier", `Google was learned to allow ${allowed(unitsPerMinute, learned.tier)}${dearer}`);
}

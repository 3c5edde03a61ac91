import type { Cost } from "../core/ports/mailbox-source.ts";
import type { Estimate } from "../pipeline/estimate.ts";

/** What an export would cost, as HTTP and `--dry-run --json` tell it. */
export function viewOfEstimate({
  messages,
  conversations,
  tier,
  unitsPerMinute,
  shareOfDay,
  text,
  attachments,
  originals,
  completing,
}: Estimate) {
  const { calls, units, likelyMinutes } = text;
  return {
    messages,
    conversations,
    calls,
    units,
    tier,
    units_per_minute: Math.round(unitsPerMinute),
    minutes: likelyMinutes,
    share_of_day: shareOfDay,
    text: viewOfCost(text),
    attachments: viewOfCost(attachments),
    originals: viewOfCost(originals),
    ...(completing && { completing: { messages: completing.messages, ...viewOfCost(completing) } }),
  };
}

function viewOfCost({ units, minutes, bytes, notKnown }: Cost) {
  return {
    units,
    minutes: typeof minutes === "number" ? minutes : ([...minutes] as [from: number, to: number]),
    ...(bytes === undefined ? {} : { bytes }),
    ...(notKnown.length === 0 ? {} : { not_known: [...notKnown] }),
  };
}

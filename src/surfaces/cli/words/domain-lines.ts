import type { DomainUser } from "../../../core/ports/domain-directory.ts";
import type { Tier } from "../../../core/quota.ts";
import type { FoundAccounts } from "../../../pipeline/domain/choose-accounts.ts";
import type { CountedUser } from "../../../pipeline/domain/count-mail.ts";
import { mostUnits, type DomainForecast, type DomainLimits } from "../../../pipeline/domain/forecast-domain.ts";
import { sentenceIn } from "../../words/french.ts";
import { duration, type Messages } from "./messages.ts";

/** Wide enough for most addresses and units; longer ones push the rest of their line. */
const LONGEST = 48;

/** A line for each account, then what all of them take. */
export function accountLines(
  counted: readonly CountedUser[],
  forecast: DomainForecast,
  limits: DomainLimits,
  w: Messages,
): string[] {
  const width = (texts: readonly string[]): number =>
    Math.min(LONGEST, Math.max(0, ...texts.map(({ length }) => length)));
  const [emails, units] = [width(counted.map(({ user }) => user.email)), width(counted.map(({ user }) => user.unit))];
  const share = (100 * forecast.shareOfDay).toLocaleString(w.language, { maximumSignificantDigits: 2 });
  const rate = w.atRate(Math.round(Math.min(limits.projectUnitsPerMinute, limits.unitsPerMinute * limits.concurrency)));
  return [
    ...counted.map(
      ({ user, ...one }) =>
        `${user.email.padEnd(emails)}  ${user.unit.padEnd(units)}  ${whatIsThere({ user, ...one }, limits.tier, w)}`,
    ),
    w.domainTotal(forecast.accounts, forecast.messages, forecast.units),
    w.takes(duration(forecast.minutes * 60_000), rate) + w.ofDay(share),
  ];
}

function whatIsThere({ user, mail, failure }: CountedUser, tier: Tier, w: Messages): string {
  if (mail !== undefined) return w.accountCost(mail.messages, mostUnits(mail, tier));
  if (failure !== undefined) return `${sentenceIn(w.language, failure.message)} (${failure.code})`;
  return whyLeftOut(user, w) ?? w.noMailbox;
}

function whyLeftOut({ suspended, archived }: DomainUser, w: Messages): string | undefined {
  if (suspended) return w.suspended;
  return archived ? w.archived : undefined;
}

/** What is not among the accounts, and why: for people to see that nobody was forgotten. */
export function leftOutLines(
  leftOut: readonly DomainUser[],
  { unknown, unreadableGroups }: Pick<FoundAccounts, "unknown" | "unreadableGroups">,
  w: Messages,
): string[] {
  return [
    ...leftOut.map((user) => w.leftOut(user.email, whyLeftOut(user, w) ?? "")),
    ...unknown.map((address) => w.notInDomain(address)),
    ...unreadableGroups.map((group) => w.foreignGroup(group)),
  ];
}

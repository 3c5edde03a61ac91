import type { DomainUser } from "../core/ports/domain-directory.ts";
import type { Tier } from "../core/quota.ts";
import type { FoundAccounts } from "../pipeline/domain/choose-accounts.ts";
import type { CountedUser } from "../pipeline/domain/count-mail.ts";
import type { ExportedSoFar } from "../pipeline/domain/exported-so-far.ts";
import { mostUnits, type DomainForecast, type DomainLimits } from "../pipeline/domain/forecast-domain.ts";

/** A user of the domain, as HTTP and `--json` show one. */
function viewOfUser({ email, aliases, unit, suspended, archived, hasMailbox }: DomainUser) {
  return { email, aliases: [...aliases], unit, suspended, archived, has_mailbox: hasMailbox };
}

/** With how much mail there is, where that is known, and what its text costs at most; or why it is not. */
export function viewOfCounted({ user, mail, failure }: CountedUser, tier: Tier) {
  return {
    ...viewOfUser(user),
    messages: mail?.messages ?? null,
    conversations: mail?.conversations ?? null,
    units: mail === undefined ? null : mostUnits(mail, tier),
    ...(failure && { failure: { code: failure.code, message: failure.message, next: failure.next } }),
  };
}

/** How much mail an account has, and what of it is exported. */
export function viewOfCountedMail(
  { user, mail, failure }: CountedUser<Pick<DomainUser, "email">>,
  exported: ExportedSoFar | undefined,
  tier: Tier,
) {
  return {
    email: user.email,
    messages: mail?.messages ?? null,
    conversations: mail?.conversations ?? null,
    units: mail === undefined ? null : mostUnits(mail, tier),
    exported: exported ?? null,
    ...(failure && { failure: { code: failure.code, message: failure.message, next: failure.next } }),
  };
}

export function viewOfLimits({ tier, unitsPerMinute, projectUnitsPerMinute, concurrency }: DomainLimits) {
  return {
    tier,
    units_per_minute: unitsPerMinute,
    project_units_per_minute: projectUnitsPerMinute,
    concurrency,
  };
}

/** What `domain accounts` and `domain export --dry-run` print with `--json`. */
export function viewOfDomain(
  counted: readonly CountedUser[],
  {
    leftOut,
    unknown,
    unreadableGroups,
  }: Pick<FoundAccounts, "unknown" | "unreadableGroups"> & {
    leftOut: readonly DomainUser[];
  },
  { accounts, messages, units, minutes, shareOfDay }: DomainForecast,
  tier: Tier,
) {
  return {
    accounts: counted.map((one) => viewOfCounted(one, tier)),
    left_out: leftOut.map(viewOfUser),
    unknown: [...unknown],
    unreadable_groups: [...unreadableGroups],
    total: { accounts, messages, units, minutes, share_of_day: shareOfDay, tier },
  };
}

import { PRICES, PROJECT_UNITS_PER_DAY, type Tier } from "../../core/quota.ts";
import type { CountedUser } from "./count-mail.ts";

/** Messages that one listing call names. */
const LISTED_AT_ONCE = 500;

/** What holds a project and each of its users. */
export type DomainLimits = Readonly<{
  tier: Tier;
  /** Of one account. */
  unitsPerMinute: number;
  /** Of all together. */
  projectUnitsPerMinute: number;
  /** Accounts exported at once. */
  concurrency: number;
}>;

/** At list price, of the text of every message. */
export type DomainForecast = Readonly<{
  /** Accounts whose mail could be counted. */
  accounts: number;
  messages: number;
  units: number;
  minutes: number;
  /** Of what a project may spend a day before Google means to bill: 1 is all of it. */
  shareOfDay: number;
}>;

/** The most that the text of a mailbox costs: by message or by conversation, whichever is less, and the listing. */
export function mostUnits({ messages, conversations }: NonNullable<CountedUser["mail"]>, tier: Tier): number {
  const prices = PRICES[tier];
  const reading = Math.min(messages * prices["messages.get"], conversations * prices["threads.get"]);
  return reading + Math.max(1, Math.ceil(messages / LISTED_AT_ONCE)) * prices["messages.list"];
}

/**
 * What exports of so many units take: at the limit of each account, as many at once as are exported at once, the longest
 * first; and not faster than the project's limit lets all together.
 */
export function minutesFor(
  units: readonly number[],
  { unitsPerMinute, projectUnitsPerMinute, concurrency }: Omit<DomainLimits, "tier">,
): number {
  const lanes = Array.from({ length: Math.max(1, Math.min(concurrency, units.length)) }, () => 0);
  for (const one of units.toSorted((a, b) => b - a)) {
    const freest = lanes.indexOf(Math.min(...lanes));
    lanes[freest]! += one / unitsPerMinute;
  }
  const total = units.reduce((sum, one) => sum + one, 0);
  return Math.max(...lanes, total / projectUnitsPerMinute);
}

/** What all of them take, of the text of every message. */
export function forecastDomain(counted: readonly Partial<CountedUser>[], limits: DomainLimits): DomainForecast {
  const mails = counted.flatMap(({ mail }) => (mail === undefined ? [] : [mail]));
  const units = mails.map((mail) => mostUnits(mail, limits.tier));
  const total = units.reduce((sum, one) => sum + one, 0);
  return {
    accounts: mails.length,
    messages: mails.reduce((sum, { messages }) => sum + messages, 0),
    units: total,
    minutes: minutesFor(units, limits),
    shareOfDay: total / PROJECT_UNITS_PER_DAY,
  };
}

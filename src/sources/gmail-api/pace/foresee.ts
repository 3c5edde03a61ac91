import type { CallsToCome, NotKnown, Outlook } from "../../../core/ports/pacer.ts";
import { PRICES, readOf, UNITS_PER_MINUTE } from "../../../core/quota.ts";
import { isRead } from "./expected.ts";
import type { PriceBelief } from "./prices.ts";
import type { Steering } from "./steering.ts";

const MINUTE_MS = 60_000;

/** How many times its list price a read may be charged of which nothing is known, with what a first minute loses. */
const DEAREST = 3.3;

/** A price that is off by no more than this part is known. */
const KNOWN = 0.06;

/** Of what is believed of a server of which nothing is known, this much on either side is left out. */
const LEFT_OUT = 0.01;

/** What a first export loses at the most while it finds out. */
const FIRST = 1.1;

type Known = Readonly<{
  steering: Steering;
  prices: PriceBelief;
  maxInFlight: number;
  /** Of the fastest kind of call; undefined before the first answer. */
  latencyMs: number | undefined;
}>;

/** How long calls will take, by all that is measured and believed. */
export function foresee(calls: readonly CallsToCome[], known: Known, now: number): Outlook {
  const count = calls.reduce((sum, one) => sum + one.count, 0);
  const { latencyMs = 0, maxInFlight, steering } = known;
  // Who sets the pace means that pace.
  const least = steering.isPriceGiven() ? 0 : (count * latencyMs) / maxInFlight / MINUTE_MS; // whatever units allow
  const { likely, from, to, notKnown } = steering.isLimitKnown()
    ? atKnownLimit(calls, known, now)
    : atAnyLimit(calls, steering);
  return { likely: Math.max(least, likely), from: Math.max(least, from), to: Math.max(least, to), notKnown };
}

/** The price is what is not known, of reads that were not seen. */
function atKnownLimit(calls: readonly CallsToCome[], { steering, prices }: Known, now: number): Outlook {
  const list = PRICES[steering.believed().tier];
  let [likely, from, to] = [0, 0, 0];
  let isKnown = true;
  for (const { method, format, count } of calls) {
    const read = readOf(method, format);
    const units = isRead(method) ? prices.units(method, format) : list[method] * steering.unitsPerReal();
    const held = read === undefined ? 1 : prices.factor(read);
    const { factor, sd } = read === undefined ? { factor: 1, sd: 0 } : prices.guess(read);
    const minutes = (count * units) / steering.pace(now);
    const atList = minutes / held;
    const isClose = steering.isPriceGiven() || sd < KNOWN * factor || (read !== undefined && prices.isRemembered(read));
    isKnown &&= isClose || count === 0;
    likely += minutes;
    from += isClose ? minutes : atList;
    to += isClose ? minutes : atList * DEAREST;
  }
  const notKnown: NotKnown[] = isKnown ? [] : ["price"];
  return { likely, from, to, notKnown };
}

/** At best an old project at list price; the rest is what is believed. */
function atAnyLimit(calls: readonly CallsToCome[], steering: Steering): Outlook {
  const units = calls.reduce((sum, { method, count }) => sum + count * PRICES["2026"][method], 0);
  const [from, to] = [units / steering.quantile(1 - LEFT_OUT), (FIRST * units) / steering.quantile(LEFT_OUT)];
  const likely = Math.min(to, Math.max(from, units / UNITS_PER_MINUTE["2026"]));
  return { likely, from, to, notKnown: ["limit", "price"] };
}

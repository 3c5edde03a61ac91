import type { EpochMs } from "../../../core/time.ts";
import { meterKinds, toleranceOf } from "./meters.ts";

const MINUTE_MS = 60_000;

/** Steps between rates: coarse where nothing points at, so many fine ones on either side of what is believed. */
const COARSE = 1.04;
const FINE_STEPS = 25;

/** Fine steps reach so far (on a log scale): twice what the belief leaves open, and no less than this. More is not fine. */
const FOCUS = { least: 0.1, most: 0.7, narrower: 0.6 } as const;

/** What was seen is kept, to be weighed again with finer steps, until there is so much of it; then only the last minute. */
const KEPT = { entries: 1_500, ms: 70_000 } as const;

/** When a price or what others spend has changed, the manner of counting most likely has not: so much of what is believed of it stays. */
const SAME_KIND = { changed: 0.95, refuted: 0.8 } as const;

/** How likely an outcome is that a meter rules out: arrivals are uneven, and Google may count in a manner not thought of. */
const SURPRISE = { passed: 0.08, refused: 0.004, again: 0.1 } as const;

/** Every so often some belief goes back to where it began, and to the neighbours: prices, limits and other programs change. */
const FORGET_MS = 10_000;
const FORGET = 0.0003;
const DRIFT = 0.02;

/** One part of what may be expected of a rate before anything is known: evenly (on a log scale) between two rates. */
export type Expected = Readonly<{ from: number; to: number; weight: number }>;

/**
 * What is believed of the server: how it counts a minute, and how many units a minute it bears. Units are those of the
 * 2026 list for reads, whatever they are really charged: twice the price and half the limit come to the same. Each kind
 * of meter is played for many rates; each outcome makes those likelier that agree with it (Bayes' rule).
 */
export type Belief = Readonly<{
  passed(units: number, now: EpochMs): void;
  /** One that was sent before the last refusal was heard says less: what made that one be refused may hold for this one. */
  refused(units: number, now: EpochMs, isNew: boolean): void;
  /** Something seems to have changed: so much of the belief goes back to what was expected of the rates up to `most`. */
  doubt(part: number, most: number, now: EpochMs): void;
  /** New knowledge about the rate, such as a limit that was named. */
  expect(expected: readonly Expected[]): void;
  /** A window that was named ends then. */
  windowEnds(end: EpochMs, now: EpochMs): void;
  /** How likely a call of so many units gets through then, and with so much to spare that a refusal would be news. */
  chance(units: number, at: EpochMs): number;
  /** How likely units come back bit by bit. */
  flows(): number;
  /** Seconds of units that may go at once; all but this part of the belief bears them. */
  burst(part: number): number;
  /** The rate below which lies this part of the belief. */
  quantile(part: number): number;
  /** How likely the server bears at least so much. */
  atLeast(rate: number): number;
  /** The rate at which least is lost, when a refusal costs as much as `refusalCost` of what could be had. */
  bestRate(refusalCost: number): number;
}>;

/**
 * What was seen, in its order. It tells all, or the rate alone, or nothing but what meters hold now, since it is of a server
 * that has changed after it.
 */
type Seen = Readonly<{ at: EpochMs }> &
  (
    | Readonly<{ what: "passed" | "refused"; units: number; surprise: number }>
    | Readonly<{ what: "window"; end: EpochMs }>
  );
type Entry = Readonly<{ news: Seen; tells: "all" | "rate" | "nothing" }>;

/** Rates among which steps are fine. */
type Focus = Readonly<{ from: number; to: number; step: number }>;

export function createBelief(start: readonly Expected[], begun: EpochMs): Belief {
  let prior = start;
  let focused: Focus | undefined;
  let rates = gridOf(prior);
  let { kinds, weights: kindWeights } = meterKinds(rates, begun);
  let weights: Float64Array[] = [];
  let marginal = new Float64Array(rates.length);
  let left = new Float64Array(rates.length);
  let seen: Entry[] = [];
  let forgotAt = begun;
  let changedAt = -Infinity;

  const normalize = (): void => {
    let total = 0;
    for (const row of weights) total += sumOf(row);
    marginal = new Float64Array(rates.length);
    const scale = 1 / total;
    for (const row of weights)
      for (let i = 0; i < row.length; i += 1) {
        const weight = row[i]! * scale;
        row[i] = weight;
        marginal[i] = marginal[i]! + weight;
      }
  };

  /** Bayes' rule; kinds keep their weights where what was seen may tell of rates alone. */
  const weigh = (units: number, now: EpochMs, passes: boolean, surprise: number, keepsKinds: boolean): void => {
    const sign = passes ? 1 : -1;
    for (const [k, kind] of kinds.entries()) {
      const row = weights[k]!;
      const doubts = kind.doubts();
      const before = keepsKinds ? sumOf(row) : 0;
      kind.readLeft(now, left);
      for (let i = 0; i < row.length; i += 1) {
        const tolerance = toleranceOf(units, rates[i]!) + (doubts === undefined ? 0 : doubts[i]!);
        const likely = 1 + (sign * (left[i]! - units)) / tolerance;
        if (likely < 1) row[i] = row[i]! * Math.max(surprise, likely);
      }
      const scale = keepsKinds ? before / (sumOf(row) || before) : 1;
      if (scale > 1) for (let i = 0; i < row.length; i += 1) row[i] = row[i]! * scale;
    }
  };

  const step = ({ news, tells }: Entry): void => {
    if (news.what === "window") {
      if (tells === "all")
        for (const [k, kind] of kinds.entries()) {
          const agrees = kind.endsAt(news.end);
          weights[k] = weights[k]!.map((weight) => weight * agrees);
        }
    } else {
      const { what, units, at, surprise } = news;
      if (tells !== "nothing") weigh(units, at, what === "passed", surprise, tells === "rate");
      for (const kind of kinds) kind[what](units, at);
    }
    normalize();
  };

  /** What is left of the weights of kinds, where what was seen does not tell any more. */
  const settleKinds = (same: number): void => {
    const before = meterKinds(rates, begun).weights;
    kindWeights = weights.map((row, k) => same * sumOf(row) + (1 - same) * before[k]!);
    const now = seen.at(-1)?.news.at ?? begun;
    seen = seen.filter(({ news }) => news.at > now - KEPT.ms).map(({ news }) => ({ news, tells: "nothing" }));
  };

  const see = (news: Seen): void => {
    if (seen.length >= KEPT.entries) settleKinds(SAME_KIND.changed);
    const entry: Entry = { news, tells: news.at < changedAt + MINUTE_MS ? "rate" : "all" };
    seen.push(entry);
    step(entry);
  };

  /** Everything that was seen is weighed anew, with these steps. */
  const weighAnew = (): void => {
    rates = gridOf(prior, focused);
    left = new Float64Array(rates.length);
    ({ kinds } = meterKinds(rates, begun));
    const density = densityOf(prior, rates);
    weights = kindWeights.map((weight) => density.map((one) => one * weight));
    normalize();
    seen.forEach(step);
  };
  weighAnew();

  const forget = (now: EpochMs): void => {
    if (now - forgotAt < FORGET_MS) return;
    forgotAt = now;
    const density = densityOf(prior, rates);
    for (const [k, row] of weights.entries()) {
      const before = row.slice();
      for (let i = 0; i < row.length; i += 1) {
        const near = (before[Math.max(0, i - 1)]! + before[Math.min(row.length - 1, i + 1)]!) / 2;
        row[i] = (1 - DRIFT) * before[i]! + DRIFT * near + FORGET * density[i]! * kindWeights[k]!;
      }
    }
    normalize();
    focus();
  };

  const quantile = (part: number): number => {
    let sum = 0;
    for (let i = 0; i < rates.length; i += 1) if ((sum += marginal[i]!) >= part) return rates[i]!;
    return rates.at(-1)!;
  };

  /** Where far more gets through than was ever believed, what was seen before was of another server, or spent by others. */
  const dropRefuted = (): void => {
    if (focused === undefined || quantile(0.1) <= focused.to) return;
    focused = undefined;
    settleKinds(SAME_KIND.refuted);
  };

  /** Finer steps where the belief has come to rest. */
  const focus = (): void => {
    dropRefuted();
    const [low, middle, high] = [quantile(0.1), quantile(0.5), quantile(0.9)];
    const width = Math.max(FOCUS.least, 2 * Math.log(high / low));
    if (width > FOCUS.most) return;
    const next = { from: middle * Math.exp(-width), to: middle * Math.exp(width), step: width / FINE_STEPS };
    const isInside =
      focused !== undefined &&
      Math.min(low, middle * Math.exp(-FOCUS.least / 2)) > focused.from &&
      Math.max(high, middle * Math.exp(FOCUS.least / 2)) < focused.to;
    if (isInside && next.step > FOCUS.narrower * focused!.step) return;
    focused = next;
    weighAnew();
  };

  return {
    passed(units, now) {
      see({ what: "passed", units, at: now, surprise: SURPRISE.passed });
      forget(now);
    },
    refused(units, now, isNew) {
      dropRefuted();
      see({ what: "refused", units, at: now, surprise: isNew ? SURPRISE.refused : SURPRISE.again });
      focus();
    },
    doubt(part, most, now) {
      settleKinds(SAME_KIND.changed);
      changedAt = now;
      const density = densityOf(prior, rates).map((one, i) => (rates[i]! <= most ? one : 0));
      const total = sumOf(density) || 1;
      for (const row of weights) {
        const mass = (part * sumOf(row)) / total;
        for (let i = 0; i < row.length; i += 1) row[i] = (1 - part) * row[i]! + mass * density[i]!;
      }
    },
    expect(expected) {
      prior = expected;
      weighAnew();
    },
    windowEnds(end, now) {
      see({ what: "window", end, at: now });
    },
    chance(units, at) {
      let sum = 0;
      for (const [k, kind] of kinds.entries()) {
        const row = weights[k]!;
        const mosts = kind.mosts();
        kind.readLeft(at, left);
        for (let i = 0; i < row.length; i += 1) {
          const enough = Math.max(units, Math.min(units + toleranceOf(units, rates[i]!), mosts[i]!));
          if (left[i]! >= enough) sum += row[i]!;
        }
      }
      return sum;
    },
    flows: () => kinds.reduce((sum, { flows }, k) => sum + (flows ? sumOf(weights[k]!) : 0), 0),
    burst(part) {
      let sum = 0;
      for (const [k, kind] of kinds.entries()) if ((sum += sumOf(weights[k]!)) >= part) return kind.burst;
      return 60;
    },
    quantile,
    atLeast: (rate) => rates.reduce((sum, one, i) => sum + (one >= rate ? marginal[i]! : 0), 0),
    bestRate(refusalCost) {
      let best = rates[0]!;
      let least = Infinity;
      let above = 1;
      let inverse = rates.reduce((sum, rate, i) => sum + marginal[i]! / rate, 0);
      for (let i = 0; i < rates.length; i += 1) {
        const loss = above - rates[i]! * inverse + refusalCost * (1 - above);
        if (loss < least) [least, best] = [loss, rates[i]!];
        above -= marginal[i]!;
        inverse -= marginal[i]! / rates[i]!;
      }
      return best;
    },
  };
}

/** The rates that are played: the edges of what is expected exactly, coarse steps between, fine ones where the belief is. */
function gridOf(expected: readonly Expected[], focused?: Focus): Float64Array {
  const least = Math.min(...expected.map(({ from }) => from));
  const most = Math.max(...expected.map(({ to }) => to));
  const rates: number[] = [];
  for (let rate = least; rate < most; rate *= COARSE) rates.push(rate);
  rates.push(most);
  const exact = expected.filter(({ from, to }) => from === to).map(({ from }) => from);
  if (focused) for (let rate = focused.from; rate <= focused.to; rate *= Math.exp(focused.step)) rates.push(rate);
  const close = (rate: number): boolean => exact.some((one) => Math.abs(Math.log(rate / one)) < 0.001);
  return Float64Array.from([
    ...rates.filter((rate) => rate >= least && rate <= most && !close(rate)),
    ...new Set(exact),
  ]).toSorted();
}

function densityOf(expected: readonly Expected[], rates: Float64Array): Float64Array {
  const density = new Float64Array(rates.length);
  const width = rates.map((_, i) => {
    const below = rates[Math.max(0, i - 1)]!;
    const above = rates[Math.min(rates.length - 1, i + 1)]!;
    return Math.log(above / below) / 2;
  });
  for (const { from, to, weight } of expected) {
    const inside = rates.map((rate, i) => (rate >= from && rate <= to ? (from === to ? 1 : width[i]!) : 0));
    const total = inside.reduce((a, b) => a + b, 0) || 1;
    for (let i = 0; i < rates.length; i += 1) density[i] = density[i]! + (weight * inside[i]!) / total;
  }
  return density;
}

function sumOf(row: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i += 1) sum += row[i]!;
  return sum;
}

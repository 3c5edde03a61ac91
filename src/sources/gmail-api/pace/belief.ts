import type { EpochMs } from "../../../core/time.ts";
import { meterKinds, toleranceOf, type MeterKind } from "./meters.ts";
import { densityOf, exactOf, gridOf, massesAt, type Expected, type Focus } from "./rate-grid.ts";

const MINUTE_MS = 60_000;

/** So many fine steps lie on either side of what is believed. */
const FINE_STEPS = 25;

/** They reach so far (on a log scale): twice what the belief leaves open, and no less than this. More is not fine. */
const FOCUS = { least: 0.1, most: 0.7, narrower: 0.6 } as const;

/**
 * At least so much of what was seen last is kept, to be weighed again with finer steps, and less than twice that, or all
 * else would wait for it; of what is older stands what came of it.
 */
const KEPT = 200;

/** When a price or what others spend has changed, the manner of counting most likely has not: so much of what is believed of it stays. */
const SAME_KIND = { changed: 0.95, refuted: 0.8 } as const;

/** … as long as it is so sure whether units flow back; otherwise what seems to be a change may be a kind that was mistaken. */
const KIND_KNOWN = 0.85;

/** How likely an outcome is that a meter rules out: arrivals are uneven, and Google may count in a manner not thought of. */
const SURPRISE = { passed: 0.08, refused: 0.004, again: 0.1 } as const;

/** Every so often some belief goes back to where it began, and to the neighbours: prices, limits and other programs change. */
const FORGET_MS = 10_000;
const FORGET = 0.0003;
const DRIFT = 0.02;

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

type News = Readonly<{ at: EpochMs }> &
  (
    | Readonly<{ what: "passed" | "refused"; units: number; surprise: number }>
    | Readonly<{ what: "window"; end: EpochMs }>
  );

/** What was seen. Of a server that has just changed it tells the rate alone: what was spent before is still counted as it was. */
type Seen = News & Readonly<{ isRateAlone: boolean }>;

/** What is believed of each kind at each rate before what is kept of what was seen, and where those meters stand. */
type Settled = Readonly<{ kinds: readonly MeterKind[]; rates: Float64Array; weights: readonly Float64Array[] }>;

export function createBelief(start: readonly Expected[], begun: EpochMs, firstCallAt?: EpochMs): Belief {
  let prior = start;
  let focused: Focus | undefined;
  let rates = gridOf(prior);
  let { kinds, weights: kindWeights } = meterKinds(rates, begun);
  let settled: Settled | undefined;
  let later: Settled | undefined; // after the first of what is kept
  let weights: Float64Array[] = [];
  let marginal = new Float64Array(rates.length);
  let left = new Float64Array(rates.length);
  let seen: Seen[] = [];
  let firstAt = firstCallAt;
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
        const beyond = sign * (left[i]! - units);
        if (beyond >= 0) continue;
        const tolerance = toleranceOf(units, rates[i]!) + (doubts === undefined ? 0 : doubts[i]!);
        row[i] = row[i]! * Math.max(surprise, 1 + beyond / tolerance);
      }
      const scale = keepsKinds ? before / (sumOf(row) || before) : 1;
      if (scale > 1) for (let i = 0; i < row.length; i += 1) row[i] = row[i]! * scale;
    }
  };

  const step = (one: Seen): void => {
    if (one.what === "window") {
      if (!one.isRateAlone)
        for (const [k, kind] of kinds.entries()) {
          const agrees = kind.endsAt(one.end);
          weights[k] = weights[k]!.map((weight) => weight * agrees);
        }
    } else {
      const { what, units, at, surprise, isRateAlone } = one;
      weigh(units, at, what === "passed", surprise, isRateAlone);
      for (const kind of kinds) kind[what](units, at);
    }
  };

  const asItStands = (): Settled => ({
    kinds: kinds.map((kind) => kind.forRates(rates)),
    rates,
    weights: weights.map((row) => row.slice()),
  });

  const settleAt = (what: Settled): void => {
    settled = what;
    kindWeights = what.weights.map(sumOf);
  };

  /** From here on what was seen is not weighed again. So much stays of what is believed of kinds; `change` may alter their rates. */
  const settle = (sameKinds: number, change: (row: Float64Array) => Float64Array = (row) => row): void => {
    const before = meterKinds(rates, begun).weights;
    weights = weights.map((row, k) =>
      change(row.map((one, i) => sameKinds * one + (1 - sameKinds) * before[k]! * marginal[i]!)),
    );
    normalize();
    settleAt(asItStands());
    later = undefined;
    seen = [];
  };

  const see = (news: News): void => {
    if (firstAt === undefined) {
      firstAt = news.at; // whole minutes may begin there
      weighAnew();
    }
    if (seen.length === KEPT) later ??= asItStands();
    if (later && seen.length === 2 * KEPT) {
      settleAt(later);
      later = asItStands();
      seen = seen.slice(KEPT);
    }
    const one = { ...news, isRateAlone: news.at < changedAt + MINUTE_MS };
    seen.push(one);
    step(one);
    normalize();
  };

  /** Everything that is kept of what was seen is weighed anew, with these steps. */
  const weighAnew = (): void => {
    rates = gridOf(prior, focused);
    left = new Float64Array(rates.length);
    const density = densityOf(prior, rates);
    if (settled) {
      kinds = settled.kinds.map((kind) => kind.forRates(rates));
      weights = settled.weights.map((row) => massesAt(rates, settled!.rates, row, exactOf(prior)));
    } else {
      ({ kinds } = meterKinds(rates, firstAt ?? begun));
      weights = kindWeights.map((weight) => density.map((one) => one * weight));
    }
    for (const [n, one] of seen.entries()) {
      if (n % KEPT === 0) normalize();
      if (n === KEPT) later = asItStands();
      step(one);
    }
    normalize();
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
    settle(SAME_KIND.refuted);
    const density = densityOf(prior, rates);
    settleAt({ ...asItStands(), weights: kindWeights.map((weight) => density.map((one) => one * weight)) });
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
      Math.min(quantile(0.25), middle * Math.exp(-FOCUS.least / 2)) > focused.from &&
      Math.max(quantile(0.75), middle * Math.exp(FOCUS.least / 2)) < focused.to;
    if (isInside && next.step > FOCUS.narrower * focused!.step) return;
    focused = next;
    weighAnew();
  };

  const flows = (): number => kinds.reduce((sum, kind, k) => sum + (kind.flows ? sumOf(weights[k]!) : 0), 0);

  return {
    passed(units, now) {
      see({ what: "passed", units, at: now, surprise: SURPRISE.passed });
      forget(now);
    },
    refused(units, now, isNew) {
      dropRefuted();
      const surprise = isNew ? SURPRISE.refused : SURPRISE.again;
      see({ what: "refused", units, at: now, surprise });
      focus();
    },
    doubt(part, most, now) {
      if (Math.abs(flows() - 0.5) > KIND_KNOWN - 0.5) changedAt = now;
      const density = densityOf(prior, rates).map((one, i) => (rates[i]! <= most ? one : 0));
      const total = sumOf(density) || 1;
      settle(SAME_KIND.changed, (row) => {
        const mass = (part * sumOf(row)) / total;
        return row.map((one, i) => (1 - part) * one + mass * density[i]!);
      });
    },
    expect(expected) {
      if (settled) settled = expectOtherwise(settled, prior, expected);
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
    flows,
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

/** What is believed when something else was expected before. */
function expectOtherwise(settled: Settled, before: readonly Expected[], expected: readonly Expected[]): Settled {
  const rates = gridOf([...before, ...expected]);
  const next = Float64Array.from(new Set([...rates, ...settled.rates])).toSorted();
  const [old, density] = [densityOf(before, next), densityOf(expected, next)];
  const weights = settled.weights.map((row) =>
    massesAt(next, settled.rates, row, exactOf(before)).map(
      (one, i) => (one * (density[i]! + 1e-6)) / (old[i]! + 1e-6),
    ),
  );
  return { kinds: settled.kinds, rates: next, weights };
}

function sumOf(row: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < row.length; i += 1) sum += row[i]!;
  return sum;
}

import type { EpochMs } from "../../../core/time.ts";
import { meterKinds, toleranceOf } from "./meters.ts";

/** Steps between rates: coarse where nothing points at, fine around what is believed. */
const COARSE = 1.04;
const FINE = 1.004;
const FINE_STEPS = 25;

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
  doubt(part: number, most: number): void;
  /** New knowledge about the rate, such as a limit that was named. */
  expect(expected: readonly Expected[]): void;
  /** A window that was named ends then. */
  windowEnds(at: EpochMs): void;
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

export function createBelief(start: readonly Expected[], begun: EpochMs): Belief {
  let prior = start;
  let exact = exactOf(prior);
  let rates = gridOf(prior);
  const { kinds, weights: kindWeights } = meterKinds(rates, begun);
  let weights = kindWeights.map((weight) => densityOf(prior, rates).map((density) => density * weight));
  let marginal = new Float64Array(rates.length);
  let forgotAt = begun;

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
  normalize();

  let left = new Float64Array(rates.length);
  const weigh = (units: number, now: EpochMs, passes: boolean, surprise: number): void => {
    const sign = passes ? 1 : -1;
    for (const [k, kind] of kinds.entries()) {
      const row = weights[k]!;
      const doubts = kind.doubts();
      kind.readLeft(now, left);
      for (let i = 0; i < row.length; i += 1) {
        const tolerance = toleranceOf(units, rates[i]!) + (doubts === undefined ? 0 : doubts[i]!);
        const likely = 1 + (sign * (left[i]! - units)) / tolerance;
        if (likely < 1) row[i] = row[i]! * Math.max(surprise, likely);
      }
    }
  };

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

  const resample = (next: Float64Array): void => {
    // What is believed of a rate exactly, such as a limit at list price, is not spread over its neighbours.
    const wasExact = new Set(rates.filter((rate) => exact.has(rate)));
    exact = exactOf(prior);
    const from = Int32Array.from(next, (rate) =>
      nearest(rates, rate, (old) => (wasExact.has(rate) ? old === rate : !wasExact.has(old))),
    );
    const share = new Float64Array(rates.length);
    for (const old of from) share[old] = share[old]! + 1;
    weights = weights.map((row) => Float64Array.from(from, (old) => row[old]! / share[old]!));
    for (const kind of kinds) kind.resample(next, from);
    rates = next;
    left = new Float64Array(rates.length);
    normalize();
  };

  const quantile = (part: number): number => {
    let sum = 0;
    for (let i = 0; i < rates.length; i += 1) if ((sum += marginal[i]!) >= part) return rates[i]!;
    return rates.at(-1)!;
  };

  /** Finer steps where the belief has come to rest. */
  let focused = 0;
  const focus = (): void => {
    const middle = quantile(0.5);
    if (quantile(0.85) / quantile(0.15) > 1.12 || Math.abs(Math.log(middle / focused)) < 0.05) return;
    focused = middle;
    resample(gridOf(prior, middle));
  };

  return {
    passed(units, now) {
      weigh(units, now, true, SURPRISE.passed);
      for (const kind of kinds) kind.passed(units, now);
      normalize();
      forget(now);
    },
    refused(units, now, isNew) {
      weigh(units, now, false, isNew ? SURPRISE.refused : SURPRISE.again);
      for (const kind of kinds) kind.refused(units, now);
      normalize();
      focus();
    },
    doubt(part, most) {
      const density = densityOf(prior, rates).map((one, i) => (rates[i]! <= most ? one : 0));
      const total = sumOf(density) || 1;
      for (const row of weights) {
        const mass = (part * sumOf(row)) / total;
        for (let i = 0; i < row.length; i += 1) row[i] = (1 - part) * row[i]! + mass * density[i]!;
      }
    },
    expect(expected) {
      const before = prior;
      prior = expected;
      resample(gridOf([...before, ...prior], focused));
      const density = densityOf(prior, rates);
      const old = densityOf(before, rates);
      for (const row of weights)
        for (let i = 0; i < row.length; i += 1) row[i] = (row[i]! * (density[i]! + 1e-6)) / (old[i]! + 1e-6);
      normalize();
    },
    windowEnds(at) {
      for (const [k, kind] of kinds.entries()) {
        const agrees = kind.endsAt(at);
        weights[k] = weights[k]!.map((weight) => weight * agrees);
      }
      normalize();
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

/** The rates that are played: the edges of what is expected exactly, coarse steps between, fine ones around `middle`. */
function gridOf(expected: readonly Expected[], middle = 0): Float64Array {
  const least = Math.min(...expected.map(({ from }) => from));
  const most = Math.max(...expected.map(({ to }) => to));
  const rates: number[] = [];
  for (let rate = least; rate < most; rate *= COARSE) rates.push(rate);
  rates.push(most);
  const exact = [...exactOf(expected)];
  if (middle > 0) for (let step = -FINE_STEPS; step <= FINE_STEPS; step += 1) rates.push(middle * FINE ** step);
  const close = (rate: number): boolean => exact.some((one) => Math.abs(Math.log(rate / one)) < 0.001);
  return Float64Array.from([
    ...rates.filter((rate) => rate >= least && rate <= most && !close(rate)),
    ...exact,
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

const exactOf = (expected: readonly Expected[]): Set<number> =>
  new Set(expected.filter(({ from, to }) => from === to).map(({ from }) => from));

/** The place of the rate that is nearest, and of those that count if any does. */
function nearest(rates: Float64Array, wanted: number, counts: (rate: number) => boolean): number {
  const distance = (rate: number): number => Math.abs(Math.log(rate / wanted)) + (counts(rate) ? 0 : 10);
  let best = 0;
  for (let i = 1; i < rates.length; i += 1) if (distance(rates[i]!) < distance(rates[best]!)) best = i;
  return best;
}

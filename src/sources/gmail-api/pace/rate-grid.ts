/** Steps between rates are coarse where nothing points at. */
const COARSE = 1.04;

/** One part of what may be expected of a rate before anything is known: evenly (on a log scale) between two rates. */
export type Expected = Readonly<{ from: number; to: number; weight: number }>;

/** Rates among which steps are fine. */
export type Focus = Readonly<{ from: number; to: number; step: number }>;

/** The rates that are played: the edges of what is expected exactly, coarse steps between, fine ones where the belief is. */
export function gridOf(expected: readonly Expected[], focused?: Focus): Float64Array {
  const least = Math.min(...expected.map(({ from }) => from));
  const most = Math.max(...expected.map(({ to }) => to));
  const rates: number[] = [];
  for (let rate = least; rate < most; rate *= COARSE) rates.push(rate);
  rates.push(most);
  const exact = exactOf(expected);
  if (focused) for (let rate = focused.from; rate <= focused.to; rate *= Math.exp(focused.step)) rates.push(rate);
  const close = (rate: number): boolean => exact.some((one) => Math.abs(Math.log(rate / one)) < 0.001);
  return Float64Array.from([
    ...rates.filter((rate) => rate >= least && rate <= most && !close(rate)),
    ...new Set(exact),
  ]).toSorted();
}

/** What is expected of each of these rates. */
export function densityOf(expected: readonly Expected[], rates: Float64Array): Float64Array {
  const density = new Float64Array(rates.length);
  const width = widthsOf(rates);
  for (const { from, to, weight } of expected) {
    const inside = rates.map((rate, i) => (rate >= from && rate <= to ? (from === to ? 1 : width[i]!) : 0));
    const total = inside.reduce((a, b) => a + b, 0) || 1;
    for (let i = 0; i < rates.length; i += 1) density[i] = density[i]! + (weight * inside[i]!) / total;
  }
  return density;
}

/** Rates that are expected exactly, such as a limit at list price. */
export const exactOf = (expected: readonly Expected[]): number[] =>
  expected.filter(({ from, to }) => from === to).map(({ from }) => from);

/** Half of the way (on a log scale) from each rate to the one below it, and to the one above. */
const widthsOf = (rates: Float64Array): Float64Array =>
  rates.map((_, i) => Math.log(rates[Math.min(rates.length - 1, i + 1)]! / rates[Math.max(0, i - 1)]!) / 2);

/** What is believed of `rates` as a belief of other rates. What is believed of an exact one is not spread over its neighbours. */
export function massesAt(
  next: Float64Array,
  rates: Float64Array,
  row: Float64Array,
  exact: readonly number[],
): Float64Array {
  const isSpread = (rate: number): boolean => !exact.includes(rate);
  const widths = widthsOf(rates);
  const places = [...rates.keys()].filter((i) => isSpread(rates[i]!));
  const spread = Float64Array.from(places, (i) => rates[i]!);
  const densities = valuesAt(
    next,
    spread,
    Float64Array.from(places, (i) => row[i]! / widths[i]!),
  );
  return widthsOf(next).map((width, i) => {
    const place = isSpread(next[i]!) ? -1 : rates.indexOf(next[i]!);
    return place < 0 ? width * densities[i]! : row[place]!;
  });
}

/** What a value that belongs to each of some rates is for other rates: between two of them, in proportion (on a log scale). */
export function valuesAt(next: Float64Array, rates: Float64Array, values: Float64Array): Float64Array {
  let above = 1;
  return next.map((rate) => {
    while (above < rates.length - 1 && rates[above]! < rate) above += 1;
    const [low, high] = [rates[above - 1]!, rates[above]!];
    const part = Math.min(1, Math.max(0, Math.log(rate / low) / (Math.log(high / low) || 1)));
    return (1 - part) * values[above - 1]! + part * values[above]!;
  });
}

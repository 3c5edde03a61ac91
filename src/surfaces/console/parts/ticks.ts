export type ChartKind = "line" | "area" | "bars";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds between two times on an axis, as clocks are read. */
const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 168].map((count) => count * HOUR),
];

/** Bars that have a name below them: each, every second, and so on; 3, 6 and 12 suit months. */
const BAR_STEPS = [1, 2, 3, 6, 12, 24, 48, 60, 120, 240, 600, 1_200];

/** 1, 2, 5, 10, … : whole, as counts and bytes are. */
export const COUNTS: readonly number[] = Array.from({ length: 16 }, (_, power) =>
  [1, 2, 5].map((n) => n * 10 ** power),
).flat();

export function ticksOf(kind: ChartKind): readonly number[] {
  return kind === "bars" ? BAR_STEPS : CLOCK_STEPS;
}

/** From where to where the bottom axis goes. Bars stand beside their place by half; a single moment is given a second. */
export function spanOf(kind: ChartKind, from: number | null, until: number | null): [number, number] {
  if (from === null || until === null) return [0, 1];
  if (kind === "bars") return [from - 0.5, until + 0.5];
  return [from, Math.max(until, from + SECOND)];
}

/** Where the left axis ends: a little above the highest value. */
export function topOf(highest: number | null): number {
  return highest === null || highest <= 0 ? 1 : Math.max(1, highest * 1.08);
}

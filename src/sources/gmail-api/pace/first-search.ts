import { UNITS_PER_MINUTE } from "../../../core/quota.ts";

/**
 * Nothing known: how many times faster than a 2026 project bears calls go once so many units got through. A bucket is
 * emptied by what goes beyond its rate, and only its last call is refused, so the search costs that call.
 */
const TIMES: readonly (readonly [passed: number, times: number])[] = [
  [2_300, 10],
  [700, 8],
  [300, 4],
  [100, 2],
  [0, 1],
];

/** So many calls at once, one more for every so many units: those under way when one is refused are refused too. */
const WIDTH = { least: 3, unitsForOneMore: 400 } as const;

/** How fast an unknown project is first used: as most are, then ever faster, until a refusal or the legacy tier is proved. */
export function paceOfFirstSearch(passedUnits: number): number {
  const [, times] = TIMES.find(([passed]) => passedUnits >= passed)!;
  return UNITS_PER_MINUTE["2026"] * times;
}

/** Calls at once meanwhile. */
export function widthOfFirstSearch(passedUnits: number): number {
  return WIDTH.least + Math.floor(passedUnits / WIDTH.unitsForOneMore);
}

import type { ChartKind } from "./ticks.ts";

export type Series = Readonly<{
  label: string;
  colour: "accent" | "good" | "warn" | "bad" | "dim";
  /** One for each place on the bottom axis, 0 or more; null where nothing is known. */
  values: readonly (number | null)[];
  format: (value: number) => string;
}>;

/**
 * `x.values` grow. In a line or an area they are moments in epoch milliseconds; bars are numbered 0, 1, 2, …, and
 * `x.format` names them. Series share the left axis, which is labelled by the first one's format.
 */
export type ChartOf = Readonly<{
  title: string;
  kind: ChartKind;
  x: Readonly<{ label: string; values: readonly number[]; format: (value: number) => string }>;
  series: readonly Series[];
}>;

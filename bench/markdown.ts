/** A Markdown table. The first column is words, the others are numbers and stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

export const count = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const percent = (share: number): string => `${count(share * 100)} %`;

export const times = (ratio: number): string => `${count(ratio, 2)} ×`;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A ratio measured several times: its median, and how far it went. */
export function spread(ratios: readonly number[]): string {
  const range = ratios.length > 1 ? ` (${count(Math.min(...ratios), 2)}–${count(Math.max(...ratios), 2)})` : "";
  return times(median(ratios)) + range;
}

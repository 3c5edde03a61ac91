/** Rows beyond each edge that are there already: what is scrolled or tabbed to is not waited for. */
const BEYOND = 8;

/** Which rows of a long table are there, and the height of what is not, above and below. */
export type RowWindow = Readonly<{ from: number; to: number; above: number; below: number }>;

/** All rows are `rowHeight` high; of `rows` those are there that can be seen at `scrollTop`, and a few beyond. */
export function windowOf(rows: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.min(Math.floor(scrollTop / rowHeight), rows - 1);
  const from = Math.max(0, first - BEYOND);
  const to = Math.min(rows, Math.max(0, first) + Math.ceil(height / rowHeight) + BEYOND);
  return { from, to, above: from * rowHeight, below: (rows - to) * rowHeight };
}

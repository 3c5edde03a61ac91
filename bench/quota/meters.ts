import {
  CHANGING,
  DEARER,
  DEARER_LEGACY,
  LISTED,
  matrix,
  OTHER_LIMITS,
  runCase,
  runServer,
  type Case,
  type Outcome,
} from "../../test/meter-matrix.ts";
import { drawServer, type Drawn } from "../../test/unlisted-meters.ts";
import { count, median, percent, table } from "../markdown.ts";
import { boundOf, boundOfDrawn, type Bound } from "./bound.ts";

const MINUTES = 12;

/** Servers that were drawn by chance; none of them was looked at while the pacer was written. */
const DRAWN = { from: 80_000, count: 40 } as const;

const GROUPS = [
  { name: "both tiers, nothing known", kinds: LISTED },
  { name: "both tiers, remembered", kinds: LISTED, remembered: true },
  { name: "limits of 4,500 to 15,000", kinds: OTHER_LIMITS },
  { name: "reads charged 1.5 to 3 times the list", kinds: [...DEARER, ...DEARER_LEGACY] },
  { name: "another price or program in between", kinds: CHANGING },
] as const;

type Compared = Readonly<{ outcome: Outcome; bound: Bound }>;
type Cell = Compared & Readonly<{ one: Case }>;
type DrawnCell = Compared & Readonly<{ one: Drawn }>;

/** Every meter with every price and limit of the matrix, and servers drawn by chance: what came of it, as Markdown. */
export async function measureMeters(progress: (text: string) => void): Promise<string> {
  const rows: string[][] = [];
  const tables: string[] = [];
  for (const group of GROUPS) {
    const cells: Cell[] = [];
    const isRemembered = "remembered" in group;
    for (const one of matrix(group.kinds)) {
      const remembered = { tier: one.tier, unitsPerMinute: one.limit, priceFactor: one.overprice };
      const outcome = await runCase(one, MINUTES, isRemembered ? { remembered } : {});
      cells.push({ one, outcome, bound: boundOf(one, MINUTES) });
    }
    progress(`meters: ${group.name}`);
    rows.push(
      summary(
        `${group.name} (${cells.length} servers)`,
        cells.map(({ outcome }) => outcome),
      ),
    );
    if (!isRemembered)
      tables.push(`### ${group.name[0]!.toUpperCase()}${group.name.slice(1)}\n\n${cellTable(cells)}\n`);
  }
  const drawn: DrawnCell[] = [];
  for (let seed = DRAWN.from; seed < DRAWN.from + DRAWN.count; seed += 1) {
    const one = drawServer(seed);
    drawn.push({ one, outcome: await runServer(one, MINUTES), bound: boundOfDrawn(one) });
  }
  progress("meters: drawn by chance");
  rows.push(
    summary(
      `drawn by chance (${drawn.length} servers)`,
      drawn.map(({ outcome }) => outcome),
    ),
  );
  tables.push(`### Drawn by chance\n\n${drawnTable(drawn)}\n`);
  const head = [
    "worst / median",
    "first minute",
    "worst later minute",
    "all minutes",
    "refused per 1,000",
    "after two minutes",
  ];
  return [table(head, [...rows, ["goal", "90 %", "98 %", "", "5", "1"]]), CELLS, ...tables].join("\n");
}

const CELLS = `
In the tables that follow each cell shows what was reached beside the bound: the first minute, the worst later one (in percent of the best, an even spending of the limit, which is 100), and refused calls within twelve minutes. The bound is that of a pacer which knows the kind of meter and must learn its numbers ([pacing.md](pacing.md#what-can-be-had-at-all)).
`;

function summary(name: string, outcomes: readonly Outcome[]): string[] {
  const column = (of: (outcome: Outcome) => number, write: (value: number) => string, isWorst: "least" | "most") => {
    const values = outcomes.map(of);
    const worst = isWorst === "least" ? Math.min(...values) : Math.max(...values);
    return `${write(worst)} / ${write(median(values))}`;
  };
  const perThousand = (value: number): string => count(value, 1);
  return [
    name,
    column(({ first }) => first, percent, "least"),
    column(({ later }) => later, percent, "least"),
    column(({ shares }) => shares.reduce((sum, share) => sum + share, 0) / shares.length, percent, "least"),
    column(({ refusedPer1000 }) => refusedPer1000, perThousand, "most"),
    column(({ lateRefusedPer1000 }) => lateRefusedPer1000, perThousand, "most"),
  ];
}

/** A row for each meter, a column for each limit and price. */
function cellTable(cells: readonly Cell[]): string {
  const rows = Map.groupBy(cells, ({ one }) => one.meter);
  const head = [...rows.values()][0]!.map(({ one }) =>
    [
      `${count(one.limit)}, ${one.tier}`,
      ...(one.overprice === 1 ? [] : [`× ${one.overprice}`]),
      ...(one.change ? [`another ${one.change === "price" ? "price" : "program"}`] : []),
    ].join(", "),
  );
  return table(
    ["first · later · refused", ...head],
    [...rows].map(([meter, row]) => [meter].concat(row.map(besideBound))),
  );
}

/** Those that come to less than 98 % of their bound, or of the goal where that is less; how many others there are. */
function drawnTable(cells: readonly DrawnCell[]): string {
  const short = cells.filter(
    ({ outcome, bound }) => outcome.first < CLOSE * bound.first || outcome.later < CLOSE * bound.later,
  );
  const rows = short.map((cell) => [cell.one.text, besideBound(cell)]);
  return [
    `${cells.length - short.length} of ${cells.length} come to ${percent(CLOSE)} of their bound in the first and in every later minute; the others are:\n`,
    table(["server", "first · later · refused"], rows),
  ].join("\n");
}

const CLOSE = 0.98;

const besideBound = ({ outcome: { first, later, refusedAt }, bound }: Compared): string =>
  [
    `${wholePercent(first)}/${wholePercent(bound.first)}`,
    `${wholePercent(later)}/${wholePercent(bound.later)}`,
    `${refusedAt.length}/${count(bound.refusals)}`,
  ].join(" · ");

const wholePercent = (share: number): string => count(100 * share);

const WIDTH = 640;
const HEIGHT = 120;
const SECONDS = 60;
const PICTURED = ["bucket of 10 s", "whole minutes from the first call", "the last minute"] as const;

/** The first minute of an unknown project under three meters: units that got through by the second, and refusals. */
export async function drawFirstMinute(): Promise<string> {
  const parts: string[] = [];
  for (const [row, meter] of PICTURED.entries()) {
    const one = {
      ...({ meter, tier: "2026", limit: 6_000, overprice: 1, charged: true, says: "limit" } as const),
      ...({ latencyMs: 100, conversation: 2.5 } as const),
    };
    const { passed, refusedAt } = await runCase(one, 1);
    const top = row * (HEIGHT + 40) + 24;
    let sum = 0;
    const points = Array.from({ length: SECONDS + 1 }, (_, second) => {
      const y = top + HEIGHT - (HEIGHT * Math.min(sum, 7_000)) / 7_000;
      sum += passed[second] ?? 0;
      return `${(WIDTH * second) / SECONDS},${y.toFixed(1)}`;
    });
    const even = top + HEIGHT - (HEIGHT * 6_000) / 7_000;
    parts.push(
      `<text x="0" y="${top - 8}">${meter}: units let through in the first minute; the line is an even 6,000</text>`,
      `<path d="M0,${top + HEIGHT} L${WIDTH},${even.toFixed(1)}" stroke="#888" stroke-dasharray="4" fill="none"/>`,
      `<polyline points="${points.join(" ")}" stroke="#2563eb" stroke-width="2" fill="none"/>`,
      ...refusedAt
        .filter((second) => second < SECONDS)
        .map(
          (second) =>
            `<circle cx="${((WIDTH * second) / SECONDS).toFixed(1)}" cy="${top + HEIGHT}" r="3" fill="#dc2626"/>`,
        ),
    );
  }
  const height = PICTURED.length * (HEIGHT + 40) + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#666">\n${parts.join("\n")}\n</svg>\n`;
}

import {
  CHANGING,
  DEARER,
  DEARER_LEGACY,
  LISTED,
  matrix,
  OTHER_LIMITS,
  runCase,
  type Outcome,
} from "../../test/meter-matrix.ts";
import { count, median, percent, table } from "../markdown.ts";

const MINUTES = 12;

const GROUPS = [
  { name: "both tiers, nothing known", kinds: LISTED },
  { name: "both tiers, remembered", kinds: LISTED, remembered: true },
  { name: "limits of 4,500 to 15,000", kinds: OTHER_LIMITS },
  { name: "reads charged 1.5 to 3 times the list", kinds: [...DEARER, ...DEARER_LEGACY] },
  { name: "another price or program in between", kinds: CHANGING },
] as const;

/** Every meter with every price and limit of the matrix: the worst case and the median, a table in Markdown. */
export async function measureMeters(progress: (text: string) => void): Promise<string> {
  const rows: string[][] = [];
  for (const group of GROUPS) {
    const outcomes: Outcome[] = [];
    for (const one of matrix(group.kinds)) {
      const remembered = { tier: one.tier, unitsPerMinute: one.limit, priceFactor: one.overprice };
      outcomes.push(await runCase(one, MINUTES, "remembered" in group ? { remembered } : {}));
    }
    progress(`meters: ${group.name}`);
    const column = (of: (outcome: Outcome) => number, write: (value: number) => string, isWorst: "least" | "most") => {
      const values = outcomes.map(of);
      const worst = isWorst === "least" ? Math.min(...values) : Math.max(...values);
      return `${write(worst)} / ${write(median(values))}`;
    };
    rows.push([
      `${group.name} (${outcomes.length} servers)`,
      column(({ first }) => first, percent, "least"),
      column(({ later }) => later, percent, "least"),
      column(({ shares }) => shares.reduce((sum, share) => sum + share, 0) / shares.length, percent, "least"),
      column(
        ({ refusedPer1000 }) => refusedPer1000,
        (value) => count(value, 1),
        "most",
      ),
      column(
        ({ lateRefusedPer1000 }) => lateRefusedPer1000,
        (value) => count(value, 1),
        "most",
      ),
    ]);
  }
  const head = [
    "worst / median",
    "first minute",
    "worst later minute",
    "all minutes",
    "refused per 1,000",
    "after two minutes",
  ];
  return table(head, [...rows, ["goal", "90 %", "98 %", "", "5", "1"]]);
}

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

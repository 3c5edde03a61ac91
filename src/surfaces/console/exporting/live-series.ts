import type { Export } from "../exports-api.ts";

/** What came in one stretch of time. */
type Stretch = Readonly<{ exported: number; refused: number }>;

/**
 * What an export did since it is watched, in stretches of equal length from `from` on. What came between two looks is
 * spread evenly over the time between them; refusals are whole. There are never more than `MOST`: then two become one.
 */
export type LiveSeries = Readonly<{
  widthMs: number;
  /** Epoch milliseconds. */
  from: number;
  stretches: readonly Stretch[];
  last: Look;
}>;

type Look = Readonly<{ at: number; exported: number; refused: number; counts: boolean }>;

/** The view's part that matters here. */
export type Seen = Readonly<{
  updated_at: string;
  progress: Pick<Export["progress"], "stage" | "exported">;
  quota: Pick<Export["quota"], "refused">;
}>;

export const MOST = 600;

/** An export tells of itself twice a second; shorter stretches would show that, and not its speed. */
const FIRST_WIDTH_MS = 2_000;

const NOTHING: Stretch = { exported: 0, refused: 0 };

/** Begins, or goes on with one look more. */
export function seenAgain(series: LiveSeries | undefined, seen: Seen): LiveSeries {
  const now = lookOf(seen);
  if (!series) return { widthMs: FIRST_WIDTH_MS, from: now.at, stretches: [], last: now };
  const at = Math.max(series.last.at, now.at); // another server's clock may be behind
  return spread({ ...series, last: { ...now, at } }, series.last.at, came(series.last, now));
}

function lookOf({ updated_at, progress, quota }: Seen): Look {
  return {
    at: Date.parse(updated_at),
    exported: progress.exported,
    refused: quota.refused,
    // Before that it is not known what the directory holds already: that was not exported now.
    counts: progress.stage !== "starting",
  };
}

/** A process that died may have told of messages that were not durable yet: numbers can go back, what came cannot. */
function came(before: Look, now: Look): Stretch {
  if (!before.counts) return NOTHING;
  return {
    exported: Math.max(0, now.exported - before.exported),
    refused: Math.max(0, now.refused - before.refused),
  };
}

/** Adds what came between `since` and the last look. */
function spread(series: LiveSeries, since: number, what: Stretch): LiveSeries {
  const { from, last, stretches: known } = series;
  let { widthMs } = series;
  let stretches = [...known];
  const indexOf = (at: number): number => Math.floor((at - from) / widthMs);
  while (indexOf(last.at) >= MOST) {
    stretches = inPairs(stretches);
    widthMs *= 2;
  }
  while (stretches.length <= indexOf(last.at)) stretches.push(NOTHING);
  const lasted = last.at - since;
  for (let i = indexOf(since); i <= indexOf(last.at); i += 1) {
    const overlap = Math.min(last.at, from + (i + 1) * widthMs) - Math.max(since, from + i * widthMs);
    const part = lasted > 0 ? overlap / lasted : 1;
    const held = stretches[i] ?? NOTHING;
    const refused = i === indexOf(last.at) ? what.refused : 0;
    stretches[i] = { exported: held.exported + what.exported * part, refused: held.refused + refused };
  }
  return { ...series, widthMs, stretches };
}

function inPairs(stretches: readonly Stretch[]): Stretch[] {
  const pairs: Stretch[] = [];
  for (let i = 0; i < stretches.length; i += 2) {
    const [a = NOTHING, b = NOTHING] = [stretches[i], stretches[i + 1]];
    pairs.push({ exported: a.exported + b.exported, refused: a.refused + b.refused });
  }
  return pairs;
}

/**
 * Each stretch that is over, at the moment it began: a minute's worth of what was exported, and how many calls were
 * refused in it. A refusal is one, and no rate: it stands where it was told of.
 */
export type Point = Readonly<{ at: number; exportedPerMinute: number; refused: number }>;

export function pointsOf({ widthMs, from, stretches, last }: LiveSeries): Point[] {
  const perMinute = 60_000 / widthMs;
  return stretches
    .map(({ exported, refused }, i) => ({
      at: from + i * widthMs,
      exportedPerMinute: exported * perMinute,
      refused,
    }))
    .filter(({ at }) => at + widthMs <= last.at);
}

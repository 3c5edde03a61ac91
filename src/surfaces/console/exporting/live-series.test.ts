import fc from "fast-check";
import { expect, test } from "vitest";

import { MOST, pointsOf, seenAgain, type LiveSeries, type Seen } from "./live-series.ts";

const seen = (atMs: number, exported: number, refused = 0, stage: Seen["progress"]["stage"] = "fetching"): Seen => ({
  updated_at: new Date(atMs).toISOString(),
  progress: { stage, exported },
  quota: { refused },
});

function watched(looks: readonly Seen[]): LiveSeries {
  let series = seenAgain(undefined, looks[0]!);
  for (const look of looks.slice(1)) series = seenAgain(series, look);
  return series;
}

const total = ({ stretches }: LiveSeries): number => stretches.reduce((sum, { exported }) => sum + exported, 0);

test("a steady export is a level line, however its events fall", () => {
  const looks = Array.from({ length: 41 }, (_, i) => seen(i * 500, i * 10));
  const points = pointsOf(watched(looks));
  expect(points).toHaveLength(10);
  for (const { exportedPerMinute } of points) expect(exportedPerMinute).toBeCloseTo(1_200);
});

test("a stretch that has not ended yet is not shown", () => {
  expect(pointsOf(watched([seen(0, 0), seen(3_900, 39)]))).toHaveLength(1);
});

test("what the directory held before is not taken for speed, and refusals are counted apart", () => {
  const series = watched([
    seen(0, 0, 0, "starting"),
    seen(1_000, 5_000, 70, "listing"),
    seen(3_000, 5_010, 71),
    seen(4_000, 5_010, 71),
  ]);
  expect(total(series)).toBeCloseTo(10);
  expect(pointsOf(series).map(({ refused }) => refused)).toEqual([0, 1]);
});

test("whatever is told, points are bounded, grow in time and are never negative; nothing counted is lost", () => {
  const look = fc.record({
    afterMs: fc.oneof(fc.integer({ min: -5_000, max: 60_000 }), fc.constant(0), fc.integer({ max: 1e9, min: 0 })),
    exported: fc.nat(1e6),
    refused: fc.nat(1e4),
  });
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 60 }), (steps) => {
      let at = 1e12;
      const looks = steps.map(({ afterMs, exported, refused }) => seen((at += afterMs), exported, refused));
      const series = watched(looks);
      const points = pointsOf(series);
      expect(points.length).toBeLessThanOrEqual(MOST);
      expect(series.stretches.length).toBeLessThanOrEqual(MOST);
      for (const [i, point] of points.entries()) {
        expect(point.exportedPerMinute).toBeGreaterThanOrEqual(0);
        expect(point.refused).toBeGreaterThanOrEqual(0);
        expect(point.at).toBeGreaterThan(points[i - 1]?.at ?? 0);
      }
      const grew = steps.reduce(
        (sum, { exported }, i) => sum + Math.max(0, exported - (steps[i - 1]?.exported ?? exported)),
        0,
      );
      expect(total(series)).toBeCloseTo(grew, 2);
    }),
  );
});

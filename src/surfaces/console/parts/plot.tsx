import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";

import { theme } from "../theme.ts";
import type { ChartOf, Series } from "./chart-of.ts";
import { COUNTS, spanOf, ticksOf, topOf, type ChartKind } from "./ticks.ts";

/** CSS pixels, enough for "100,000": charts that stand below each other begin at the same place. */
const LEFT_AXIS = 62;

/** The drawn half of a chart. Readers skip it: the table beside it says the same. `onPoint` tells which point the mouse is at. */
export function Plot({ chart, onPoint }: { chart: ChartOf; onPoint: (index: number | null) => void }) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ chart, onPoint });
  latest.current = { chart, onPoint };
  const [Library, setLibrary] = useState<{ draw: typeof uPlot }>();
  const structure = `${chart.kind} ${chart.series.map(({ colour }) => colour).join(" ")}`;

  useEffect(() => {
    let left = false;
    loadPlot().then(
      (draw) => {
        if (!left) setLibrary({ draw });
      },
      () => {}, // the server is away: the table says it all
    );
    return () => {
      left = true;
    };
  }, []);

  useEffect(() => {
    const box = host.current;
    if (!Library || !box) return;
    const size = () => ({ width: box.clientWidth, height: box.clientHeight });
    const drawn = new Library.draw(
      { ...optionsFor(Library.draw, box, () => latest.current), ...size() },
      dataOf(latest.current.chart),
      box,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize(size()));
    resized.observe(box);
    const redraw = (): void => drawn.redraw(false);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    const stopFollowing = theme.subscribe(redraw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", redraw);
      stopFollowing();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [Library, structure]);

  useEffect(() => plot.current?.setData(dataOf(chart)), [chart]);

  return <div class="plot" ref={host} aria-hidden="true" />;
}

/** Only pages with charts load it. */
async function loadPlot(): Promise<typeof uPlot> {
  try {
    Intl.NumberFormat.supportedLocalesOf(navigator.language);
  } catch {
    // uPlot makes a number format of the browser's language as it loads, and would break where that is no language tag
    // ("en-US@posix"). The axes are formatted in the console's own language.
    Object.defineProperty(navigator, "language", { value: "en", configurable: true });
  }
  return (await import("uplot")).default;
}

function dataOf({ x, series }: ChartOf): uPlot.AlignedData {
  return [[...x.values], ...series.map(({ values }) => [...values])];
}

function optionsFor(
  draw: typeof uPlot,
  box: HTMLElement,
  latest: () => { chart: ChartOf; onPoint: (index: number | null) => void },
): Omit<uPlot.Options, "width" | "height"> {
  const { kind, series } = latest().chart;
  const ink = inkOf(box);
  const font = `12px ${getComputedStyle(box).fontFamily}`;
  const bars = kind === "bars" ? draw.paths.bars?.({ size: [0.7, 48] }) : undefined;
  const axis = { font, stroke: () => ink("var(--dim)"), ticks: { show: false }, gap: 6 };
  return {
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
    scales: {
      x: { time: false, range: (_, from, until) => spanOf(kind, from, until) },
      y: { range: (_, __, max) => [0, topOf(max)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        border: { show: true, stroke: () => ink("var(--line)"), width: 1 },
        space: 80,
        incrs: [...ticksOf(kind)],
        size: 30,
        values: (self, splits) => splits.map((at) => fitting(self, font, at, latest().chart.x.format(at))),
      },
      {
        ...axis,
        grid: { stroke: () => ink("var(--line)"), width: 1 },
        incrs: [...COUNTS],
        values: (_, splits) => splits.map((value) => latest().chart.series[0]?.format(value) ?? ""),
        size: (self, values) => Math.max(LEFT_AXIS, widest(self, font, values ?? []) + 14),
      },
    ],
    series: [{}, ...series.map(({ colour }) => lookOf(kind, colour, ink, bars))],
    hooks: { setCursor: [({ cursor }) => latest().onPoint(cursor.idx ?? null)] },
  };
}

function lookOf(
  kind: ChartKind,
  colour: Series["colour"],
  ink: (colour: string) => string,
  bars: uPlot.Series.PathBuilder | undefined,
): uPlot.Series {
  const stroke = (): string => ink(`var(--${colour})`);
  const points = { show: false };
  switch (kind) {
    case "line":
      return { stroke, width: 2, points };
    case "area":
      return { stroke, width: 2, points, fill: () => ink(`rgb(from var(--${colour}) r g b / 14%)`) };
    case "bars":
      return { stroke, width: 0, points, fill: stroke, ...(bars ? { paths: bars } : {}) };
  }
}

/** The colours of the style sheet, as a canvas takes them: in the theme that the box stands in now. */
function inkOf(box: HTMLElement): (colour: string) => string {
  const probe = document.createElement("span");
  probe.hidden = true;
  box.append(probe);
  return (colour) => {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  };
}

/** The label of a place on the bottom axis, or nothing where it would hang over the edge. */
function fitting(self: uPlot, font: string, at: number, label: string): string {
  const half = widest(self, font, [label]) / 2;
  const left = self.valToPos(at, "x") + self.bbox.left / devicePixelRatio;
  return left - half < 0 || left + half > self.width ? "" : label;
}

/** CSS pixels that the widest of these takes. */
function widest({ ctx }: uPlot, font: string, values: readonly (string | number | null)[]): number {
  ctx.save();
  ctx.font = font;
  const widths = values.map((value) => ctx.measureText(String(value ?? "")).width);
  ctx.restore();
  return Math.ceil(Math.max(0, ...widths));
}

import { number, timeOfDay } from "../format.ts";
import { inBoth } from "../language.ts";
import type { Series } from "../parts/chart-of.ts";
import { Chart } from "../parts/chart.tsx";
import { pointsOf, type LiveSeries } from "./live-series.ts";

const words = inBoth({
  en: {
    title: "Since this page was opened",
    soon: "The curve begins in a few seconds.",
    messages: "Messages a minute",
    refusals: "Refused calls",
    none: "Google has refused no call in this time.",
    time: "Time",
  },
  fr: {
    title: "Depuis l'ouverture de cette page",
    soon: "La courbe commence dans quelques secondes.",
    messages: "Messages par minute",
    refusals: "Appels refusés",
    none: "Google n'a refusé aucun appel pendant ce temps.",
    time: "Heure",
  },
});

/** How fast messages came while this page was looked at, and how often Google refused. */
export function Throughput({ series, isRunning }: { series: LiveSeries; isRunning: boolean }) {
  const w = words();
  const points = pointsOf(series);
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || first === last)
    return isRunning ? (
      <section class="card">
        <h2>{w.title}</h2>
        <p class="dim">{w.soon}</p>
      </section>
    ) : null;
  const isShort = last.at - first.at < 600_000;
  const x = {
    label: w.time,
    values: points.map(({ at }) => at),
    format: (at: number) => timeOfDay(at, isShort),
  };
  const chartOf = (label: string, colour: Series["colour"], values: readonly number[]) => ({
    title: label,
    kind: "area" as const,
    x,
    series: [{ label, colour, values, format: number }],
  });
  const refused = points.map((point) => point.refused);
  return (
    <section class="card">
      <h2>{w.title}</h2>
      <Chart
        chart={chartOf(
          w.messages,
          "accent",
          points.map(({ exportedPerMinute }) => exportedPerMinute),
        )}
      />
      {refused.some((count) => count > 0) ? (
        <Chart chart={chartOf(w.refusals, "warn", refused)} />
      ) : (
        <p class="small dim">{w.none}</p>
      )}
    </section>
  );
}

import { useId, useState } from "preact/hooks";

import { inBoth } from "../language.ts";
import type { ChartOf } from "./chart-of.ts";
import { Plot } from "./plot.tsx";

const words = inBoth({
  en: { asTable: "Show as a table" },
  fr: { asTable: "Afficher en tableau" },
});

/** A chart for the eye, and the same as a table for readers, for the keyboard, and for who wants the numbers. */
export function Chart({ chart }: { chart: ChartOf }) {
  const title = useId();
  const [point, setPoint] = useState<number | null>(null);
  return (
    <figure class="chart" aria-labelledby={title}>
      <figcaption>
        <span id={title}>{chart.title}</span>
        <Legend chart={chart} point={point} />
      </figcaption>
      <Plot chart={chart} onPoint={setPoint} />
      <TableOf chart={chart} />
    </figure>
  );
}

/** What the colours stand for, and the numbers at the mouse. */
function Legend({ chart, point }: { chart: ChartOf; point: number | null }) {
  const { x, series } = chart;
  const at = point === null ? undefined : x.values[point];
  if (series.length < 2 && at === undefined) return null;
  return (
    <span class="legend" aria-hidden="true">
      {at !== undefined && <span>{x.format(at)}</span>}
      {series.map(({ label, colour, values, format }) => {
        const value = point === null ? null : values[point];
        return (
          <span key={label} class={`key ${colour}`}>
            {label} {at !== undefined && <strong>{value === null || value === undefined ? "–" : format(value)}</strong>}
          </span>
        );
      })}
    </span>
  );
}

/** Made only once it is opened: a long chart has hundreds of rows. */
function TableOf({ chart: { title, x, series } }: { chart: ChartOf }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>
        {words().asTable}
        <span class="for-readers"> ({title})</span>
      </summary>
      {isOpen && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and must by the keyboard too
        <div class="table-scroll tall" tabIndex={0} role="region" aria-label={title}>
          <table>
            <caption class="for-readers">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{x.label}</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {x.values.map((at, row) => (
                <tr key={at}>
                  <th scope="row">{x.format(at)}</th>
                  {series.map(({ label, values, format }) => {
                    const value = values[row];
                    return (
                      <td key={label} class="number">
                        {value === null || value === undefined ? "–" : format(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

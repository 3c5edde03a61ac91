/** Prometheus' text format, version 0.0.4: what a scrape reads. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Names and values that come from this program alone, from small sets: each combination is a time series for ever. */
export type Labels = Readonly<Record<string, string>>;

export type Metric = Readonly<{ text(): string }>;

export type Counter = Metric & Readonly<{ add(labels: Labels, by?: number): void }>;

export type Histogram = Metric & Readonly<{ observe(labels: Labels, value: number): void }>;

/** Only grows; a restart begins it anew, which Prometheus knows how to read. */
export function counter(name: string, help: string): Counter {
  const values = new Map<string, number>();
  return {
    add(labels, by = 1) {
      const key = written(labels);
      values.set(key, (values.get(key) ?? 0) + by);
    },
    text: () => describe(name, help, "counter") + [...values].map(([key, value]) => line(name, key, value)).join(""),
  };
}

/** Is read when it is asked for. */
export function gauge(name: string, help: string, read: () => Iterable<readonly [Labels, number]>): Metric {
  return {
    text: () =>
      describe(name, help, "gauge") + [...read()].map(([labels, value]) => line(name, written(labels), value)).join(""),
  };
}

/** `bounds` are the upper ends of the buckets, ascending; the last, +Inf, is understood. */
export function histogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, { counts: number[]; sum: number }>();
  return {
    observe(labels, value) {
      const key = written(labels);
      const found = series.get(key) ?? { counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
      series.set(key, found);
      const bucket = bounds.findIndex((bound) => value <= bound);
      found.counts[bucket === -1 ? bounds.length : bucket]! += 1;
      found.sum += value;
    },
    text() {
      const lines = [...series].map(([key, { counts, sum }]) => {
        let below = 0;
        const buckets = counts.map((count, i) => {
          below += count;
          const le = `le="${bounds[i] ?? "+Inf"}"`;
          return line(`${name}_bucket`, key === "" ? le : `${key},${le}`, below);
        });
        return buckets.join("") + line(`${name}_sum`, key, sum) + line(`${name}_count`, key, below);
      });
      return describe(name, help, "histogram") + lines.join("");
    },
  };
}

function describe(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels === "" ? "" : `{${labels}}`} ${value}\n`;
}

function written(labels: Labels): string {
  const escaped = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

import { expect, test } from "vitest";

import { counter, gauge, histogram } from "./exposition.ts";

test("a counter adds up by labels", () => {
  const calls = counter("calls_total", "Calls.");
  expect(calls.text()).toBe("# HELP calls_total Calls.\n# TYPE calls_total counter\n");
  calls.add({ method: "a" });
  calls.add({ method: "b" }, 2.5);
  calls.add({ method: "a" });
  expect(calls.text()).toBe(
    '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{method="a"} 2\ncalls_total{method="b"} 2.5\n',
  );
});

test("a histogram's buckets count all that is not more than their bound", () => {
  const seconds = histogram("seconds", "Seconds.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe({ route: "/a" }, value);
  expect(seconds.text().split("\n").slice(2)).toEqual([
    'seconds_bucket{route="/a",le="0.1"} 2',
    'seconds_bucket{route="/a",le="1"} 3',
    'seconds_bucket{route="/a",le="+Inf"} 4',
    'seconds_sum{route="/a"} 7.65',
    'seconds_count{route="/a"} 4',
    "",
  ]);
});

test("a gauge is read when it is asked for; labels may be missing, and hold anything", () => {
  let value = 1;
  const now = gauge("now", "Now.", () => [
    [{}, value],
    [{ text: 'a"b\\c\nd' }, value],
  ]);
  value = 2;
  expect(now.text()).toBe('# HELP now Now.\n# TYPE now gauge\nnow 2\nnow{text="a\\"b\\\\c\\nd"} 2\n');
});

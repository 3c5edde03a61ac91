import fc from "fast-check";
import { expect, test } from "vitest";

import { select } from "./byte-range.ts";

const ETAG = '"5e88"';
const WHOLE = { status: 200, start: 0, end: 100 };
const range = (text: string, more = {}) => select("GET", { range: text, ...more }, ETAG, 100);

test("one range is the bytes that it names, ends included", () => {
  expect(range("bytes=0-0")).toEqual({ status: 206, start: 0, end: 1 });
  expect(range("bytes=10-19")).toEqual({ status: 206, start: 10, end: 20 });
  expect(range("bytes=10-")).toEqual({ status: 206, start: 10, end: 100 });
  expect(range("bytes=-10")).toEqual({ status: 206, start: 90, end: 100 });
  expect(range("bytes=90-1000")).toEqual({ status: 206, start: 90, end: 100 });
  expect(range("bytes=-1000")).toEqual({ status: 206, start: 0, end: 100 });
});

test("a range that begins behind the end cannot be satisfied", () => {
  for (const text of ["bytes=100-", "bytes=100-200", "bytes=-0"]) expect(range(text)).toEqual({ status: 416 });
  expect(select("GET", { range: "bytes=0-" }, ETAG, 0)).toEqual({ status: 416 });
});

test("several ranges, nonsense, other units and other methods bring all of it", () => {
  const nonsense = [
    "bytes=0-1,5-6",
    "bytes=5-2",
    "bytes=-",
    "bytes=",
    "bytes=a-b",
    "lines=1-2",
    "bytes 1-2",
    "",
    "bytes=1.5-2",
  ];
  for (const text of nonsense) expect(range(text)).toEqual(WHOLE);
  expect(select("HEAD", { range: "bytes=1-2" }, ETAG, 100)).toEqual(WHOLE);
  expect(select("GET", {}, ETAG, 100)).toEqual(WHOLE);
});

test("a range counts only for the file that If-Range names", () => {
  expect(range("bytes=1-2", { "if-range": ETAG })).toMatchObject({ status: 206 });
  for (const other of ['"other"', `W/${ETAG}`, "Mon, 23 Nov 2026 09:30:17 GMT"])
    expect(range("bytes=1-2", { "if-range": other })).toEqual(WHOLE);
});

test("preconditions are answered before the range", () => {
  for (const tags of [ETAG, "*", `"a", ${ETAG}`, `W/${ETAG}`])
    expect(range("bytes=1-2", { "if-none-match": tags })).toEqual({ status: 304 });
  expect(range("bytes=1-2", { "if-none-match": '"a"' })).toMatchObject({ status: 206 });
  for (const tags of [ETAG, "*", `"a", ${ETAG}`])
    expect(range("bytes=1-2", { "if-match": tags })).toMatchObject({ status: 206 });
  for (const tags of ['"a"', `W/${ETAG}`]) expect(range("bytes=1-2", { "if-match": tags })).toEqual({ status: 412 });
});

test("whatever is asked, what is sent lies within the file, and is not empty", () => {
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([a, b]) => `bytes=${a ?? ""}-${b ?? ""}`),
    fc.stringMatching(/^bytes=\d*-\d*$/),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 200 }), (asked, bytes) => {
      const selection = select("GET", { range: asked }, ETAG, bytes);
      if (selection.status === 200) expect(selection).toEqual({ status: 200, start: 0, end: bytes });
      else if (selection.status === 206) {
        expect(selection.start).toBeGreaterThanOrEqual(0);
        expect(selection.start).toBeLessThan(selection.end);
        expect(selection.end).toBeLessThanOrEqual(bytes);
      } else expect(selection).toEqual({ status: 416 });
    }),
  );
});

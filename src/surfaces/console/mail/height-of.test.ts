import { expect, test } from "vitest";

import { heightOf } from "./height-of.ts";

const page = (body: string): string =>
  `<!doctype html><html><head><style>p{}</style></head><body>\n${body}\n</body></html>`;

test("a frame is about as high as its mail: low for two lines, a window to scroll in for a long letter", () => {
  const two = heightOf(page("<p>Hello Ada,</p><p>see you tomorrow.</p>"));
  expect(two).toBeGreaterThanOrEqual(96);
  expect(two).toBeLessThan(180);
  expect(heightOf(page("<p>word </p>".repeat(500)))).toBe(720);
  expect(heightOf(page("line<br>".repeat(12)))).toBeGreaterThan(250);
  expect(heightOf(page(`<img height="300" src="data:image/png;base64,AA">`))).toBeGreaterThan(320);
  expect(heightOf("")).toBe(96);
});

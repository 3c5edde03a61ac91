import * as fc from "fast-check";
import { expect, test } from "vitest";

import { testProcessorTime } from "../../../test/processor-time.ts";
import { parameterOf } from "./content-type.ts";

test.each([
  "text/plain; charset=utf-8",
  'text/plain; charset="utf-8"',
  "text/plain; charset='utf-8'",
  "text/plain; CHARSET = utf-8 ; format=flowed",
  "text/plain;charset=utf-8;",
  "text/html charset=utf-8",
  "charset=utf-8",
  "text/plain; format=flowed charset=utf-8",
  "text/plain; charset=utf-8 format=flowed",
  'text/plain; charset="utf-8; format=flowed',
  "text/plain; charset=utf-8 (Unicode)",
  "text/plain (what; charset=us-ascii); charset (which) = (this one) utf-8",
  'text/plain; name="a; charset=us-ascii.txt"; charset=utf-8',
  "text/plain; x-charset=us-ascii; charset=utf-8",
  "text/plain; charset*=us-ascii'en'utf-8",
  "text/plain; charset*=''utf%2D8",
  "text/plain; charset*0=ut; charset*1=f-8",
  "text/plain; charset*1=f-8; charset*0*=''ut",
  "text/plain;\r\n\tcharset=utf-8",
  "; ; charset=utf-8",
  'text/plain; charset="ut\\f-8"',
  "text/plain; charset=utf-8; charset=us-ascii",
])("the charset of %j", (header) => {
  expect(parameterOf(header, "charset")).toBe("utf-8");
});

test.each([
  "",
  "text/plain",
  "text/plain; charset",
  "text/plain; charset=",
  'text/plain; name="charset=utf-8"',
  "charset",
])("%j names none", (header) => {
  expect(parameterOf(header, "charset")).toBe("");
});

test("other parameters are found by their names", () => {
  expect(parameterOf('multipart/related; start="<a b@c>"; type=x', "start")).toBe("<a b@c>");
  expect(parameterOf("attachment; filename*=utf-8''na%C3%AFve%20%ZZ", "filename")).toBe("na%C3%AFve%20%ZZ");
});

testProcessorTime("whatever the header is, there is an answer, soon", 10_000, () => {
  fc.assert(fc.property(fc.string(), (header) => void parameterOf(`${header};charset=x`, "charset")));
  for (const piece of ['"', "(", "\\", ";", "=", "charset", "charset=", "charset*0=", "charset*=", ' "', "(\\", "'"])
    expect(typeof parameterOf(piece.repeat(1_000_000 / piece.length), "charset")).toBe("string");
});

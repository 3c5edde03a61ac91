import { expect, test } from "vitest";

import { linksIn } from "./links-in.ts";

test("web addresses are found in a sentence, without the signs that belong to the sentence", () => {
  expect(linksIn("Press Enable (https://console.cloud.google.com/apis?project=a-b), then wait.")).toEqual([
    "Press Enable (",
    "https://console.cloud.google.com/apis?project=a-b",
    "), then wait.",
  ]);
  expect(linksIn("Get it from https://nodejs.org.")).toEqual(["Get it from ", "https://nodejs.org", "."]);
});

test("a sentence without any stays whole", () => {
  expect(linksIn("Nothing to do: javascript:alert(1) is no web address.")).toHaveLength(1);
});

import { expect, test } from "vitest";

import { kindOf } from "./costs.tsx";

test("the figures are those of what costs most of what is chosen", () => {
  expect(kindOf({ attachments: false, formats: [] })).toBe("text");
  expect(kindOf({ attachments: false, formats: ["ndjson", "parquet"] })).toBe("text");
  expect(kindOf({ attachments: true, formats: ["parquet"] })).toBe("attachments");
  expect(kindOf({ attachments: true, formats: ["mbox"] })).toBe("originals");
  expect(kindOf({ attachments: false, formats: ["eml", "ndjson"] })).toBe("originals");
});

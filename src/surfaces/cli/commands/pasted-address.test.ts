import { expect, test } from "vitest";

import { readPastedAddress } from "./pasted-address.ts";

const QUERY = "state=a-b_c&code=4%2F0Ab&scope=https://www.googleapis.com/auth/gmail.readonly";
const URL_ = `http://127.0.0.1:41234/?${QUERY}`;

test.each([
  ["as it is", URL_],
  ["with spaces around", `  ${URL_}\t`],
  ["in quotes", `"${URL_}"`],
  ["in single quotes", `'${URL_}'`],
  ["in angle brackets", `<${URL_}>`],
  ["in quotes and brackets", `"<${URL_}>"`],
  ["as the source of a page has it", URL_.replaceAll("&", "&amp;")],
  ["without its scheme", `127.0.0.1:41234/?${QUERY}`],
  ["from the ? on", `?${QUERY}`],
  ["the query alone", QUERY],
  ["with the fragment that some browsers leave", `${URL_}#`],
])("the answer is read from an address pasted %s", (_, line) => {
  expect(readPastedAddress(line)).toEqual({ state: "a-b_c", code: "4/0Ab", error: undefined, iss: undefined });
});

test.each(["“%”", "‘%’", "«%»", "(%)", "[%]", "%,"])(
  "a code that ends the address is read without what stands around: %s",
  (form) => {
    const address = `http://127.0.0.1:41234/?state=a&code=4/0Ab`;
    expect(readPastedAddress(form.replace("%", address))).toMatchObject({ state: "a", code: "4/0Ab" });
  },
);

test.each(["", "?", "http://127.0.0.1:41234/", "code=4/0Ab", "http://[::1", '""', "state"])(
  "%j holds no answer, or one without its state",
  (line) => {
    expect(readPastedAddress(line)?.code).toBeUndefined();
    expect(readPastedAddress(line)?.state ?? "").toBe("");
  },
);

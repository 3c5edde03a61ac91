import { expect, test } from "vitest";

import { failureOf } from "../../core/errors.ts";
import { readAddressList } from "./address-list.ts";

const failure = (text: string) => {
  try {
    readAddressList(text, "list.txt");
  } catch (error) {
    return failureOf(error);
  }
  return undefined;
};

test("one address a line, with comments and empty lines, under any system's ends of lines", () => {
  const addresses = ["ada@example.com", "bob@example.com"];
  for (const end of ["\n", "\r\n", "\r"])
    expect(readAddressList(["# engines", "", " ada@example.com ", "bob@example.com"].join(end), "list.txt")).toEqual(
      addresses,
    );
});

test("every line that is no address is named by its number, and what stands in it is not repeated", () => {
  const text = "ada@example.com\nsecret rubbish\n\nada@example.com,bob@example.com\nAda <ada@example.com>\nada@\n";
  const refused = failure(text);
  expect(refused).toMatchObject({
    code: "invalid_request",
    message: "list.txt has lines that are no address: 2, 4, 5, 6.",
  });
  expect(JSON.stringify(refused)).not.toContain("rubbish ");
});

test("a list without an address is none", () => {
  expect(failure("# nobody\n")).toMatchObject({ code: "invalid_request" });
});

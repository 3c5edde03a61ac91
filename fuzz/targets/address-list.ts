import * as fc from "fast-check";

import { refuse } from "../../src/core/errors.ts";
import { decodeTextFile } from "../../src/core/text-file.ts";
import { parseAddressList, readAddressList } from "../../src/pipeline/domain/address-list.ts";
import { selectUsers, unknownAddresses } from "../../src/pipeline/domain/choose-accounts.ts";
import { MARKS } from "../marks.ts";
import { must, type Target } from "../target.ts";

const USERS = [
  { email: "ada@example.com", aliases: ["countess@example.com"], unit: "/Engines" },
  { email: "bob@example.com", aliases: [], unit: "/Engines/Cards" },
];

/** A file of addresses, and what is typed to choose by: every line is an address, or named; nobody is chosen who was not. */
export const addressList: Target = {
  name: "address-list",
  share: 25,
  async open() {
    return {
      seeds: [
        "ada@example.com\nbob@example.com\n",
        "\uFEFF# engines\r\n\r\ncountess@example.com\r\nADA@EXAMPLE.COM\r\n",
        `${MARKS.subject}\nada@example.com, bob@example.com\nAda <ada@example.com>\n`,
        "*a*@*\n/Engines/\n",
      ].map((text) => Buffer.from(text)),
      shapes: fc
        .array(fc.oneof(fc.emailAddress(), fc.constantFrom("", "#", " ", "\r", "*"), fc.string()))
        .map((lines) => lines.join("\n")),
      async feed(input) {
        const text = decode(input);
        const { addresses, rubbish } = parseAddressList(text);
        const lines = text.split(/\r\n|\r|\n/);
        for (const address of addresses) must(/^\S+@\S+$/.test(address), "an address that is none");
        for (const at of rubbish)
          must(lines[at - 1]?.trim() !== "" && lines[at - 1] !== undefined, "a line that is none");
        const passedOver = lines.filter((line) => line.trim() === "" || line.trim().startsWith("#")).length;
        must(addresses.length + rubbish.length + passedOver === lines.length, "a line that nothing is said of");

        const [match = "", unit = ""] = lines;
        const chosen = selectUsers(USERS, { match, unit, addresses });
        must(
          chosen.every(({ email, aliases }) =>
            [email, ...aliases].some((one) => addresses.some((address) => address.toLowerCase() === one)),
          ),
          "somebody was chosen who is not in the list",
        );
        must(unknownAddresses(USERS, addresses).length <= addresses.length, "more unknown addresses than there are");
        readAddressList(text, "list.txt");
        return [];
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};

/** As whoever reads the file tells it. */
function decode(input: Buffer): string {
  try {
    return decodeTextFile(input);
  } catch {
    throw refuse("invalid_request", "The list is no UTF-8.", "Save it as UTF-8.");
  }
}

import { refuse } from "../../core/errors.ts";

/** What a list of addresses holds. */
export type AddressList = Readonly<{
  addresses: readonly string[];
  /** Lines that are no address, counted from 1. */
  rubbish: readonly number[];
}>;

/** Reads addresses, one a line; empty lines and those that begin with # are none. */
export function parseAddressList(text: string): AddressList {
  const addresses: string[] = [];
  const rubbish: number[] = [];
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) continue;
    if (/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(word)) addresses.push(word);
    else rubbish.push(at + 1);
  }
  return { addresses, rubbish };
}

/**
 * The addresses of a list. Throws `invalid_request` with the number of every line that is no address: a list that is half
 * understood would export others than were meant.
 */
export function readAddressList(text: string, name: string): readonly string[] {
  const { addresses, rubbish } = parseAddressList(text);
  if (rubbish.length > 0)
    throw refuse(
      "invalid_request",
      `${name} has lines that are no address: ${rubbish.join(", ")}.`,
      "Write one address a line and nothing else; what begins with # is passed over.",
    );
  if (addresses.length === 0) throw refuse("invalid_request", `${name} names no address.`, "Write one address a line.");
  return addresses;
}

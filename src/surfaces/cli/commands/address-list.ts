import { refuse } from "../../../core/errors.ts";

/**
 * Addresses, one a line; empty lines and those that begin with # are none. Throws `invalid_request` with the number of every
 * line that is no address: a list that is half understood would export others than were meant.
 */
export function readAddressList(text: string, name: string): readonly string[] {
  const addresses: string[] = [];
  const rubbish: number[] = [];
  for (const [at, line] of text.split(/\r\n|\r|\n/).entries()) {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) continue;
    if (/^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(word)) addresses.push(word);
    else rubbish.push(at + 1);
  }
  if (rubbish.length > 0)
    throw refuse(
      "invalid_request",
      `${name} has lines that are no address: ${rubbish.join(", ")}.`,
      "Write one address a line and nothing else; what begins with # is passed over.",
    );
  if (addresses.length === 0) throw refuse("invalid_request", `${name} names no address.`, "Write one address a line.");
  return addresses;
}

import { Argument, InvalidArgumentError } from "commander";

/** An account. Its name is what shell completion goes by: it offers who is signed in. */
export function account(name: "<email>" | "[email]", description: string): Argument {
  return new Argument(name, description).argParser(address);
}

function address(text: string): string {
  if (/^[^\s@]+@[^\s@]+$/.test(text)) return text;
  throw new InvalidArgumentError("It is not an e-mail address.");
}

export function atLeastOne(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number, 1 or more.");
}

export function portNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a port: 1 to 65535.");
}

import { namesAnother, senderIn } from "../../../formats/addresses.ts";
import { legible } from "./legible.ts";

/** `isMisleading`: the name looks like an address, and another than the mail came from. */
export type Person = Readonly<{ name: string; address: string; isMisleading: boolean }>;

/** Who a From header is from, for the eye. */
export function personOf(header: string): Person {
  const sender = senderIn(header);
  return { name: legible(sender.name), address: legible(sender.address), isMisleading: namesAnother(sender) };
}

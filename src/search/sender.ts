import { senderIn, type Mailbox } from "../formats/addresses.ts";

const LONGEST = 320;

/** Who a From header is from, as senders are counted: addresses in lower case. */
export function senderOf(from: string): Mailbox {
  const { name, address } = senderIn(from);
  return { address: cut(address.toLowerCase()), name: cut(name) };
}

function cut(text: string): string {
  return text.slice(0, LONGEST).toWellFormed();
}

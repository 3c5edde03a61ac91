import { legible } from "./legible.ts";

export type Person = Readonly<{ name: string; address: string }>;

/** The first mailbox of a From header (RFC 5322 §3.4), decoded, as far as it can be told apart. One of the two may be "". */
export function personOf(header: string): Person {
  const opens = header.indexOf("<");
  const closes = header.indexOf(">", opens);
  if (opens === -1 || closes === -1) {
    const [first = ""] = header.split(",");
    return { name: "", address: legible(first.trim()) };
  }
  const name = header.slice(0, opens).trim();
  const isQuoted = /^".*"$/s.test(name);
  return {
    name: legible(isQuoted ? name.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : name),
    address: legible(header.slice(opens + 1, closes).trim()),
  };
}

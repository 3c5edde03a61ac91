const LONGEST = 320;

/** The first mailbox of a From header (RFC 5322 §3.6.2), as far as it can be told apart: addresses in lower case. */
export function senderOf(from: string): Readonly<{ address: string; name: string }> {
  const opens = from.indexOf("<");
  const closes = from.indexOf(">", opens);
  const address = opens === -1 || closes === -1 ? from : from.slice(opens + 1, closes);
  const name = opens === -1 || closes === -1 ? "" : unquoted(from.slice(0, opens).trim());
  return { address: cut(address.trim().toLowerCase()), name: cut(name) };
}

function unquoted(name: string): string {
  return /^".*"$/s.test(name) ? name.slice(1, -1).replace(/\\(.)/gs, "$1") : name;
}

function cut(text: string): string {
  return text.slice(0, LONGEST).toWellFormed();
}

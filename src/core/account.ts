import { createHash } from "node:crypto";

/**
 * One spelling for all that Google takes for one account: case does not matter; in Gmail's own two domains, which are one,
 * dots do not either. In an organisation's domain they do. Source: https://support.google.com/mail/answer/7436150.
 */
export function canonicalAccount(address: string): string {
  const lower = address.toLowerCase();
  const [, local, domain] = /^(.*)@([^@]*)$/s.exec(lower) ?? [];
  if (local === undefined || (domain !== "gmail.com" && domain !== "googlemail.com")) return lower;
  return `${local.replaceAll(".", "")}@gmail.com`;
}

export function sameAccount(a: string, b: string): boolean {
  return canonicalAccount(a) === canonicalAccount(b);
}

const LONGEST_NAME = 120;

/**
 * An account's name on disk: the address in lower case, every byte that could mean something to a file system written
 * %xx; a long one is cut, and a hash of the whole makes it unique again.
 */
export function accountFileName(account: string): string {
  const lower = account.toLowerCase();
  const name = Buffer.from(lower)
    .toString("latin1") // one character per byte
    .replace(/[^a-z0-9@._+-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  if (name.length <= LONGEST_NAME) return name;
  return `${name.slice(0, LONGEST_NAME - 65)}~${createHash("sha256").update(lower).digest("hex")}`;
}

/** An account's name among those in a folder: it may be there under another spelling of the address. */
export function findAccountFileName(names: readonly string[], account: string): string {
  const own = accountFileName(account);
  if (names.includes(own)) return own;
  return names.find((name) => canonicalAccount(name) === canonicalAccount(own)) ?? own;
}
